"""What a jam is at now, folded from its events, for whoever asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Lock
from typing import Any

from daw_bridge.config.jam import JamFile
from daw_bridge.control.lines import plain
from daw_bridge.control.names import name_of, table
from daw_bridge.errors import UserError
from daw_bridge.jam.events import (
    Ahead,
    Changed,
    Event,
    Followed,
    HeardBar,
    Lost,
    Margin,
    Moved,
    Opened,
    Placed,
    PortOpened,
    Refused,
    Stopped,
    Tempo,
)
from daw_bridge.jam.prepared import Value
from daw_bridge.music.notes import Bar

MOST_BARS = 32
"""How many of the last bars are known."""


class State:
    """A watcher that knows how the jam is. Told in one thread, asked in any."""

    def __init__(self, name: str, file: JamFile) -> None:
        self.name = name
        self._lock = Lock()
        self._settings = {
            name_of(key): value for key, value in settings_of(file.model_dump(mode="json")).items()
        }
        self._bars: deque[Placed] = deque(maxlen=MOST_BARS)
        self._ahead: tuple[Bar, ...] = ()
        self._now: dict[str, Any] = {
            "name": name,
            "bar": None,
            "bars_ahead": 0,
            "song_bar": None,
            "tempo": file.bpm,
            "meter": str(file.meter),
            "rolling": True,
            "follows": None,
            "late_bars": 0,
            "margin_s": None,
            "ports": {},
            "lost": None,
            "heard": None,
            "refused": None,
            "stopped": None,
        }

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        told = _told(event)
        with self._lock:
            match event:
                case Changed(what, _, value) if _is_setting(name_of(what)):
                    self._settings[name_of(what)] = value
                case PortOpened(role, name):
                    self._now["ports"] = {**self._now["ports"], role: name}
                case Tempo(_, tempo_qpm):
                    self._settings["tempo"] = tempo_qpm
                case Placed(number, late=late):
                    if self._bars and self._bars[-1].number == number:
                        self._now["late_bars"] -= self._bars.pop().late
                    self._now["late_bars"] += late
                    self._bars.append(event)
                case Ahead(bars):
                    self._ahead = bars
            self._now |= told

    def bars(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Answer who asks for the last bars that were placed: each with its notes, in ticks.

        Who says that he asks for those that are `next` has the ones that are made after them.

        Raises:
            UserError: `count` is no number of bars, or `next` neither true nor false.
        """
        count = said.get("count")
        if type(count) is not int or not 1 <= count <= MOST_BARS:
            raise UserError(f"a count of bars, 1 to {MOST_BARS}", repr(count)[:40], "say another")
        of_next = said.get("next", False)
        if not isinstance(of_next, bool):
            raise UserError("true or false as `next`", repr(of_next)[:40], "say one of them")
        with self._lock:
            placed, ahead = list(self._bars), self._ahead
        if of_next:
            first = placed[-1].number + 1 if placed else 0
            return {"bars": [_bar(*each) for each in enumerate(ahead[:count], first)]}
        return {"bars": [_bar(each.number, each.bar) for each in placed[-count:]]}

    def note(self, **told: str | int) -> None:
        """Take in something else that is so from here on."""
        with self._lock:
            self._now |= told

    def setting(self, name: str) -> Value:
        """Return the value that a setting has now; None where it has none."""
        with self._lock:
            return self._settings.get(name)

    def settings(self) -> dict[str, Value]:
        """Return the values of all settings, by name."""
        with self._lock:
            return dict(self._settings)

    def status(self) -> dict[str, Any]:
        """Return all that is known, as JSON has it."""
        with self._lock:
            return {**self._now, "settings": plain(self._settings)}


def _bar(number: int, bar: Bar) -> dict[str, Any]:
    return {
        "number": number,
        "length": bar.meter.bar_length(),
        "notes": [
            [note.start, note.duration, note.pitch, note.velocity, note.voice] for note in bar.notes
        ],
    }


def _told(event: Event) -> dict[str, Any]:  # noqa: PLR0911  # a kind of event each
    """Return what an event says of how the jam is."""
    match event:
        case Opened(names):
            return {"ports": dict(names), "lost": None}
        case Lost(why):
            return {"lost": why}
        case Tempo(_, tempo_qpm):
            return {"tempo": tempo_qpm}
        case Placed(number, _, bar, _, song_bar):
            return {"bar": number, "song_bar": song_bar, "meter": str(bar.meter)}
        case Ahead(bars):
            return {"bars_ahead": len(bars)}
        case Moved(rolling=rolling):
            return {"rolling": rolling}
        case Followed(master):
            return {"follows": master}
        case Margin(last_s):
            return {"margin_s": last_s}
        case HeardBar(found=found):
            return {"heard": plain(found)}
        case Refused(what, why):
            return {"refused": {"what": name_of(what), "why": why}}
        case Stopped(why):
            return {"stopped": why}
    return {}


def _is_setting(name: str) -> bool:
    known = table().get(name)
    return "." in name or (known is not None and known.setting is not None)


def settings_of(data: Mapping[str, Any]) -> Mapping[str, Value]:
    """Return the settings of a jam, given as its file in JSON, by what events call them."""
    values = {**data, **data["limits"], "tempo": data["bpm"]}
    values |= {f"turns.{key}": value for key, value in data["turns"].items()}
    found = {
        each.key: values[each.key]
        for each in table().values()
        if each.setting is not None and each.key in values
    }
    found |= {f"conditions.{key}": value for key, value in data["conditions"].items()}
    for voice in data["voices"] or ():
        number = voice["voice"]
        found |= {f"voices.{number}.{key}": v for key, v in voice.items() if key != "voice"}
    return {key: tuple(v) if isinstance(v, list) else v for key, v in found.items()}
