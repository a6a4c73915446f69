"""Changes of settings, looked up and loaded beside the music: what comes of them can be played."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue

from daw_bridge.config.changes import STAY, changed
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.preset_file import ALONE, PresetFile
from daw_bridge.daemon.settings import jam_of, settled
from daw_bridge.errors import UserError
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.commands import Change, Thing, name_of
from daw_bridge.jam.events import News, Refused, Watcher
from daw_bridge.jam.modes import CALLING, Clicks
from daw_bridge.jam.prepared import Prepared, Turn, Value
from daw_bridge.jam.relief import SoFar
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.song import Loop
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import NOTES, PortSpec

LOOK_S = 0.5
"""How often the file of a preset is looked at."""

_ROUTED = "voices", "mode", "turns"
"""Settings that say where voices go, clicks and the other player of a trade among them."""

_PACED = {"best_of", "judge", "mode", "model", "preset", "guidance", "bpm", "meter"}
"""Settings by which a bar may take longer, or has less time."""

_OWN = {"preset", "model", "drum_map"}
"""Names of what is looked up among files."""


class Changes:
    """Changes of a jam, each of what the ones before it have left; refused, or `put` as prepared.

    `first` is the part that plays first, and `begin` starts the feed of another one. `open_port`
    opens the output that a voice is to go to, unless it is open; `make_ready` has other instruments
    made ready, on which it is heard.

    `live` they are looked up in a thread of its own, in which the file of the preset is looked at
    as well: what is edited in it is a change, and nonsense is refused.
    """

    def __init__(
        self,
        part: Part,
        begin: Callable[[Part, SoFar], Feed],
        put: Callable[[Thing], None],
        tell: Watcher,
        *,
        open_port: Callable[[PortSpec], None],
        make_ready: Callable[[str], None] = lambda _kit: None,
        live: bool,
    ) -> None:
        self.first = self._latest = part
        self.begin = begin
        self._open_port, self._make_ready = open_port, make_ready
        self._put, self._tell, self._live = put, tell, live
        self._parts: dict[int, Part] = {}
        self._number = 0
        self._wanted: SimpleQueue[tuple[Change, Seconds] | None] = SimpleQueue()
        document = part.ready.file.document
        self._file = None if document is None else PresetFile(document)
        self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
        if live:
            self._thread.start()

    def want(self, change: Change, said_s: Seconds) -> None:
        """Have a change looked up that was said at a second; do not wait for it."""
        if self._live:
            self._wanted.put((change, said_s))
        else:
            self._try(change, said_s)

    def part(self, prepared: Prepared) -> Part:
        """Return what was prepared."""
        return self._parts.pop(prepared.number)

    def go_back(self, part: Part) -> None:
        """Change from here on a part that plays: what was prepared since then has failed."""
        self._latest = part

    def close(self) -> None:
        """Look nothing up any more."""
        self._wanted.put(None)

    def look_at_file(self) -> None:
        """Change what was edited in the file of the preset since the last look."""
        if self._file is None:
            return
        try:
            settings = self._file.edited()
        except UserError as error:
            self._tell(Refused("preset", str(error)))
            return
        if settings:
            self._try(Change(settings), where=partial(self._file.refused, settings))

    def _run(self) -> None:
        while True:
            with suppress(Empty):
                wanted = self._wanted.get(timeout=LOOK_S)
                if wanted is None:
                    return
                self._try(*wanted)
            self.look_at_file()

    def _try(
        self,
        change: Change,
        said_s: Seconds | None = None,
        where: Callable[[Exception], Exception] = lambda error: error,
    ) -> None:
        """Look a change up; `where` says of what is wrong with it where it stands."""
        try:
            prepared, part = self._prepare(change.settings, said_s)
        except UserError as error:
            self._tell(Refused(name_of(change), str(where(error))))
        except Exception as error:  # noqa: BLE001 - whatever it is, what plays goes on
            self._tell(Refused(name_of(change), f"{type(error).__name__}: {error}"))
        else:
            self._parts[prepared.number] = self._latest = part
            self._put(prepared)

    def _prepare(
        self, settings: tuple[tuple[str, Value], ...], said_s: Seconds | None
    ) -> tuple[Prepared, Part]:
        """Look up what a change comes to, and load its policy.

        Raises:
            UserError: it cannot be played.
        """
        from daw_bridge.daemon.source import bars_of  # noqa: PLC0415  numpy

        part = self._latest.with_settings(self._changed(settings))
        policy, ready = part.load(), part.ready
        bars_of(policy, ready.file, ready.primer)  # it tells what does not fit the model
        if self._live and not _PACED.isdisjoint(dict(settings)):
            part.check_pace()
        turn = self._turn(part, frozenset(dict(settings)))
        if ready.sound is not None and ready.sound != self._latest.ready.sound:
            self._make_ready(ready.sound.settings(turn.routes).kit)
        for each in _idle(ready.file, dict(settings)):
            self._tell(News(f"{each}: heard in {' and '.join(CALLING)} alone"))
        self._number += 1
        told, sha256 = ready.file.model_dump_json(), policy.card.weights_sha256
        return Prepared(self._number, settings, told, sha256, turn, said_s), part

    def _changed(self, settings: tuple[tuple[str, Value], ...]) -> JamFile:
        """Return all settings after a change."""
        file = self._latest.ready.file
        own = {name: _named(name, value) for name, value in settings if name in _OWN}
        if own:
            file = self._found(own)
        return changed(file, [each for each in settings if each[0] not in _OWN])

    def _found(self, own: Mapping[str, str]) -> JamFile:
        """Return a jam of another preset, model or drum map, whose routes are those of its model.

        Another model plays the same kit, and where it is heard: into the port of the first voice.
        """
        file = self._latest.ready.file
        jam = file
        if "preset" in own:
            kept = {name: value for name, value in file if name in STAY | ALONE}
            preset = load_jam(own["preset"])
            jam = JamFile(**{**dict(preset), **kept}).read_from(preset.document)
        options = {"model": own["model"]} if "model" in own else {}
        routed = jam.voices is not None and options.get("model", jam.model) == jam.model
        kits = [each.drum_map for each in file.voices or () if each.drum_map is not None]
        kit = own.get("drum_map") or (None if routed or not kits else kits[0])
        found, _, _ = settled(jam, options, drum_map=kit)
        voices = found.voices or ()
        if "drum_map" in own and all(each.drum_map is None for each in voices):
            raise UserError("a model of drums for a drum map", found.model, "leave the map out")
        if not routed:
            port = next((each.port for each in file.voices or ()), NOTES)
            voices = tuple(each.model_copy(update={"port": port}) for each in voices)
        return found.model_copy(update={"voices": voices}).read_from(jam.document)

    def _turn(self, part: Part, names: frozenset[str]) -> Turn:
        """Return what of the session is another, beside its policy.

        Raises:
            UserError: a voice goes to a port that cannot be opened, or there is no such drum map.
        """
        before, after = self._latest.ready.file, part.ready.file
        anew = not names.isdisjoint({"preset", "model"})
        routes: Mapping[int, Route] = {}
        if anew or any(getattr(after, each) != getattr(before, each) for each in _ROUTED):
            routes, ours = jam_of(part.ready).routes, jam_of(self._latest.ready).routes
            for role in dict.fromkeys(route.port for route in routes.values()):
                self._open_port(PortSpec.of(role))
            routes = {v: r for v, r in routes.items() if anew or r != ours.get(v)}
        return Turn(
            routes,
            anew,
            after.meter if after.meter != before.meter else None,
            after.bpm if after.bpm != before.bpm else None,
            Loop(after.loop) if after.loop != before.loop else None,
            after.interplay() if after.interplay() != before.interplay() else None,
        )


def _idle(file: JamFile, names: Iterable[str]) -> list[str]:
    """Return which settings nothing comes of: in this mode nobody is counted in, or called."""
    clicks = file.turns.metronome
    idle = {"turns.count_in": "count-in", "turns.metronome": f"metronome {clicks}"}
    if clicks in (Clicks.OFF, Clicks.ALWAYS):
        del idle["turns.metronome"]
    return [] if file.mode in CALLING else [idle[name] for name in names if name in idle]


def _named(name: str, value: Value) -> str:
    if not isinstance(value, str):
        raise UserError(f"the name of a {name.replace('_', ' ')}", repr(value), "give one")
    return value
