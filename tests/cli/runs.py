"""The command line, run in this process: what it says where all is well, and where it refuses."""

from __future__ import annotations

from daw_bridge.cli.main import run


def done(capsys, *arguments: str) -> str:
    """Run what must go well and say nothing on standard error; return what it prints."""
    assert run(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(capsys, *arguments: str) -> list[str]:
    """Run what must be refused; return the lines that say why."""
    assert run(arguments) == 2
    return capsys.readouterr().err.splitlines()
