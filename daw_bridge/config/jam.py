"""The files in presets/jams: what is played, how it is drawn, and where each voice goes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from daw_bridge.config.drawing import LimitsFile, PrimerFile
from daw_bridge.config.files import Document, Schema, find, read, validate
from daw_bridge.errors import near
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import HIGHEST_QPM, LOWEST_QPM, MOST_BARS, SIXTEENTH, Meter, Ticks

DEFAULT = "groove"
"""The preset of a jam that names none."""

_PATTERN_VELOCITIES = {"x": 80, "X": 112, "o": 45}


def _meter(text: str) -> str:
    return str(Meter.parse(text))


def _pattern(rows: dict[str, str]) -> dict[str, str]:
    known = {each.name for each in DRUM_CLASSES}
    for name, row in rows.items():
        if name not in known:
            raise ValueError(f"expected a drum, found {name!r}: {near(name, known)}")
        if strange := set(row.replace(" ", "").replace("|", "")) - {".", *_PATTERN_VELOCITIES}:
            raise ValueError(f"expected . o x X in a pattern, found {min(strange)!r}")
    return rows


class VoiceFile(Schema):
    """Where one voice of a model goes; a voice with a drum map is drums, any other is pitched.

    `channel` is 1..16, as users count; `port` names one of our ports, opened for it.
    """

    voice: Annotated[int, Field(ge=0)] = 0
    channel: Annotated[int, Field(ge=1, le=16)] = 10
    drum_map: str | None = None
    port: Annotated[str, Field(min_length=1, max_length=60)] = "notes"


class JamFile(Schema):
    """One jam. Every key has a default but `model`; flags of `daw-bridge jam` come before it.

    `conditions` are what the model is told, such as a style; its card says which it takes.
    `primer` is music to go on from, and `limits` bound what is drawn.
    `bars` absent: until it is stopped. `voices` absent: as the model's card says. `fill` is the
    bar that `late: fill` plays, a row of 16ths for each drum: `.` rest, `o` soft, `x`, `X` loud.
    """

    model: str
    bpm: Annotated[float, Field(ge=LOWEST_QPM, le=HIGHEST_QPM)] = 120.0
    meter: Annotated[str, AfterValidator(_meter)] = "4/4"
    bars: Annotated[int, Field(ge=1, le=MOST_BARS)] | None = None
    seed: Annotated[int, Field(ge=0)] = 1
    temperature: Annotated[float, Field(ge=0, le=10)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    conditions: dict[str, str | float | bool] = Field(default={})
    primer: PrimerFile = PrimerFile()
    limits: LimitsFile = LimitsFile()
    late: Literal["repeat", "rest", "fill"] = "repeat"
    fill: Annotated[dict[str, str], AfterValidator(_pattern)] = Field(default={})
    backend: Literal["auto", "jack", "rtmidi", "offline"] = "auto"
    port: str | None = None
    voices: tuple[VoiceFile, ...] | None = None

    @model_validator(mode="after")
    def _voices_differ(self) -> Self:
        numbers = [each.voice for each in self.voices or ()]
        if self.voices is not None and not numbers:
            raise ValueError("expected a voice under `voices`, or no such key")
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"expected each voice once, found {numbers}")
        if self.late == "fill" and not self.fill:
            raise ValueError("expected a `fill` pattern, since `late` is fill")
        return self

    def fill_bar(self) -> Bar:
        """Give the bar of the `fill` pattern; blanks and `|` in it are for the eye."""
        pitches = {each.name: each.pitch for each in DRUM_CLASSES}
        return Bar.of(
            (
                Note(Ticks(step * SIXTEENTH), pitches[name], SIXTEENTH, _PATTERN_VELOCITIES[mark])
                for name, row in self.fill.items()
                for step, mark in enumerate(row.replace(" ", "").replace("|", ""))
                if mark != "." and step < Meter.parse(self.meter).steps()
            ),
            Meter.parse(self.meter),
        )


def load_jam(name_or_path: str) -> JamFile:
    """Read a jam preset by its name or its path.

    Raises:
        UserError: there is none of that name, or what is wrong with the file, all at once by line.
    """
    return jam_of(read(find("presets/jams", name_or_path)))


def jam_of(document: Document) -> JamFile:
    """Give the jam of a document that has been read.

    Raises:
        UserErrors: a line for everything that is wrong, as `file:line: key: ...`.
    """
    return validate(document, JamFile)
