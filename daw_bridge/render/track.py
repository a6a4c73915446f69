"""A track of the assembly line: notes drawn or found, rendered, finished, and told of in a line."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded
from daw_bridge.midi.files import LARGEST_BYTES
from daw_bridge.render.child import Child
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.finish import finish
from daw_bridge.render.job import Job
from daw_bridge.render.played import song_of

if TYPE_CHECKING:
    from daw_bridge.render.draw import Draw

DONE = "done"

WORK = ".daw-bridge"
"""The folder, in that of the tracks, for what is half done; it is gone when all is."""


@dataclass(frozen=True, slots=True)
class Order:
    """A track to be made; `draw` is None where the MIDI file is there already.

    `name` is where its sound lies in `folder`, that of all.
    """

    name: str
    job: Job
    folder: Path
    draw: Draw | None = None

    @property
    def made(self) -> Path:
        """Where its sound lies until the manifest tells of it."""
        digest = hashlib.sha256(self.name.encode(errors="surrogateescape")).hexdigest()[:24]
        return self.folder / WORK / f"{digest}{self.job.out.suffix}"

    @property
    def drawn(self) -> Path:
        """Where the notes that are drawn for it lie until then."""
        return self.made.with_suffix(".mid")

    @property
    def midi(self) -> str:
        """Where its notes lie, as seen from the folder of all."""
        try:
            return os.path.relpath(self.job.midi, self.folder)
        except ValueError:  # on another drive of Windows
            return str(self.job.midi.absolute())

    def key(self) -> str:
        """Return a hash of all that the sound depends on; two of the same sound the same."""
        if self.draw is None:
            raw = read_bounded(self.job.midi, LARGEST_BYTES, "a MIDI file")
            notes: Any = hashlib.sha256(raw).hexdigest()
        else:
            notes = [self.draw.facts(), self.draw.jam.file.seed]
        job = replace(self.job, midi=Path(), out=Path(self.name), limit_s=0)
        said = json.dumps([notes, job.as_json()], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a track: `state` is "done", or a `Failure` of which `why` is the reason."""

    file: str
    midi: str
    state: str
    key: str
    why: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether there is a sound."""
        return self.state == DONE

    def line(self) -> str:
        """Return it as a line of JSON."""
        values = {"file": self.file, "midi": self.midi, "state": self.state, "key": self.key}
        said = {"why": self.why} if self.why else {}
        return json.dumps({**values, **said, **self.facts}, default=str) + "\n"

    @classmethod
    def of_line(cls, line: str) -> Entry:
        """Read what `line` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        values = dict(json.loads(line))
        own = {name: str(values.pop(name)) for name in ("file", "midi", "state", "key")}
        return cls(**own, why=str(values.pop("why", "")), facts=values)


class Maker:
    """Makes one track after another, with one engine's process at hand."""

    def __init__(self) -> None:
        self._child = Child()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the engine's process."""
        self._child.__exit__(kind, error, traceback)

    def make(self, order: Order) -> Entry:
        """Make a track, and say how it went; its notes and its sound are not in their place yet."""
        (entry,) = self.make_all([order])
        return entry

    def make_all(self, orders: Iterable[Order]) -> Iterator[Entry]:
        """Make tracks as `make` does; while one is rendered, its neighbours are worked on.

        The engine is another process: meanwhile the next is drawn, and the last one finished.
        """
        before = _Steps(iter(()))  # of none
        for order in orders:
            track = _Steps(_steps(order, self._child))
            track.go_on()
            before.go_on()  # the engine is free
            track.go_on()
            before.go_on()
            if before.entry is not None:
                yield before.entry
            before = track
        before.go_on()
        before.go_on()
        if before.entry is not None:
            yield before.entry


def _steps(order: Order, child: Child) -> Generator[None, None, Entry]:
    """Make a track, in steps: its notes are there; the engine works; it is ready; all is done.

    Of several tracks one only is at the second. What went wrong ends it at any step.
    """
    job, facts, key = order.job, dict[str, Any](), ""
    try:
        key = order.key()
        order.made.parent.mkdir(parents=True, exist_ok=True)
        if order.draw is not None:
            facts |= order.draw.into(order.drawn)
            job = replace(job, midi=order.drawn)
        facts |= yield from _sound_steps(job, order.made, child)
    except RenderError as error:
        state, why = str(error.kind), str(error)
    except UserError as error:
        state, why = str(Failure.FAILED), str(error)
    else:
        state, why = DONE, ""
    return Entry(order.name, order.midi, state, key, why, facts)


class _Steps:
    """A track that is made step by step; `entry` is what became of it, once that is known."""

    def __init__(self, steps: Iterator[None]) -> None:
        self.entry: Entry | None = None
        self._steps = steps

    def go_on(self) -> None:
        """Make the next step; after the last there is none."""
        try:
            next(self._steps)
        except StopIteration as end:
            self.entry = self.entry or end.value


def make_sound(job: Job, out: Path, child: Child) -> dict[str, Any]:
    """Render a MIDI file and finish its sound as `out`, not yet where it belongs; tell of it.

    What is half done lies beside `out`.

    Raises:
        RenderError: it has no notes, or the engine made no sound of them.
        UserError: the file cannot be written.
    """
    steps = _sound_steps(job, out, child)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return dict(end.value)


def _sound_steps(job: Job, out: Path, child: Child) -> Generator[None, None, dict[str, Any]]:
    """Do what `make_sound` does, in steps: all is ready; the engine works; it has written.

    Raises:
        RenderError: it has no notes, or the engine made no sound of them.
        UserError: the file cannot be written.
    """
    song = song_of(job.midi)
    if not song.notes:
        why = UserError("a MIDI file with notes", f"none in {job.midi}", "leave it out")
        raise RenderError(Failure.FAILED, why)
    try:
        # A folder for each job: DAWs that render at once share no session and no profile.
        with TemporaryDirectory(dir=out.parent, ignore_cleanup_errors=True) as folder:
            raw = Path(folder).absolute() / "raw.wav"
            yield
            child.ask(job, raw)
            yield
            version = child.answer()
            yield
            figures = finish(raw, out, job, song)
        size = out.stat().st_size
    except OSError as error:
        what = str(error.strerror or error)
        raise UserError(f"to write {job.out}", what, "free space or name another") from error
    return {
        **asdict(figures),
        "bytes": size,
        "notes": len(song.notes),
        "engine": job.engine,
        "version": version,
        "preset": job.preset,
        "loop": job.loop,
    }
