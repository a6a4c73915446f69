"""Ableton Live by AbletonOSC: its tempo, meter and scene, and kept bars as clips of a track."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from threading import Lock
from typing import Any

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.control.clips import Clips, Kept, Told
from daw_bridge.control.desk import Desk
from daw_bridge.control.osc_packets import LONGEST, messages_of, packet_of
from daw_bridge.control.places import LOOPBACK
from daw_bridge.errors import UserError
from daw_bridge.jam.events import Event, Judged, News
from daw_bridge.music.notes import Note
from daw_bridge.music.time import LOWEST_QPM

LIVE, OURS = 11000, 11001
"""The ports that AbletonOSC listens on and answers to."""

FOLLOWED = ("tempo", "signature_numerator", "signature_denominator")
"""Properties of Live's song that a jam has as well."""

SCENE = "/live/view/get/selected_scene"

NEWS_QPM = 0.01
"""By how much a tempo is another one."""


class Ableton:
    """Hears Live in a thread of its own, as a watcher of the jam which writes what is kept.

    A jam that follows a clock, Link or JACK has its tempo and meter from there, and not from here.

    Raises:
        UserError: the port that AbletonOSC answers to is taken.
    """

    def __init__(self, desk: Desk, track: str, live: int = LIVE, ours: int = OURS) -> None:
        self._desk = desk
        self._live = (LOOPBACK, live)
        self._clips = Clips(track, self._pitch)
        self._lock = Lock()
        self._meter: dict[str, int] = {}
        self._kept = 0
        self._trouble = ""
        self._closing = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((LOOPBACK, ours))
        except OSError as error:
            self._socket.close()
            found = f"{LOOPBACK}:{ours} ({error.strerror})"
            do = "end the other program that speaks with AbletonOSC"
            raise UserError("the port that AbletonOSC answers to", found, do) from error
        self._thread = threading.Thread(target=self._run, name="ableton", daemon=True)
        self._thread.start()
        self._say([(f"/live/song/start_listen/{each}", ()) for each in FOLLOWED])
        self._say([(f"/live/song/get/{each}", ()) for each in FOLLOWED])
        self._say([(SCENE, ())])

    def __call__(self, event: Event) -> None:
        """Have a bar that is kept written into the track."""
        if isinstance(event, Judged) and event.kept:
            self._kept += 1
            with self._lock:
                self._say(self._clips.keep(Kept(event.bar, f"kept {self._kept}")))

    def close(self) -> None:
        """Listen no more."""
        self._closing = True
        self._say([(f"/live/song/stop_listen/{each}", ()) for each in FOLLOWED])
        with suppress(OSError):
            self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(1.0)
        self._socket.close()

    def _run(self) -> None:
        while not self._closing:
            try:
                packet, peer = self._socket.recvfrom(LONGEST + 1)
            except OSError:  # Live is not there, or is gone
                continue
            if packet and peer[0] == LOOPBACK:
                with suppress(UserError):  # whatever else speaks to this port
                    for message in messages_of(packet):
                        self._hear(message.address, message.arguments)

    def _hear(self, address: str, arguments: tuple[Any, ...]) -> None:
        match address.removeprefix("/live/song/"), arguments:
            case "get/tempo", (int() | float() as tempo_qpm,):
                self._follow_tempo(float(tempo_qpm))
            case ("get/signature_numerator" | "get/signature_denominator") as what, (int(number),):
                self._meter[what.rpartition("_")[2]] = number
                self._follow_meter()
            case "beat", _:
                self._say([(SCENE, ())])
            case _, (int(scene), *_) if address == SCENE:
                self._desk.state.note(scene=scene)
            case _, (str(text),) if address == "/live/error":
                self._desk(News(f"Live: {text[:200]}"))
        with self._lock:
            self._say(self._clips.hear(address, arguments))
            trouble = self._clips.trouble
        if trouble and trouble != self._trouble:
            self._desk(News(trouble))
        self._trouble = trouble

    def _follow_tempo(self, tempo_qpm: float) -> None:
        ours = self._desk.state.setting("tempo")
        known = isinstance(ours, float) and abs(ours - tempo_qpm) < NEWS_QPM
        if not known and tempo_qpm >= LOWEST_QPM and self._is_free:
            self._desk.do("tempo", tempo_qpm)

    def _follow_meter(self) -> None:
        meter = f"{self._meter.get('numerator')}/{self._meter.get('denominator')}"
        known = len(self._meter) < 2 or self._desk.state.setting("meter") == meter
        if not known and self._is_free:
            self._desk.do("meter", meter)

    @property
    def _is_free(self) -> bool:
        """Whether nobody else is followed."""
        return self._desk.state.status()["follows"] is None

    def _pitch(self, note: Note) -> int | None:
        """Return the pitch of a note as its voice is sent."""
        drum_map = self._desk.state.setting(f"voice.{note.voice}.drum-map")
        return load_drum_map(str(drum_map)).to_device(note.pitch) if drum_map else note.pitch

    def _say(self, told: list[Told]) -> None:
        for address, arguments in told:
            with suppress(OSError):  # Live is not there yet
                self._socket.sendto(packet_of(address, *arguments), self._live)
