"""The player's controllers, live: what is moved is told to the jam, and what changes is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

from daw_bridge.config.learnt import LearntFile
from daw_bridge.control.desk import Desk
from daw_bridge.control.learn import Learnt
from daw_bridge.control.names import name_of
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Heard, Show
from daw_bridge.jam.events import Changed, Event, News, Opened, Refused, Tempo, Took
from daw_bridge.jam.prepared import Value
from daw_bridge.music.time import Ticks

PLAYED, STATE = "in", "state"
"""The input that controllers come to, and the output that shows them the state."""

Save = Callable[[Iterable[LearntFile]], str]
"""Write down what is learnt; return where, for people."""


class Hands:
    """A watcher that hears controllers and shows them how settings are.

    Watched in one thread, asked in another.
    """

    def __init__(self, desk: Desk, learnt: Learnt, save: Save) -> None:
        self._desk = desk
        self._learnt = learnt
        self._save = save
        self._lock = Lock()
        self._shows = False

    def answer_learn(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Have the next control that is moved set a name, and what is learnt told as an event.

        Raises:
            UserError: the name is none, or it cannot be learnt.
        """
        with self._lock:
            return {"ok": f"learn.{self._learnt.learn(str(said.get('name')), said.get('value'))}"}

    def answer_forget(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Let no control set a name any more.

        Raises:
            UserError: none does, or that cannot be written.
        """
        with self._lock:
            name = self._learnt.forget(str(said.get("name")))
            return {"ok": name, "saved": self._save(self._learnt.files())}

    def answer_learnt(self, _said: Mapping[str, Any]) -> dict[str, Any]:
        """List what is learnt."""
        with self._lock:
            return {"learnt": self._learnt.listed()}

    def __call__(self, event: Event) -> None:
        """Hear what is moved, show what has changed."""
        match event:
            case Took(_, Heard(_, role, data)) if role == PLAYED:
                self._hear(data)
            case Opened(names):
                self._shows = STATE in dict(names)
                for name, value in self._desk.state.settings().items():
                    self._show(name, value)
            case Changed(what, _, value):
                self._show(name_of(what), value)
            case Tempo(_, tempo_qpm):
                self._show("tempo", tempo_qpm)

    def _hear(self, data: bytes) -> None:
        try:
            with self._lock:
                learnt = self._learnt.takes(data)
                said = self._learnt.take(data, self._desk.state.setting) if learnt is None else []
                saved = None if learnt is None else self._save(self._learnt.files())
        except UserError as error:
            self._desk(Refused("learn", str(error)))
            return
        if learnt is not None:
            name, control = learnt
            self._desk(Changed(f"learn.{name.name}", Ticks(0), str(control)))
            self._desk(News(f"{control} sets {name.name}; saved in {saved}"))
        for name, value in said:
            try:
                self._desk.put(name.command(value))
            except UserError as error:
                self._desk(Refused(name.key, str(error)))

    def _show(self, name: str, value: Value) -> None:
        with self._lock:
            messages = self._learnt.changed(name, value)
        for message in messages if self._shows else ():
            try:
                self._desk.put(Show(STATE, message))
            except UserError:  # a flood; the next change shows it
                return
