"""Synth programs as instruments, such as an agent has found: see docs/envs.md."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from daw_bridge.config.schema import Schema
from daw_bridge.errors import UserError
from daw_bridge.render.chip_waves import Floats, hz_of
from daw_bridge.render.drums import Drums
from daw_bridge.render.instruments import Instrument, Note
from daw_bridge.render.sounding import Sample, Sounding
from daw_bridge.render.struck import HATS, drum_at

ANY = "any"

Seconds = Annotated[float, Field(gt=0, le=10)]


class Program(Schema):
    """A program, and for how long it sounds; each `{}` in it is the note's frequency in Hz."""

    code: Annotated[str, Field(min_length=1)]
    seconds: Seconds


class Programs(Instrument):
    """Programs by the drum that they are ("kick", "closed-hat"); `any` plays all other notes.

    Drums that have none are those of our own kit.
    """

    wave: Literal["programs"]
    sounds: dict[str, Program]

    def begin(self, note: Note, rate: int) -> Sounding:
        """Return the note as it sounds at a sample rate; it rings as long as its program does.

        Raises:
            UserError: the program is not in order, or what plays it is not installed.
        """
        program = self.sounds.get(drum_at(note.pitch), self.sounds.get(ANY))
        if program is None:
            return Drums(wave="drums").begin(note, rate)
        hz = hz_of(note.pitch) if "{}" in program.code else None
        return Sample(_played(program, hz, rate), (note.velocity / 127) ** 1.3)

    def chokes(self, pitch: int) -> bool:
        """Whether a note is on a hi-hat, of a kit."""
        return ANY not in self.sounds and drum_at(pitch) in HATS


@lru_cache(maxsize=256)
def _played(program: Program, hz: float | None, rate: int) -> Floats:
    try:
        from daw_bridge.envs.graph.graph import Graph  # noqa: PLC0415  an extra
        from daw_bridge.envs.graph.player import Player  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise UserError("numba, which programs need", "none", "pip install 'daw-bridge[rl]'") from (
            error
        )
    graph = Graph.of(program.code)
    for hole in graph.holes:
        hole.check(hz or 0, hz or 0)
    values = [hz or 0.0] * len(graph.holes)
    return Player(graph, rate).play(values, round(program.seconds * rate)).copy()
