"""The parts of a jam that say what is drawn: a primer to go on from, and limits to keep to."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from daw_bridge.config.files import Schema
from daw_bridge.config.validation import AS_TEXT
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


DrumName = Annotated[str, AfterValidator(_drum)]


class PrimerFile(Schema):
    """What the music begins with, and what is done with it.

    One of: `pitches` of a chord a quarter long, a `melody` in 16ths, the `drums` of each 16th, a
    file of `midi`. `condition`: the model hears it first. `inject`: it goes on sounding while the
    model plays, which so harmonises it. `keep`: it is in what comes out: before it, or, injected,
    among it.
    """

    pitches: tuple[MidiNote, ...] = ()
    melody: tuple[Annotated[int, Field(ge=NO_EVENT, le=127)], ...] = ()
    drums: tuple[tuple[MidiNote, ...], ...] = ()
    midi: str | None = None
    condition: bool = True
    inject: bool = False
    keep: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [n for n in ("pitches", "melody", "drums", "midi") if getattr(self, n)]
        if len(given) > 1:
            raise ValueError(f"expected one primer, found {' and '.join(given)}")
        if (self.inject or self.keep) and not given:
            raise ValueError("expected a primer to inject or to keep, found none")
        return self


class LimitsFile(Schema):
    """What is drawn keeps to these.

    `range` is in MIDI notes, `density` in notes a bar, `polyphony` in notes at once. `mute` names
    drums that never sound; `lock` those that play what they play in the last bar of the primer.
    """

    scale: Annotated[Key, PlainValidator(_scale), AS_TEXT] | None = None
    range: tuple[MidiNote, MidiNote] | None = None
    density: Annotated[int, Field(ge=0)] | None = None
    polyphony: Annotated[int, Field(ge=1)] | None = None
    mute: tuple[DrumName, ...] = ()
    lock: tuple[DrumName, ...] = ()
