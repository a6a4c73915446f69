"""Whatever is told, and wherever a DAW goes: no bar is lost, no note is left."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.play import logging
from daw_bridge.daemon.recording import Take, write_take
from daw_bridge.daemon.replay import replay
from daw_bridge.daemon.settings import jam_of
from daw_bridge.jam.commands import (
    Inbox,
    Located,
    SetMode,
)
from daw_bridge.jam.events import (
    Event,
    Fetched,
    Moved,
    Placed,
    Woke,
)
from daw_bridge.music.position import Position
from daw_bridge.music.time import Seconds, Ticks
from tests.daemon.changing import (
    BAR,
    Played,
    bars_of,
    jam,
    left_sounding,
    of_kind,
    play,
)
from tests.random_commands import kinds


@settings(max_examples=3, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_whatever_is_commanded_no_bar_is_lost_no_note_is_left_and_the_log_plays_the_same(
    folder: Path, seed: int
) -> None:
    chance, n_bars = Random(seed), 24  # noqa: S311  # it shakes a test, and keeps no secret
    choices = kinds(chance, (str(folder / "other"), "tiny", "lead"))
    given_at = {
        bar: [chance.choice(choices)() for _ in range(chance.choice((0, 1, 1, 3)))]
        for bar in range(n_bars)
    }
    with TemporaryDirectory() as name:
        log, take = Path(name) / "log.jsonl", Take()
        settled = jam(folder, bars=n_bars)
        logged = logging(log, settled, force=False)
        early, late = ({bar: given_at[bar] for bar in range(n, n_bars, 2)} for n in (0, 1))
        told = play(settled, late, logged, take, placed=early)
        logged.close()
        placed = {each.number: each for each in told if isinstance(each, Placed)}.values()
        assert len(bars_of(told)) == n_bars
        for one, following in pairwise(placed):
            assert following.tick == one.tick + one.bar.meter.bar_length()
        assert left_sounding(told) == 0
        write_take(take.lines, Path(name) / "take.mid", "tiny")
        again = replay(log, Path(name) / "again.mid")
        assert again.report.bars == n_bars
        assert (Path(name) / "again.mid").read_bytes() == (Path(name) / "take.mid").read_bytes()


@pytest.mark.parametrize("mode", ["call-response", "accompany", "loop"])
@pytest.mark.parametrize("live", [False, True])
def test_a_jam_with_a_player_goes_where_the_daw_goes(folder: Path, mode: str, live: bool) -> None:
    jammed = jam(folder, bars=40, **({} if live else {"mode": mode}))
    told: Played = []
    inbox, part, now = Inbox(), Part(jammed), [Seconds(0.0)]

    def watch(event: Event) -> None:
        told.append(event)
        if isinstance(event, Woke):
            now[0] = event.time_s
        if isinstance(event, Placed):
            if live and event.number == 3 and len(of_kind(told, Placed)) == 4:  # once
                inbox.put(SetMode(mode))
            if event.number in (15, 25):
                there = Ticks((event.number - 15) * BAR)
                inbox.put(Located("jack", Position(now[0], there, 200.0, rolling=True)))

    opening.jam(jam_of(jammed), part, again=part, watchers=[watch], inbox=inbox, part=part)
    assert len(of_kind(told, Moved)) == 2
    assert of_kind(told, Fetched)
    assert [each.error for each in of_kind(told, Fetched) if each.error] == []  # type: ignore[attr-defined]
    assert len(of_kind(told, Placed)) >= 40
    assert left_sounding(told) == 0
