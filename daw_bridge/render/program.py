"""Another program, run to its end: a DAW that renders without a window."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from daw_bridge.errors import UserError


def run(name: str, command: Sequence[str], made: Path, env: Mapping[str, str]) -> str:
    """Run a program that makes a file; return what it said.

    It waits for as long as it takes: whoever has the time limit kills the process group. What it
    returns says little of DAWs, so it is judged by the file.

    Raises:
        UserError: the file is not there, or empty, with the last line that the program said.
    """
    try:
        done = subprocess.run(  # noqa: S603 -- a DAW that the user has installed
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **env},
            check=False,
        )
    except OSError as error:
        raise UserError(name, f"{command[0]} ({error.strerror})", "install it") from error
    said = done.stdout.decode(errors="replace")
    if not made.is_file() or not made.stat().st_size:
        lines = [line.strip() for line in said.replace("\r", "\n").split("\n") if line.strip()]
        last = lines[-1] if lines else "nothing"
        found = f"none: it ended with exit code {done.returncode} and said {last!r}"
        raise UserError(f"a sound from {name}", found, "look at its settings")
    return said


def home_for(folder: Path) -> dict[str, str]:
    """Return the environment of a program that keeps its settings below a folder, and its own.

    It has no display, and neither reads nor changes the user's settings.
    """
    home = folder / "home"
    (home / ".config").mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "QT_QPA_PLATFORM": "offscreen",
    }
