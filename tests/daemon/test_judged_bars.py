"""Bars that are undone, kept and rejected."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon.kept import KeptBars
from daw_bridge.daemon.settings import ready
from daw_bridge.daemon.turns import CHORDS, NOT_MADE, NOTHING_YET
from daw_bridge.jam.commands import (
    Change,
    Command,
    Keep,
    Reject,
    Undo,
)
from daw_bridge.jam.events import (
    Changed,
    Judged,
    Refused,
)
from daw_bridge.music.time import Ticks
from tests.daemon.changing import (
    BAR,
    BARS,
    bars_of,
    jam,
    of_kind,
    play,
)


def test_who_follows_a_player_has_no_bar_to_undo_and_says_what_to_do() -> None:
    followed = ready(load_jam("follow"), {"backend": "offline", "bars": 4})
    told = play(followed, {2: [Undo(), Reject()]})
    assert of_kind(told, Refused) == [Refused("undo", CHORDS), Refused("reject", CHORDS)]
    assert "set another seed, or mode" in CHORDS
    assert of_kind(told, Judged) == []  # and none is stored


def test_a_bar_that_is_played_once_more_is_not_rejected_and_none_is_stored(folder: Path) -> None:
    said = {1: [Keep()], 5: [Reject(), Undo()]}
    told = play(jam(folder, mode="loop", turns={"bars": "2"}), said)
    assert of_kind(told, Refused) == [Refused("reject", NOT_MADE), Refused("undo", NOT_MADE)]
    assert "say it in one that was" in NOT_MADE
    assert [each.kept for each in of_kind(told, Judged)] == [True]  # type: ignore[attr-defined]


def test_while_a_call_is_heard_nothing_is_rejected(folder: Path) -> None:
    told = play(jam(folder, mode="call-response"), {2: [Reject()]})
    assert of_kind(told, Refused) == [Refused("reject", NOT_MADE)]
    assert of_kind(told, Judged) == []


def test_a_bar_that_is_undone_is_made_otherwise(folder: Path) -> None:
    plain, told = bars_of(play(jam(folder))), play(jam(folder), {4: [Undo()]})
    bars = bars_of(told)
    assert of_kind(told, Changed) == [Changed("undo", Ticks(5 * BAR))]
    assert bars[:5] == plain[:5]
    assert bars[5] not in (plain[4], plain[5])
    assert len(bars) == BARS


def test_bars_are_judged_with_what_was_before_them_and_by_whose_settings(
    folder: Path, tmp_path: Path
) -> None:
    store = KeptBars(tmp_path / "kept.jsonl")
    change = Change((("seed", 9),))
    said: dict[int, list[Command]] = {4: [Keep()], 5: [Reject()], 0: [Keep(), Undo()]}
    told = play(jam(folder), {1: [change]}, store, placed=said)
    bars, judged = bars_of(told), of_kind(told, Judged)
    assert [(each.kept, each.bar) for each in judged] == [(True, bars[3]), (False, bars[4])]  # type: ignore[attr-defined]
    assert [each.before for each in judged] == [tuple(bars[:3]), tuple(bars[:4])]  # type: ignore[attr-defined]
    assert all('"seed": 9' in each.by for each in judged)  # type: ignore[attr-defined]
    assert of_kind(told, Refused) == [Refused(what, NOTHING_YET) for what in ("keep", "undo")]
    assert len((tmp_path / "kept.jsonl").read_bytes().splitlines()) == 2
    assert [each.what for each in of_kind(told, Changed)] == ["seed", "keep", "reject"]  # type: ignore[attr-defined]
