"""The parts of a jam that say what is drawn: a primer to go on from, and limits to keep to."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from daw_bridge.config.schema import AS_TEXT, Flag, Schema
from daw_bridge.errors import near
from daw_bridge.jam.primer import NO_EVENT
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.music.keys import Key

MidiNote = Annotated[int, Field(ge=0, le=127)]
_DRUMS = tuple(each.name for each in DRUM_CLASSES)


def _scale(value: Any) -> Key:
    if isinstance(value, Key):
        return value
    if not isinstance(value, str):
        raise ValueError("expected text")
    return Key.parse(value)


def _drum(name: str) -> str:
    if name not in _DRUMS:
        raise ValueError(f"expected a drum, found {name!r}: {near(name, _DRUMS)}")
    return name


DrumName = Annotated[str, AfterValidator(_drum), Flag(kind="drum")]


class PrimerFile(Schema):
    """What the music begins with: `pitches`, `melody`, `drums` or `midi`; and what becomes of it.

    Injected, it harmonises: it goes on sounding while the model plays.
    """

    pitches: Annotated[tuple[MidiNote, ...], Flag("primer-pitches")] = Field(
        default=(), description='A chord to begin with, a quarter long: "[67,64,60]".'
    )
    melody: Annotated[
        tuple[Annotated[int, Field(ge=NO_EVENT, le=127)], ...], Flag("primer-melody")
    ] = Field(
        default=(), description='A melody in 16ths: "[60,-2,62,-1]"; -2 no event, -1 note off.'
    )
    drums: Annotated[tuple[tuple[MidiNote, ...], ...], Flag("primer-drums")] = Field(
        default=(), description='Drums in 16ths: "[(36,42),(),(42,),()]".'
    )
    midi: Annotated[str | None, Flag("primer-midi", "file")] = Field(
        default=None, min_length=1, description="Music to begin with."
    )
    condition: Annotated[bool, Flag("condition-on-primer")] = Field(
        default=True, description="Whether the model hears the primer first."
    )
    inject: Annotated[bool, Flag("inject-primer")] = Field(
        default=False, description="Whether the primer goes on sounding, to be harmonised."
    )
    keep: Annotated[bool, Flag("keep-primer")] = Field(
        default=False,
        description="Whether the primer is in what comes out, before or among it.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [n for n in ("pitches", "melody", "drums", "midi") if getattr(self, n)]
        if len(given) > 1:
            raise ValueError(f"expected one primer, found {' and '.join(given)}")
        return self

    @property
    def is_given(self) -> bool:
        """Whether there is one, and not what a player plays."""
        return bool(self.pitches or self.melody or self.drums or self.midi)


class LimitsFile(Schema):
    """What is drawn keeps to these."""

    scale: Annotated[Key, PlainValidator(_scale), AS_TEXT] | None = Field(
        default=None, description="Only notes of it: C, 'F# minor', 'D dorian'."
    )
    range: tuple[MidiNote, MidiNote] | None = Field(
        default=None, description="Only MIDI notes from low to high."
    )
    density: int | None = Field(default=None, ge=0, description="At most so many notes a bar.")
    polyphony: int | None = Field(default=None, ge=1, description="At most so many notes at once.")
    leap: int | None = Field(
        default=None, ge=1, le=127, description="At most so many semitones from note to note."
    )
    parallels: bool = Field(
        default=True, description="Whether voices may go in parallel fifths and octaves."
    )
    mute: tuple[DrumName, ...] = Field(default=(), description="A drum that never sounds.")
    lock: tuple[DrumName, ...] = Field(
        default=(), description="A drum that plays as in the primer's last bar."
    )
