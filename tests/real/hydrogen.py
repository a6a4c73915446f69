"""Hydrogen without a display: a drum machine that is JACK's timebase master, worked by OSC."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path
from struct import pack

from tests.real.patchbay import wait_for_port

PROGRAM = "hydrogen"
LIMIT_S = 120.0
BARS = 64

CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<hydrogen_preferences>
 <version>1.2.0-beta</version>
 <showDevelWarning>false</showDevelWarning>
 <audio_engine>
  <audio_driver>JACK</audio_driver>
  <jack_driver>
   <jack_transport_mode>USE_JACK_TRANSPORT</jack_transport_mode>
   <jack_timebase_enabled>true</jack_timebase_enabled>
   <jack_transport_mode_master>USE_JACK_TIME_MASTER</jack_transport_mode_master>
  </jack_driver>
  <osc_configuration>
   <oscServerPort>{port}</oscServerPort>
   <oscEnabled>true</oscEnabled>
   <oscFeedbackEnabled>true</oscFeedbackEnabled>
  </osc_configuration>
 </audio_engine>
</hydrogen_preferences>
"""

DEMO = Path("/usr/share/hydrogen/data/demo_songs/GM_kit_demo1.h2song")
BAR = "<group><patternID>main 1-1</patternID></group>"


class Hydrogen:
    """A song of `BARS` empty bars at 120, in 4/4, with all of its files under `home`."""

    def __init__(self, home: Path) -> None:
        port = _free_port()
        config = home / ".hydrogen" / "hydrogen.conf"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIG.format(port=port), encoding="utf-8")
        song = home / "bars.h2song"
        demo = DEMO.read_text(encoding="utf-8")
        sequence = f"<patternSequence>{BAR * BARS}</patternSequence>"
        text = re.sub("<patternSequence>.*</patternSequence>", sequence, demo, flags=re.DOTALL)
        song.write_text(re.sub("<bpm>.*</bpm>", "<bpm>120</bpm>", text), encoding="utf-8")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(LIMIT_S)
        self._process = subprocess.Popen(
            [PROGRAM, "--child", "--driver", "jack", "--nosplash", "--song", str(song)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "HOME": str(home),
                "XDG_RUNTIME_DIR": str(home),
                "QT_QPA_PLATFORM": "offscreen",
            },
        )
        wait_for_port("Hydrogen:out_R")
        self._greet()

    def tell(self, what: str, *numbers: float) -> None:
        """Send one command of its OSC: "PLAY", "STOP", "BPM" with a number, and so on."""
        parts = [f"/Hydrogen/{what}", "," + "f" * len(numbers)]
        padded = b"".join(part.encode() + bytes(4 - len(part) % 4) for part in parts)
        self._socket.send(padded + pack(f">{len(numbers)}f", *numbers))

    def _greet(self) -> None:
        """Wait for an answer: it gives one once its song is loaded."""
        while True:
            try:
                self.tell("STOP")
                self._socket.recv(4096)
            except ConnectionRefusedError:
                continue
            return

    def close(self) -> None:
        """End the program by force: told to quit, it would ask whether to save the song."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
