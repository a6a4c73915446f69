"""What commands over many MIDI files share: finding them, where results go, telling all errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from daw_bridge.cli.options import type_of
from daw_bridge.cli.types import Type
from daw_bridge.config.jam import VoiceFile
from daw_bridge.errors import SomeFailed, UserError, UserErrors
from daw_bridge.files import is_hidden, whole
from daw_bridge.midi.files import ENDINGS, Score
from daw_bridge.midi.smf import Smf

Result = TypeVar("Result")
File = TypeVar("File", Score, Smf)


class ChannelNumber(Type):
    """A channel as users count, from 1, given as MIDI does, from 0."""

    name = "channel"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the channel, or fail in one line."""
        if isinstance(value, int):
            return value
        return int(type_of(VoiceFile, "channel").convert(value, param, ctx)) - 1


CHANNEL = ChannelNumber()


def console() -> Console:
    """Return a console for results; wide enough that a table in a pipe is not cut off.

    Brackets and colons are what they are: the names of maps, notes and files are not ours.
    """
    plain = Console(markup=False, emoji=False)
    return plain if plain.is_terminal else Console(width=140, markup=False, emoji=False)


def midi_files(path: Path, out: Path | None = None) -> list[Path]:
    """Return a file itself, or the MIDI files in a folder and the folders in it, by name.

    What lies in `out`, where an earlier run has written, is left out, unless `out` is the folder.

    Raises:
        UserError: there is nothing there, or no MIDI file in it.
    """
    if not path.exists():
        raise UserError("a MIDI file or a folder", f"nothing at {path}", "check the path")
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and not p.is_dir())
    found = [p for p in found if not is_hidden(p.relative_to(path))]
    if out is not None and path.resolve() in out.resolve().parents:
        found = [p for p in found if out.resolve() not in p.resolve().parents]
    if not found:
        raise UserError("MIDI files (.mid)", f"none in {path}", "name another folder")
    return found


def aloud(path: Path, read: Callable[[Path], File]) -> File:
    """Read a MIDI file, and tell on standard error, in a line, what of it could not be read.

    Raises:
        UserError: nothing of it could.
    """
    file = read(path)
    if file.damage:
        click.echo(f"{path} is damaged: {'; '.join(file.damage)}", err=True)
    return file


def outputs(source: Path, found: Iterable[Path], out: Path) -> dict[Path, Path]:
    """Return where the result of each file goes: into the folder `out`, at the same place in it.

    For a single file `out` may be a MIDI file itself.
    """
    if not source.is_dir():
        names_a_file = out.suffix.lower() in ENDINGS and not out.is_dir()
        return {source: out if names_a_file else out / source.name}
    return {path: out / path.relative_to(source) for path in found}


def named_file(out: Path, name: str) -> Path:
    """Return the file that `out` names: itself if it has an ending, else `name` in that folder."""
    return out / name if out.is_dir() or not out.suffix else out


def overwritten(paths: Iterable[Path], *, force: bool) -> list[str]:
    """Return which files would be overwritten unasked, a line each."""
    return [
        f"{path}: expected no file yet, found one: name another place, or add --force"
        for path in paths
        if not force and path.exists()
    ]


def refuse_to_overwrite(paths: Iterable[Path], *, force: bool) -> None:
    """Stop before anything is written if something would be overwritten.

    Raises:
        UserErrors: a line for each file that is there.
    """
    if there := overwritten(paths, force=force):
        raise UserErrors(there)


@contextmanager
def done_for_each(
    paths: Iterable[Path], work: Callable[[Path], Result], also: Iterable[str] = ()
) -> Iterator[dict[Path, Result]]:
    """Work on every file; the block has the results, and at its end the files that failed are told.

    `also` are errors that are known already, and because of which nothing is to be done.

    Raises:
        UserErrors: nothing could be done; a line for each error, beginning with its file.
        SomeFailed: the same, after the block has used the results of the other files.
    """
    known = tuple(also)
    results: dict[Path, Result] = {}
    failed: dict[Path, list[str]] = {}
    for path in paths:
        try:
            results[path] = work(path)
        except UserError as error:
            failed[path] = _lines(path, error)
    errors = [*known, *(line for lines in failed.values() for line in lines)]
    if known:
        raise UserErrors(errors)
    if failed and (n_files := len(failed) + len(results)) > 1:
        errors.append(f"{len(failed)} of {n_files} files could not be done")
    if failed and not results:
        raise UserErrors(errors)
    try:
        yield results
    except UserError as error:
        raise UserErrors([*_said(error), *errors]) from error
    if errors:
        raise SomeFailed(errors)


def _lines(path: Path, error: UserError) -> list[str]:
    """Say what is wrong with a file, each line beginning with its name."""
    return [line if line.startswith(str(path)) else f"{path}: {line}" for line in _said(error)]


def _said(error: UserError) -> Sequence[str]:
    return error.errors if isinstance(error, UserErrors) else (str(error),)


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write files, each whole or not at all."""
    for path, content in contents.items():
        with whole(path) as temporary:
            temporary.write_bytes(content)
