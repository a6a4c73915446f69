"""Changes that are looked up beside the music: said, or edited in the file of a preset."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon import changes
from daw_bridge.daemon.changes import Changes
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.settings import Ready, ready
from daw_bridge.errors import UserError
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.commands import (
    Change,
    Inbox,
    Thing,
)
from daw_bridge.jam.events import (
    Event,
    Refused,
)
from daw_bridge.jam.prepared import Prepared
from daw_bridge.jam.relief import SoFar
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PortSpec
from tests.daemon.changing import (
    jam,
    of_kind,
)


def test_a_port_that_cannot_be_opened_is_refused_and_the_old_route_stays(folder: Path) -> None:
    def full(spec: PortSpec) -> None:
        if spec.role == "to FLUID":
            raise UserError("a port whose name contains 'FLUID'", "no port at all", "see")
        assert spec.other is None

    stage = Stage(jam(folder), open_port=full)
    stage.changes.want(Change((("voices.0.port", "to FLUID"),)), Seconds(0.0))
    (refused,) = stage.told
    assert isinstance(refused, Refused)
    assert "contains 'FLUID'" in refused.why
    stage.changes.want(Change((("voices.0.channel", 3),)), Seconds(0.0))
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    assert {route.port for route in prepared.turn.routes.values()} == {"notes"}


class Stage:
    """Changes, and what comes of them."""

    def __init__(
        self, jam: Ready, *, live: bool = False, open_port: Callable[[PortSpec], None] = print
    ) -> None:
        self.inbox = Inbox()
        self.told: list[Event] = []
        self.something = threading.Event()
        self.changes = Changes(
            Part(jam), self.begin, self.inbox.put, self.tell, open_port=open_port, live=live
        )

    def tell(self, event: Event) -> None:
        self.told.append(event)
        self.something.set()

    def begin(self, part: Part, so_far: SoFar) -> Feed:
        raise AssertionError(f"nothing plays here: {part} {so_far}")

    def prepared(self) -> list[Thing]:
        return self.inbox.take()


PRESET = "model: {}\ntemperature: {}\n"


def test_a_preset_that_is_edited_while_it_plays(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(PRESET.format(folder / "tiny", 0.9))
    stage = Stage(ready(load_jam(str(path)), {"top_p": 0.7}))
    stage.changes.look_at_file()
    assert (stage.prepared(), stage.told) == ([], [])
    path.write_text(PRESET.format(folder / "tiny", "very hot indeed") + "tempreture: 3\n")
    for _ in range(3):
        stage.changes.look_at_file()
    (refused,) = stage.told  # once
    assert isinstance(refused, Refused)
    assert (refused.what, stage.prepared()) == ("preset", [])
    assert "mine.yaml:2: temperature: expected a number" in refused.why
    assert "mine.yaml:3: tempreture: unknown key; did you mean 'temperature'?" in refused.why
    path.unlink()
    stage.changes.look_at_file()
    path.write_text(PRESET.format(folder / "tiny", 0.25))
    stage.changes.look_at_file()
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    assert prepared.changed == (("temperature", 0.25),)
    file = stage.changes.part(prepared).ready.file
    assert (file.temperature, file.top_p) == (0.25, 0.7)  # what was set otherwise stays
    path.write_text(PRESET.format(folder / "other", 0.25) + "bpm: 90\nsync: jack\n")
    stage.changes.look_at_file()
    assert "mine.yaml:4: expected a setting that changes" in stage.told[-1].why  # type: ignore[union-attr]
    assert "found sync" in stage.told[-1].why  # type: ignore[union-attr]
    path.write_text(PRESET.format(folder / "other", 0.5) + "bpm: 90\n")
    stage.changes.look_at_file()
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    part = stage.changes.part(prepared)
    assert (part.ready.folder.name, part.ready.file.bpm) == ("other", 90.0)
    assert prepared.turn.all_routes


@pytest.mark.parametrize(
    ("edited", "words"),
    [
        ("meter: 17/4\n", "mine.yaml:3: expected a meter of 1..16 halves"),
        (
            "bpm: 90\nconditions:\n  style: nope\n",
            "mine.yaml:3,5: style: expected a style",
        ),
    ],
)
def test_what_is_edited_and_cannot_be_played_is_refused_by_its_line(
    folder: Path, tmp_path: Path, edited: str, words: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(PRESET.format(folder / "tiny", 0.9))
    stage = Stage(ready(load_jam(str(path)), {}))
    path.write_text(PRESET.format(folder / "tiny", 0.9) + edited)
    stage.changes.look_at_file()
    (refused,) = stage.told
    assert isinstance(refused, Refused)
    assert words in refused.why
    assert stage.prepared() == []


def test_live_the_file_of_a_preset_is_looked_at_again_and_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LOOK_S", 0.001)
    path, draft = tmp_path / "mine.yaml", tmp_path / "draft.yaml"
    path.write_text(PRESET.format(folder / "tiny", 0.9))
    stage = Stage(ready(load_jam(str(path)), {}), live=True)
    draft.write_text(": nonsense [")
    draft.replace(path)
    assert stage.something.wait(30)
    draft.write_text(PRESET.format(folder / "tiny", 0.5))
    draft.replace(path)
    assert stage.inbox.wait(30)
    stage.changes.close()
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    assert prepared.changed == (("temperature", 0.5),)
    (refused,) = stage.told
    assert isinstance(refused, Refused)
    assert "mine.yaml" in refused.why


def test_live_a_change_is_looked_up_beside_the_music(folder: Path) -> None:
    stage = Stage(jam(folder), live=True)
    stage.changes.want(Change((("seed", -1),)), Seconds(1.0))
    stage.changes.want(Change((("seed", 7),)), Seconds(2.0))
    assert stage.inbox.wait(30)
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    assert prepared.changed == (("seed", 7),)
    assert [each.what for each in of_kind(stage.told, Refused)] == ["seed"]  # type: ignore[attr-defined]
    stage.changes.close()
