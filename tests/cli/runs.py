"""The command line, run in this process: what it says where all is well, and where it refuses."""

from __future__ import annotations

from pathlib import Path

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


def refused_in_a_line(capsys, *arguments: str) -> str:
    """Run what must be refused; give the one line that says why."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def generate(out: Path, *options: str) -> list[bytes]:
    """Write files of the model tiny; return what is in each."""
    assert run(["generate", "tiny", "--out", str(out), *options]) == 0
    return [path.read_bytes() for path in sorted(out.glob("*.mid"))]
