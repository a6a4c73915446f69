"""A render process whose engines behave as plugins do on a bad day; its `beep` is in order."""

import os
import signal
import sys
import threading
import wave
from pathlib import Path

from daw_bridge.config.schema import Schema
from daw_bridge.errors import UserError
from daw_bridge.render.__main__ import main
from daw_bridge.render.job import Job


class Nothing(Schema):
    pass


class Beep:
    """A click and a tone, as loud as they may be; `what` of it is told on standard output."""

    Settings = Nothing

    def __init__(self, settings: Nothing) -> None:
        print("a plugin that talks")

    def missing(self) -> str | None:
        return None

    def version(self) -> str:
        return "beep 1"

    def render(self, job: Job, out: Path) -> None:
        with wave.open(str(out), "wb") as file:
            file.setparams((1, 2, job.rate, 0, "NONE", ""))
            file.writeframes(b"\x00\x40\x00\xc0" * (job.rate // 4))


class Crash(Beep):
    def render(self, job: Job, out: Path) -> None:
        print("the plugin's last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)


class Hang(Beep):
    def render(self, job: Job, out: Path) -> None:
        threading.Event().wait()


class Silent(Beep):
    def render(self, job: Job, out: Path) -> None:
        with wave.open(str(out), "wb") as file:
            file.setparams((1, 2, job.rate, 0, "NONE", ""))
            file.writeframes(bytes(job.rate))


class Refuse(Beep):
    def render(self, job: Job, out: Path) -> None:
        raise UserError("a plugin at x.vst3", "none", "check the path")


if __name__ == "__main__":
    main({"beep": Beep, "crash": Crash, "hang": Hang, "refuse": Refuse, "silent": Silent})
