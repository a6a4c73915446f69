"""The files in presets/jams: what is played, how it is drawn, and where each voice goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationInfo,
    field_validator,
)

from daw_bridge.config.drawing import DrumName, LimitsFile, PrimerFile
from daw_bridge.config.files import find, names
from daw_bridge.config.jam_names import FOLLOWED, PLAYER, name_problems
from daw_bridge.config.learnt import LearntFile
from daw_bridge.config.schema import AS_TEXT, Flag, Schema, Seed
from daw_bridge.config.turns import AUTO, OutputName, TurnsFile
from daw_bridge.config.validation import compared
from daw_bridge.document import Document, read, refusal
from daw_bridge.jam.follow import SppUnit
from daw_bridge.jam.form import FREE, Fills, sections_of
from daw_bridge.jam.masters import Sync
from daw_bridge.jam.modes import Clicks, Interplay, Name
from daw_bridge.jam.plan import Late
from daw_bridge.jam.relief import OnError
from daw_bridge.jam.song import Loop
from daw_bridge.music import loudness
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import (
    HIGHEST_QPM,
    LOWEST_QPM,
    MOST_BARS,
    SIXTEENTH,
    USUAL_QPM,
    Meter,
    Ticks,
)
from daw_bridge.ports.backend import NOTES
from daw_bridge.registry import BACKENDS, JUDGES

_PATTERN_VELOCITIES = {"x": 80, "X": 112, "o": 45}


def _meter(value: Any) -> Meter:
    """Read a meter; refuse a number in words: 4:4 is one to YAML, which counts in sixties."""
    if isinstance(value, Meter):
        return value
    if type(value) is int and value >= 60:
        beats, unit = divmod(value, 60)
        as_yaml = f"{value}, as which YAML reads {beats}:{unit}"
        raise ValueError(f"expected a meter such as 4/4, found {as_yaml}: write {beats}/{unit}")
    if not isinstance(value, str):
        raise ValueError(f"expected a meter such as 4/4, found {json.dumps(value)}")
    return Meter.parse(value)


def _form(text: str | None) -> str | None:
    if text is not None and text != FREE:
        sections_of(text)
    return text


def _pattern(row: str) -> str:
    if strange := set(row.replace(" ", "").replace("|", "")) - {".", *_PATTERN_VELOCITIES}:
        raise ValueError(f"expected . o x X in a pattern, found {min(strange)!r}")
    return row


LIVE = frozenset(
    {
        *("late", "on_error", "sync", "spp_unit", "loop", "transport_master"),
        *("port", "in_port", "sync_port", "state_port", "thru"),
    }
)
"""Settings that change no music: they are for real time, where bars may be late."""


class VoiceFile(Schema):
    """Where one voice of a model goes; a voice with a drum map is drums, any other is pitched.

    `channel` is 1..16, as users count; `port` names one of our outputs, opened for it: `to Synth`
    is connected to the one port of others whose name contains `Synth`.
    """

    voice: Annotated[int, Field(ge=0)] = 0
    channel: int = Field(
        default=10, title="a channel", ge=1, le=16, description="The MIDI channel of a voice."
    )
    drum_map: Annotated[str | None, Flag(kind="map")] = Field(
        default=None, description="The kit of a voice."
    )
    port: OutputName = Field(default=NOTES, description="The output of a voice.")


if TYPE_CHECKING:
    BackendName = str
    LateName = str
    OnErrorName = str
    SyncName = str
    UnitName = str
    LoopName = str
    FillName = str
    JudgeName = str
    LoudnessName = str
    ModeName = str
else:
    BackendName = Literal[("auto", *BACKENDS)]
    LateName = Literal[tuple(each.value for each in Late)]
    OnErrorName = Literal[tuple(each.value for each in OnError)]
    SyncName = Literal[tuple(each.value for each in Sync)]
    UnitName = Literal[tuple(each.value for each in SppUnit)]
    LoopName = Literal[tuple(each.value for each in Loop)]
    FillName = Literal[tuple(each.value for each in Fills)]
    JudgeName = Literal[tuple(JUDGES)]
    ModeName = Literal[tuple(each.value for each in Name)]
    LoudnessName = Literal[(loudness.ANY, *loudness.NAMES)]


class JamFile(Schema):
    """One jam. Every key has a default but `model`; flags of `daw-bridge jam` come before it.

    `conditions` are what the model is told; its card says which it takes. Those of `FOLLOWED` may
    be the player's. `on_the_one`: music that
    no primer leads in begins on the first beat, drums with a kick, and so does a bar after a
    silent one: players may begin with a rest, and the likeliest after a rest is another.
    `bars` absent: until it is stopped. `voices` absent: as the model's card says. `late_bar` is
    what `late: fill` plays, a row of 16ths for each drum: `.` rest, `o` soft, `x`, `X` loud.
    `learn` is what controls of a controller set; `daw-bridge ctl learn` writes it.
    """

    model: Annotated[str, Flag(kind="model")] = Field(
        description="A model's name or folder, in place of the preset's."
    )
    mode: ModeName = Field(
        default=Name.SOLO.value,
        description="solo; with a player: continue, call-response, accompany, follow; trade with "
        "another policy; loop until one is kept, vary that.",
    )
    turns: TurnsFile = TurnsFile()
    bpm: float = Field(
        default=USUAL_QPM,
        title="a tempo in quarter notes a minute",
        ge=LOWEST_QPM,
        le=HIGHEST_QPM,
        description="Quarter notes a minute; where this is not given, those of a primer's file.",
    )
    meter: Annotated[Meter, PlainValidator(_meter), AS_TEXT] = Field(
        default=Meter(),
        description="Such as 4/4 or 7/8=3+2+2; where this is not given, that of a primer's file.",
    )
    bars: int | None = Field(default=None, ge=1, le=MOST_BARS, description="How many bars.")
    seed: Seed = Field(default=1, description="Same seed, same music.")
    temperature: float = Field(
        default=1.0,
        title="a temperature",
        ge=0,
        le=10,
        description="1: as trained; less: tamer; 0: always the likeliest.",
    )
    top_p: float = Field(
        default=1.0,
        title="a top-p",
        gt=0,
        le=1,
        description="Draw from the likeliest only, up to this.",
    )
    guidance: float = Field(
        default=1.0,
        ge=1,
        le=10,
        description="How much the style that is told counts; 1: as learnt, which is the quickest.",
    )
    rl_mix: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Of a tuned model: 1: as tuned; 0: what it was tuned from; else their weights "
        "mixed.",
    )
    best_of: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="Draw so many of each bar, where files are written of each file, and keep the "
        "best.",
    )
    judge: JudgeName = Field(
        default=next(iter(JUDGES)),
        description="Who says which is the best: "
        + "; ".join(f"{name}: {said}" for name, said in JUDGES.words().items())
        + ".",
    )
    form: Annotated[str | None, AfterValidator(_form)] = Field(
        default=None,
        description='Sections with their bars, such as "A8 A8 B8 A8\'"; absent: as real pieces are '
        "made; free: none is told.",
    )
    novelty: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="How much is new: 0, as in the real pieces that repeat most, to 1.",
    )
    fill: FillName = Field(
        default="any", description="Where drums play fills; any: wherever they like."
    )
    loudness: LoudnessName = Field(
        default=loudness.ANY, description="How loud phrases are on the whole; any: as it comes."
    )
    ending: bool = Field(
        default=True, description="Whether the last of --bars is played as an end."
    )
    conditions: Annotated[dict[str, str | float | bool], Flag("condition")] = Field(
        default={}, description="What the model is told, such as style=funk; may be repeated."
    )
    primer: PrimerFile = PrimerFile()
    limits: LimitsFile = LimitsFile()
    on_the_one: bool = Field(
        default=True,
        description="Whether music with nothing before it begins on the first beat.",
    )
    late_bar: dict[DrumName, Annotated[str, AfterValidator(_pattern)]] = Field(default={})
    late: LateName = Field(
        default=Late.REPEAT.value, description="What sounds where a bar is not ready in time."
    )
    on_error: OnErrorName = Field(
        default=OnError.PLAY.value,
        description="play: a model that fails is loaded again, once, and then `late` plays on.",
    )
    sync: SyncName = Field(
        default=Sync.AUTO.value,
        description="Whose time is kept; auto: our own, until a MIDI clock, Ableton Link or JACK "
        "transport rolls; internal: our own, which is sent as MIDI clock.",
    )
    spp_unit: UnitName = Field(
        default=SppUnit.AUTO.value,
        description="What song positions count; auto: sixteenths, unless clocks are seen (Ardour).",
    )
    loop: LoopName = Field(
        default=Loop.REPEAT.value,
        description="What a round of the DAW's loop plays: the same bars again, or new ones.",
    )
    transport_master: bool = Field(
        default=False, description="Start and stop JACK transport, with --sync jack."
    )
    backend: BackendName = Field(
        default="auto",
        description="auto: JACK where it runs, else rtmidi; offline: virtual time, no device.",
    )
    port: Annotated[str | None, Flag(kind="port")] = Field(
        default=None, description="Play into this port, in place of one of our own."
    )
    in_port: Annotated[str | None, Flag(kind="source")] = Field(
        default=None, description="Hear what is played from this port: a keyboard, pads."
    )
    sync_port: Annotated[str | None, Flag(kind="source")] = Field(
        default=None, description="Take the clock from this port; with --sync internal, send it."
    )
    state_port: Annotated[str | None, Flag(kind="port")] = Field(
        default=None,
        description="Show the settings that controls have learnt on this port: motor faders, pads.",
    )
    thru: bool = Field(
        default=False,
        description="Whether what is played into the port `in` sounds as well, at once.",
    )
    voices: tuple[VoiceFile, ...] | None = None
    learn: tuple[LearntFile, ...] = ()

    _document: Document | None = PrivateAttr(default=None)

    @field_validator("voices")
    @classmethod
    def _voices_differ(cls, voices: tuple[VoiceFile, ...] | None) -> tuple[VoiceFile, ...] | None:
        numbers = [each.voice for each in voices or ()]
        if voices is not None and not numbers:
            raise ValueError("expected a voice under `voices`, or no such key")
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"expected each voice once, found {numbers}")
        return voices

    @field_validator("late")
    @classmethod
    def _fill_is_there(cls, late: str, info: ValidationInfo) -> str:
        if late == Late.FILL and info.data.get("late_bar") == {}:
            raise ValueError("expected a `late_bar` pattern, since `late` is fill")
        return late

    @field_validator("transport_master")
    @classmethod
    def _transport_is_followed(cls, leads: bool, info: ValidationInfo) -> bool:
        if leads and info.data.get("sync") != Sync.JACK:
            raise ValueError("expected `sync: jack`, since `transport_master` is on")
        return leads

    @property
    def document(self) -> Document | None:
        """Return what this was read from, whose lines errors name; None: no file."""
        return self._document

    def read_from(self, document: Document | None) -> JamFile:
        """Return this, as read from a document."""
        file = self.model_copy()
        file._document = document
        return file

    @property
    def followed(self) -> frozenset[str]:
        """The conditions that are what is found in what a player plays."""
        return frozenset(name for name in FOLLOWED if self.conditions.get(name) == PLAYER)

    def interplay(self) -> Interplay:
        """Return how the jam takes turns; of a primer that is given, nobody is heard first."""
        turns, primer = self.turns, self.primer
        mode = Name(self.mode)
        return Interplay(
            Name.SOLO if mode is Name.CONTINUE and primer.is_given else mode,
            None if turns.bars == AUTO else int(turns.bars),
            turns.count_in,
            again=primer.keep and (mode is Name.FOLLOW or not primer.inject),
            told=bool(self.followed),
            clicks=Clicks(turns.metronome),
        )

    def bar_where_late(self) -> Bar:
        """Return the bar of the `late_bar` pattern; blanks and `|` in it are for the eye."""
        pitches = {each.name: each.pitch for each in DRUM_CLASSES}
        return Bar.of(
            (
                Note(Ticks(step * SIXTEENTH), pitches[name], SIXTEENTH, _PATTERN_VELOCITIES[mark])
                for name, row in self.late_bar.items()
                for step, mark in enumerate(row.replace(" ", "").replace("|", ""))
                if mark != "." and step < self.meter.steps()
            ),
            self.meter,
        )


def load_jam(name_or_path: str) -> JamFile:
    """Read a jam preset by its name or its path.

    Raises:
        UserError: there is none of that name, or what is wrong with the file, all at once by line.
    """
    return jam_file_of(read(find("presets/jams", name_or_path)))


def played_alone() -> list[str]:
    """Name the presets of jams that need nobody else, which are what their models are judged by.

    One for each model, the first by name.
    """
    jams = ((each, load_jam(each)) for each in reversed(names("presets/jams")))
    return sorted({jam.model: each for each, jam in jams if jam.mode == Name.SOLO}.values())


def jam_file_of(document: Document) -> JamFile:
    """Return the jam of a document that has been read.

    What it names is looked up where something is wrong in any case, to tell all of it at once.

    Raises:
        UserErrors: a line for everything that is wrong, as `file:line: key: ...`.
    """
    file, problems = compared(document, JamFile)
    if file is None or document.repeated:
        further, others = name_problems(document)
        raise refusal(document, [*problems, *further], others)
    return file.read_from(document)
