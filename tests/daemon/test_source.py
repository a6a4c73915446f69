"""Bars from a model: the same ones, however far ahead they are made and however often dropped."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.config.drawing import LimitsFile, PrimerFile
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.primer import primed
from daw_bridge.daemon.source import bars_of
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.frames import Frames
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource, Feed, InlineFeed, Left
from daw_bridge.jam.margins import MOST_AHEAD
from daw_bridge.jam.primer import NO_PRIMER, PrimedBars, Primer
from daw_bridge.jam.relief import NOTHING, SoFar
from daw_bridge.jam.worker import Worker
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.bars import REMEMBERED, PolicyBars
from daw_bridge.policies.load import load
from daw_bridge.policies.policy import Policy
from tests.tiny_model import policy_of, write_tiny_model

BEAT = ((36, 42), (), (42,), (), (38, 42), (), (42,), ()) * 4  # two bars
JAMS = {
    "plain": JamFile(model="tiny", seed=3),
    "limited": JamFile(model="tiny", limits=LimitsFile(density=3)),
    "the best of three": JamFile(model="tiny", best_of=3, judge="variety"),
    "after a primer": JamFile(model="tiny", primer=PrimerFile(drums=BEAT, keep=True)),
    "around a primer": JamFile(model="tiny", primer=PrimerFile(drums=BEAT, inject=True)),
}
BARS = 12


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    return load(write_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


def source(tiny: Policy, name: str, so_far: SoFar = NOTHING) -> PrimedBars:
    """Begin a jam, or go on with one."""
    file = JAMS[name]
    primer = primed(file, tiny.card, ())[1] if file.primer.drums else NO_PRIMER
    return bars_of(tiny, file, primer, so_far)


@pytest.fixture(scope="module")
def straight(tiny: Policy) -> dict[str, list[Bar]]:
    """Make the bars of each jam one after the other."""
    sources = {name: source(tiny, name) for name in JAMS}
    return {
        name: [bars.bar(Ask(number)) for number in range(BARS)] for name, bars in sources.items()
    }


def got(feed: Feed, made: threading.Semaphore, steps: Sequence[str]) -> list[Bar]:
    """Want, take and drop bars; return those that were taken."""
    taken: list[Bar] = []
    wanted = 0
    for step in steps:
        if step == "drop":
            feed.drop()
            wanted = len(taken)
        elif step == "want" and wanted < len(taken) + MOST_AHEAD + 1:
            feed.want(Ask(wanted))
            wanted += 1
        elif step == "take" and len(taken) < BARS:
            ask = Ask(len(taken))
            feed.want(ask)
            while (bar := feed.take(ask)) is None:
                assert made.acquire(timeout=10)
            taken.append(bar)
            wanted = max(wanted, len(taken))
    return taken


@pytest.mark.parametrize("name", JAMS)
@settings(max_examples=25)
@given(steps=st.lists(st.sampled_from(["want", "want", "take", "drop"]), max_size=40))
def test_a_drop_changes_no_bar(
    tiny: Policy, straight: dict[str, list[Bar]], name: str, steps: list[str]
) -> None:
    made = threading.Semaphore(0)
    worker = Worker(source(tiny, name), on_ready=lambda _number: made.release())
    worker.start()
    ahead = got(worker, made, steps)
    assert worker.stop()
    assert ahead == got(InlineFeed(source(tiny, name)), made, steps)
    assert ahead == straight[name][: len(ahead)]


def test_chance_has_its_say_in_these_bars(tiny: Policy, straight: dict[str, list[Bar]]) -> None:
    for bars in straight.values():
        assert len(set(bars)) > BARS // 2
    other = bars_of(tiny, JamFile(model="tiny", seed=4))
    assert [other.bar(Ask(number)) for number in range(BARS)] != straight["plain"]


def test_only_the_last_few_bars_can_be_asked_for_again(
    tiny: Policy, straight: dict[str, list[Bar]]
) -> None:
    plain = source(tiny, "plain")
    for number in range(BARS):
        plain.bar(Ask(number))
    back = BARS - REMEMBERED + 1
    for strange in (back - 1, BARS + 1):
        with pytest.raises(ValueError, match=f"from {back} to {BARS}, found {strange}"):
            plain.bar(Ask(strange))
    assert plain.bar(Ask(back)) == straight["plain"][back]
    assert REMEMBERED > MOST_AHEAD + 1


def test_what_goes_round_in_circles_does_so_also_where_bars_were_made_again(tiny: Policy) -> None:
    def drawn(ahead: int) -> list[Bar]:
        source = bars_of(tiny, JamFile(model="tiny", temperature=0.1, meter=Meter(1, 4)))
        bars = list[Bar]()
        for number in range(24):
            for more in range(ahead):  # made, dropped, and made again
                source.bar(Ask(number + more, meter=Meter(1, 4)))
            bars.append(source.bar(Ask(number, meter=Meter(1, 4))))
        return bars

    assert drawn(ahead=MOST_AHEAD) == drawn(ahead=0)


@pytest.mark.parametrize("name", ["plain", "limited", "the best of three", "after a primer"])
@pytest.mark.parametrize("number", [2, 7])
def test_a_policy_that_is_loaded_again_goes_on_as_the_one_before_would_have(
    tiny: Policy, straight: dict[str, list[Bar]], name: str, number: int
) -> None:
    after = source(tiny, name, SoFar(number, tuple(straight[name][:number])))
    assert [after.bar(Ask(each)) for each in range(number, BARS)] == straight[name][number:]


@pytest.mark.parametrize("name", JAMS)
@pytest.mark.parametrize("number", [3, 7])
def test_with_the_same_settings_nothing_changes_on_a_bar_line(
    tiny: Policy, straight: dict[str, list[Bar]], name: str, number: int
) -> None:
    before = source(tiny, name)
    for each in range(number + 2):  # it is ahead
        before.bar(Ask(each))
    primer = primed(JAMS[name], tiny.card, ())[1] if JAMS[name].primer.drums else NO_PRIMER
    file = replace_seed(JAMS[name], 3)
    left = SoFar(number, left=Left(before))
    after, other = bars_of(tiny, JAMS[name], primer, left), bars_of(tiny, file, primer, left)
    assert [after.bar(Ask(each)) for each in range(number, BARS)] == straight[name][number:]
    assert [other.bar(Ask(each)) for each in range(number, BARS)] != straight[name][number:]
    assert before.bar(Ask(number)) == straight[name][number]  # it has lost nothing of its own


def test_a_policy_that_was_loaded_again_is_the_same_and_hears_nothing_anew(
    tmp_path: Path, straight: dict[str, list[Bar]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_tiny_model(tmp_path / "tiny")
    before = bars_of(load(folder), JAMS["plain"])
    for each in range(5):
        before.bar(Ask(each))
    left, again = SoFar(5, tuple(straight["plain"][:5]), left=Left(before)), load(folder)
    monkeypatch.setattr(again, "step", None)  # it would be, to hear what was
    after = bars_of(again, JAMS["plain"], NO_PRIMER, left)
    monkeypatch.undo()
    assert [after.bar(Ask(each)) for each in range(5, BARS)] == straight["plain"][5:]


def replace_seed(file: JamFile, more: int) -> JamFile:
    return file.model_copy(update={"seed": file.seed + more})


def test_a_bar_that_is_undone_is_as_if_it_had_not_been(
    tiny: Policy, straight: dict[str, list[Bar]]
) -> None:
    before = source(tiny, "plain")
    for each in range(8):
        before.bar(Ask(each))
    heard = tuple(straight["plain"][:6])
    undone = bars_of(tiny, JAMS["plain"], NO_PRIMER, SoFar(7, undone=1, left=Left(before)))
    afresh = bars_of(tiny, JAMS["plain"], NO_PRIMER, SoFar(7, heard, undone=1))
    again = [undone.bar(Ask(each)) for each in range(7, BARS)]
    assert again == [afresh.bar(Ask(each)) for each in range(7, BARS)]
    assert again[0] != straight["plain"][6]
    assert again != straight["plain"][7:]
    assert undone.bar(Ask(6)) == straight["plain"][6]  # in its place after all
    assert undone.bar(Ask(7)) == straight["plain"][7]


@pytest.mark.parametrize("name", ["plain", "after a primer"])
def test_bars_that_another_made_are_heard(
    tiny: Policy, straight: dict[str, list[Bar]], name: str
) -> None:
    other = source(tiny, name, SoFar(4, tuple(straight[name][:4])))
    other.bar(Ask(4))
    other.bar(Ask(5))  # of no use any more
    told = Bar.of([Note(Ticks(0), 49, Ticks(60), 100)])
    for number, bar in ((4, straight[name][4]), (5, told)):
        other.hear(number, bar)
    heard = SoFar(6, (*straight[name][:5], told))
    afresh = source(tiny, name, heard)
    bars = [other.bar(Ask(number)) for number in range(6, BARS)]
    assert bars == [afresh.bar(Ask(number)) for number in range(6, BARS)]
    assert bars != straight[name][6:]


@pytest.mark.parametrize("name", ["plain", "after a primer"])
def test_who_goes_on_from_what_was_heard_can_hear_the_last_of_it_again_with_more_in_it(
    tiny: Policy, straight: dict[str, list[Bar]], name: str
) -> None:
    half = Bar.of([Note(Ticks(0), 36, Ticks(60), 100)])
    whole = Bar.of([*half.notes, Note(Ticks(960), 38, Ticks(60), 100)])
    goes_on = source(tiny, name, SoFar(4, (*straight[name][:3], half)))
    goes_on.bar(Ask(3, hears=True, heard=whole))
    afresh = source(tiny, name, SoFar(4, (*straight[name][:3], whole)))
    assert goes_on.bar(Ask(4)) == afresh.bar(Ask(4))


def test_a_players_chord_is_heard_whole_however_late_it_is_told() -> None:
    policy, file = policy_of(ChoirVoices()), JamFile(model="rolls")
    notes = (Note(Ticks(0), pitch, Ticks(960), 90, voice=15) for pitch in (48, 60, 64))
    chord = Ask(0, heard=Bar.of(notes), hears=True)  # its voices are a channel
    asked, told, deaf = (bars_of(policy, file) for _ in range(3))
    asked.bar(chord)
    deaf.bar(Ask(0, hears=True))
    left = Left(copy(told)).hearing(chord).source()
    InlineFeed(told).hear_player(chord)
    assert expects(told) == expects(left) == expects(asked) != expects(deaf)


def expects(bars: BarSource) -> list[float]:
    """Return what a policy expects to come next."""
    assert isinstance(bars, PrimedBars)
    assert isinstance(bars.source, PolicyBars)
    return [*map(float, bars.source.now[0])]


def test_bars_that_a_model_has_not_are_played_as_they_are_and_not_heard() -> None:
    policy, frame = policy_of(Frames()), Meter(1, 4)
    file = JamFile(model="rolls", meter=frame, primer=PrimerFile(pitches=(60,), keep=True))
    long = Bar.of([Note(Ticks(480), 60, Ticks(480), 100)])
    _, primer, _ = primed(file, policy.card, ())
    begun = bars_of(policy, file, replace(primer, bars=(*primer.bars, long)))
    assert [begun.bar(Ask(number, meter=frame)).meter for number in range(3)] == [
        frame,
        Meter(),
        frame,
    ]
    assert begun.bar(Ask(1, meter=frame)) == long
    alone = bars_of(policy, file, primer)
    assert begun.bar(Ask(2, meter=frame)) == alone.bar(Ask(1, meter=frame))


def test_a_bar_of_6_8_is_none_of_3_4_where_tokens_do_not_say_which() -> None:
    policy, waltz = policy_of(DrumText()), Meter(3, 4)
    file = JamFile(model="rolls", meter=waltz, primer=PrimerFile(drums=((36,),), keep=True))
    bars = (Bar.of([Note(Ticks(0), 36, Ticks(60), 100)], Meter(6, 8)),)
    begun = bars_of(policy, file, Primer(bars, keep=True))
    assert [str(begun.bar(Ask(n, meter=waltz)).meter) for n in range(2)] == ["6/8", "3/4"]


def test_a_model_of_bars_in_another_meter_is_refused() -> None:
    policy = policy_of(Frames())
    with pytest.raises(UserError, match="bars in 4/4, found one in 1/4"):
        bars_of(policy, JamFile(model="rolls"))
    frame = Meter(1, 4)
    source = bars_of(policy, JamFile(model="rolls", meter=frame))
    assert source.bar(Ask(meter=frame)).meter == frame


def test_a_model_without_styles_is_not_guided(tiny: Policy) -> None:
    with pytest.raises(UserError, match="told a style, or of drums, for guidance, found tiny"):
        bars_of(tiny, JamFile(model="tiny", guidance=2.0))
