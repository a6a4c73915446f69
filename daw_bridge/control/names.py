"""The one table of what can be told to a jam while it plays, by whatever way.

The command line, OSC, MIDI and assistants give a name and a value, and get a command. A name is
that of the option and of the preset's key; `-` and `_` are the same in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any

from pydantic import Field

from daw_bridge.config.changes import STAY
from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.fields import Described, described
from daw_bridge.config.files import find as find_file
from daw_bridge.config.jam import JamFile, VoiceFile
from daw_bridge.config.jam_names import PLAYER
from daw_bridge.config.schema import Flag, Schema
from daw_bridge.control.values import FOLDERS, Setting
from daw_bridge.errors import UserError, near
from daw_bridge.jam.commands import (
    Change,
    Command,
    Keep,
    Panic,
    Reject,
    SetDrumMap,
    SetMeter,
    SetMode,
    SetTempo,
    Stop,
    Undo,
    When,
)
from daw_bridge.jam.prepared import Value
from daw_bridge.music.time import Meter

SPANS: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "tempo": (40.0, 240.0),
    "seed": (0.0, 127.0),
    "guidance": (1.0, 4.0),
    "best-of": (1.0, 8.0),
    "density": (0.0, 32.0),
    "polyphony": (1.0, 8.0),
    "leap": (1.0, 24.0),
}
"""What a knob goes through where it cannot, or should not, go from bound to bound."""

HIS = {"scale": "key", "density": "density", "range": "register", "loudness": "loudness"}
"""Settings that are of the user's own, and the condition by which they are the player's."""

ALSO = {"bpm": "tempo"}
"""What presets and options call something that is a command of its own here."""


class _Own(Schema):
    """Values of commands that are no fields of a preset."""

    preset: Annotated[str, Flag(kind="jam")] = Field(
        default="groove", description="Another jam preset, with all that it says."
    )
    drum_map: Annotated[str, Flag(kind="map")] = Field(
        default="gm", description="The kit: see `daw-bridge drums maps`."
    )
    style: str | float | bool | None = Field(
        default=None,
        description="What the model is told: the card says which there are; player, of key, "
        "density, register, swing and loudness: as the player has it.",
    )


@dataclass(frozen=True, slots=True)
class Name:
    """Something that can be told to a jam: its name, what it does, and the value that it takes.

    `key` is what events call it. `setting` None: it takes no value. `at` lists when it can act, the
    usual first. A `*` in name and key stands for a word that is given with the name.
    """

    name: str
    key: str
    help: str
    make: Callable[[Any, When], Command]
    at: tuple[When, ...] = ("bar",)
    setting: Setting | None = None

    def form(self) -> str:
        """Say in a few words what value it takes; "" for none."""
        return "" if self.setting is None else self.setting.form()

    def words(self) -> str:
        """Say what it does, and what value it takes."""
        return f"{self.help} ({self.form()})" if self.setting is not None else self.help

    def value(self, given: Any) -> Value:
        """Return the value that is given, as a preset has it.

        Raises:
            UserError: it takes none, or another.
        """
        if self.setting is None:
            if given is not None:
                raise UserError(f"no value after {self.name}", _shown(given), "leave it out")
            return None
        if given is None and not self.setting.may_be_none:
            raise UserError(f"a value after {self.name}", "none", f"give {self.form()}")
        if given == PLAYER and self.name in HIS:
            do = f"say condition.{HIS[self.name]} {PLAYER}"
            raise UserError(f"a {self.name} of your own", given, do)
        found = self.setting.read(self.name, given)
        folder = FOLDERS.get(self.setting.field.flag.kind)
        if folder is not None:
            try:
                find_file(folder, str(found))
            except OSError as error:  # a name that no file can have, or not ours to see
                why = f"{_shown(given)} ({error.strerror})"
                raise UserError(f"the name of a {self.name}", why, "name another") from error
        return found

    def refuse_path(self, given: object) -> None:
        """Refuse a path where files go by their names alone: from others than the user's own shell.

        Raises:
            UserError: it is none of the names that there are.
        """
        setting = self.setting
        if setting is not None and setting.is_file and given not in (None, *setting.choices):
            raise UserError(
                f"the name of a {self.name}", _shown(given), "no path comes in this way"
            )

    def command(self, given: Any = None, at: str | None = None) -> Command:
        """Return the command for a value that is given, and for when it is to act.

        Raises:
            UserError: the value is none that it takes, or it cannot act then.
        """
        value = self.value(given)
        when = next((each for each in self.at if at in (None, each)), None)
        if when is None:
            usual = " or ".join(self.at)
            raise UserError(f"{self.name} at {usual}", f"at {_shown(at)}", f"say --at {self.at[0]}")
        return self.make(value, when)


@cache
def table() -> Mapping[str, Name]:
    """Return all there is, by name, in the order in which users see it."""
    return {each.name: each for each in _names()}


def find(name: object) -> Name:
    """Return what a name stands for.

    Raises:
        UserError: there is none of that name; the near one is suggested.
    """
    known = table()
    wanted = name.lower().replace("_", "-") if isinstance(name, str) else ""
    wanted = ALSO.get(wanted, wanted)
    if wanted in known:
        return known[wanted]
    for each in known.values():
        if "*" in each.name and (word := _word(each.name, str(name))):
            return replace(
                each,
                name=each.name.replace("*", word),
                key=each.key.replace("*", word),
                make=_setting(each.key.replace("*", word)),
            )
    raise UserError("a name of `daw-bridge ctl list`", _shown(name), near(wanted[:40], known))


def name_of(key: str) -> str:
    """Return the name of what an event calls `key`."""
    for each in table().values():
        if each.key == key:
            return each.name
        if "*" in each.key and (word := _word(each.key, key)):
            return each.name.replace("*", word)
    return key


def _names() -> Iterator[Name]:
    own = {each.key: each for each in described(_Own)}
    fields = {_key(each): each for each in described(JamFile) if _changes(each)}
    yield Name("stop", "stop", "End the jam.", lambda _value, _at: Stop(), ("now",))
    yield Name("panic", "panic", "End every sounding note.", lambda _value, _at: Panic(), ("now",))
    yield Name("undo", "undo", "The last bar again, otherwise.", lambda _value, _at: Undo())
    yield Name("keep", "keep", "Store the bar that is heard.", lambda _value, _at: Keep(), ("now",))
    yield Name(
        "reject", "reject", "Store it as not liked; a new bar.", lambda _value, _at: Reject()
    )
    yield Name(
        "tempo",
        "tempo",
        "Quarter notes a minute.",
        SetTempo,
        ("now", "bar"),
        Setting(fields.pop("bpm"), SPANS["tempo"]),
    )
    meter = fields.pop("meter")
    yield Name(
        "meter",
        "meter",
        "Such as 4/4 or 7/8=3+2+2.",
        lambda value, _at: SetMeter(Meter.parse(value)),
        setting=Setting(meter),
    )
    yield Name(
        "drum-map",
        "drum_map",
        str(own["drum_map"].field.description),
        lambda value, at: SetDrumMap(load_drum_map(value), at),
        ("now", "bar"),
        Setting(own["drum_map"]),
    )
    if (mode := fields.pop("mode", None)) is not None:
        yield Name(
            "mode",
            "mode",
            str(mode.field.description),
            lambda value, _at: SetMode(value),
            setting=Setting(mode),
        )
    for key, each in {"preset": own["preset"], **fields}.items():
        yield _of_field(each, each.name, key)
    yield _of_field(own["style"], "condition.*", "conditions.*")
    for each in described(VoiceFile):
        yield _of_field(each, f"voice.*.{each.name}", f"voices.*.{each.key}")


def _changes(each: Described) -> bool:
    """Whether a setting of a jam can be another one while it plays."""
    return (each.part or each.key) not in STAY and each.key != "conditions"


def _key(each: Described) -> str:
    """Return what events call a setting of a jam: one of its limits goes by its own name."""
    return f"turns.{each.key}" if each.part == "turns" else each.key


def _of_field(each: Described, name: str, key: str) -> Name:
    setting = Setting(each, SPANS.get(name))
    return Name(name, key, str(each.field.description), _setting(key), setting=setting)


def _setting(key: str) -> Callable[[Any, When], Command]:
    return lambda value, _at: Change(((key, value),))


def _word(pattern: str, name: str) -> str | None:
    """Return the word that stands for the `*` of a pattern in a name; None: it does not fit."""
    before, _, after = (re.escape(part).replace("_", "[-_]") for part in pattern.partition("*"))
    letters = "[0-9]{1,3}" if after else "[A-Za-z0-9_-]{1,40}"
    found = re.fullmatch(f"{before}({letters}){after}".replace(r"\-", "[-_]"), name, re.ASCII)
    return found[1] if found else None


def _shown(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:57]}..."
