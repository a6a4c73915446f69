"""A touch gives notes their velocities, and changes nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.source import bars_of
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.primer import NO_PRIMER, Primer
from daw_bridge.music.form import Kind, Label
from daw_bridge.music.loudness import Loudness, named, nearest
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks
from daw_bridge.policies.bars import REMEMBERED
from daw_bridge.policies.load import load
from daw_bridge.policies.lstm import LstmPolicy
from daw_bridge.policies.observe_touch import LOUD, Heard, drum_voices, observe, struck
from daw_bridge.policies.sampling import generator
from daw_bridge.policies.touch import ASKED, Touch, Velocities
from tests.tiny_touch import TOUCH, write_tiny_touch


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LstmPolicy:
    policy = load(write_tiny_touch(tmp_path_factory.mktemp("models") / "tiny"))
    assert isinstance(policy, LstmPolicy)
    return policy


@pytest.fixture(scope="module")
def touch(model: LstmPolicy) -> Touch:
    assert model.card.touch is not None
    return model.card.touch


def note(start: int, pitch: int = 60, velocity: int = 90, *, voice: int = 0) -> Note:
    return Note(Ticks(start), pitch, Ticks(120), velocity, voice)


def tune(*velocities: int) -> Bar:
    return Bar.of(note(480 * place, 60 + place, each) for place, each in enumerate(velocities))


def played(
    model: LstmPolicy, count: int = 6, primer: Primer = NO_PRIMER, **settings: object
) -> list[Bar]:
    jam = JamFile(model="tiny", seed=3, **settings)  # type: ignore[arg-type]
    source = bars_of(model, jam, primer)
    return [source.bar(Ask(number)) for number in range(count)]


def flat(bars: Sequence[Bar]) -> list[Bar]:
    return [Bar.of((replace(n, velocity=1) for n in bar.notes), bar.meter) for bar in bars]


def loud(bars: Sequence[Bar]) -> list[int]:
    return [n.velocity for bar in bars for n in bar.notes if not n.tied]


def test_notes_are_the_same_with_a_touch_and_without(model: LstmPolicy) -> None:
    plain = LstmPolicy.__new__(LstmPolicy)
    plain.__dict__ |= {**model.__dict__, "card": replace(model.card, touch=None)}
    with_touch, without = played(model), played(plain)
    assert flat(with_touch) == flat(without)
    assert len({*loud(without)}) <= 5 < len({*loud(with_touch)})


def test_the_same_bar_has_the_same_velocities_again(model: LstmPolicy) -> None:
    jam = JamFile(model="tiny", seed=3)
    source, straight = bars_of(model, jam), played(model, 12)
    for number in (0, 1, 2, 3, 2, 3, 1, *range(2, 12), 12 - REMEMBERED + 1):
        if number < 12:
            assert source.bar(Ask(number)) == straight[number]


def test_a_primer_is_heard_with_its_own_velocities(model: LstmPolicy) -> None:
    soft, hard = (played(model, 3, Primer((tune(*[v] * 4),))) for v in (20, 120))
    assert flat(soft) == flat(hard)
    assert loud(soft) != loud(hard)


def test_a_primer_that_is_kept_or_injected_keeps_its_velocities(model: LstmPolicy) -> None:
    given = tune(11, 22, 33, 44)
    assert played(model, 1, Primer((given,), keep=True)) == [given]
    (around,) = played(model, 1, Primer((given,), inject=True, keep=True))
    assert {(n.start, n.velocity) for n in around.notes} >= {(0, 11), (480, 22), (960, 33)}


def test_what_is_given_is_heard_as_it_was_given(touch: Touch) -> None:
    bars, given = tune(90, 90, 90, 90), {(0, 0, 60): 17}

    def rest(said: Velocities) -> list[int]:
        rng = generator(1)
        return loud([touch.play(bars, touch.initial_state(), rng, given=said)[0]])

    assert rest(given)[0] == 17
    assert rest(given)[1:] != rest({(0, 0, 60): 120})[1:]


def test_a_state_is_never_changed(touch: Touch) -> None:
    state = touch.hear(tune(30, 60, 90, 120), touch.initial_state())
    first = touch.play(tune(1, 1, 1, 1), state, generator(5))
    touch.play(tune(1, 1), state, generator(6))
    assert touch.play(tune(1, 1, 1, 1), state, generator(5))[0] == first[0]


def test_a_tie_is_as_loud_as_what_it_goes_on_from(touch: Touch) -> None:
    state = touch.hear(tune(30, 60, 90, 101), touch.initial_state())
    tied = Bar.of([Note(Ticks(0), 63, Ticks(480), 90, tied=True)])
    assert touch.play(tied, state, generator(1))[0].notes[0].velocity == 101


@pytest.mark.parametrize("seed", range(20))
def test_before_all_music_no_velocity_comes_again(touch: Touch, seed: int) -> None:
    one = Bar.of([note(0)])
    first, _ = touch.play(one, touch.initial_state(), generator(seed))
    assert 1 <= first.notes[0].velocity <= 127


def test_velocities_of_before_are_those_of_voice_of_all_and_of_the_bar_that_returns() -> None:
    heard = Heard()
    for each in (note(0, velocity=10), note(480, velocity=20, voice=1)):
        heard.take(each, each.velocity)
    heard = heard.closed()
    heard.take(note(0, velocity=30), 30)
    heard = heard.closed()
    assert heard.before(note(480, voice=1), 2) == (20, 30, 20)
    assert heard.before(note(480, voice=1), 0) == (20, 30, 0)
    assert heard.before(note(0, voice=2), 1) == (0, 30, 0)
    assert heard.before(note(0), 3) == (30, 30, 0)


def test_drums_have_no_pitch_and_a_class() -> None:
    drums = drum_voices(ChipVoices())
    assert (drums, drum_voices(Line())) == (frozenset({3}), frozenset())
    bar = Bar.of([note(0, 38, voice=3), note(120, 42, voice=3), note(0, 72)])
    rows = observe(bar, struck(bar), Heard(), Label(), None, drums)
    assert rows[:, 3].tolist() == [0.5, 0, 0]
    assert rows[:, 4].tolist() == [0, 0, 0]
    assert (rows[1] != rows[2]).any()


def test_loudness_and_form_are_told_of_every_note() -> None:
    bar = tune(1, 2)
    label = Label(Kind.NEW, phrase=3)
    told = observe(bar, struck(bar), Heard(), label, Loudness.F, frozenset())
    hidden = observe(bar, struck(bar), Heard(), Label(), None, frozenset())
    assert told[:, LOUD].tolist() == [[0, 0, 0, 0, 1, 0]] * 2
    assert not hidden[:, LOUD].any()
    changed = (told != hidden).sum(1).tolist()
    assert changed == [1 + 1 + 3] * 2  # the loudness, what it is, and its places of 8, 4 and 2


def test_loudness_changes_what_is_played(model: LstmPolicy) -> None:
    soft, hard, free = (played(model, loudness=each) for each in ("pp", "ff", "any"))
    assert flat(soft) == flat(hard) == flat(free)
    assert len({(*loud(soft),), (*loud(hard),), (*loud(free),)}) == 3


def test_a_loudness_that_is_told_no_more_leads_no_more(touch: Touch) -> None:
    given: Velocities = {(0, 480 * n, 60 + n): 50 + n for n in range(4)}
    bar, after = tune(50, 51, 52, 53), tune(1, 1, 1, 1)

    def played_after(first: Loudness | None, second: Loudness | None) -> list[int]:
        state = touch.initial_state()
        _, state = touch.play(bar, state, generator(1), loudness=first, given=given)
        return loud([touch.play(after, state, generator(2), loudness=second)[0]])

    assert played_after(Loudness.FF, None) == played_after(None, None)
    assert played_after(Loudness.FF, Loudness.FF) != played_after(None, None)


def test_a_loudness_leads_farther_than_it_was_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {name: np.zeros(size, np.float32) for name, size in Touch.shapes(**TOUCH).items()}
    hidden, told = TOUCH["hidden"], 3 * TOUCH["embedding"] + LOUD.start
    weights["layers.0.weight"][2 * hidden, told + Loudness.FF] = 9  # what is new, in the first cell
    weights["output.weight"][110, 0], weights["output.weight"][20, 0] = 20, -20
    weights["output.bias"][[20, 110]] = 20, 8
    touch, one = Touch(Line(), weights), Bar.of([note(0)])

    def velocity(loudness: Loudness | None, guidance: float = ASKED) -> int:
        state = touch.initial_state()
        bar, _ = touch.play(one, state, generator(1), loudness=loudness, guidance=guidance)
        return bar.notes[0].velocity

    assert [velocity(None), velocity(Loudness.PP), velocity(Loudness.FF)] == [20, 20, 110]
    assert velocity(Loudness.FF, guidance=1.0) == 20


def test_loudness_is_refused_where_there_is_no_touch(model: LstmPolicy) -> None:
    plain = LstmPolicy.__new__(LstmPolicy)
    plain.__dict__ |= {**model.__dict__, "card": replace(model.card, touch=None)}
    with pytest.raises(UserError, match=r"expected a model with a touch, found tiny: leave out"):
        played(plain, loudness="ff")


def test_words_of_loudness() -> None:
    assert named("any") is None
    assert [named(word) for word in ("pp", "mf", "ff")] == [0, 3, 5]
    assert [nearest(v) for v in (1, 50, 71.9, 72.1, 127)] == [0, 1, 2, 3, 5]


def test_a_touch_belongs_to_its_card(tmp_path: Path) -> None:
    folder = write_tiny_touch(tmp_path / "tiny")
    with (folder / "touch.safetensors").open("ab") as file:
        file.write(b"more")
    with pytest.raises(UserError, match=r"expected the weights of the card .*touch\.safetensors"):
        load(folder)
    (folder / "touch.safetensors").unlink()
    with pytest.raises(UserError, match=r"expected weights, found .*touch\.safetensors"):
        load(folder)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("hidden: 8\n  sha", "hidden: 9\n  sha", r"expected embedding|expected layers"),
        ("hidden: 8\n  sha", "hidden: eight\n  sha", r"touch\.hidden: expected a whole number"),
        ("hidden: 8\n  sha", "sha", r"touch\.hidden: expected a whole number"),
        ("touch:\n", "touch:\n  top_p: 1.1\n", r"touch\.top_p: expected a number above 0"),
        ("touch:\n  command: none\n", "touch: 4\nother:\n", r"touch: expected keys and values"),
    ],
)
def test_a_card_that_says_something_else_of_its_touch_is_refused(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    folder = write_tiny_touch(tmp_path / "tiny")
    card = (folder / "README.md").read_text()
    assert old in card
    (folder / "README.md").write_text(card.replace(old, new))
    with pytest.raises(UserError, match=what):
        load(folder)


def test_what_is_hardly_likely_is_not_drawn() -> None:
    weights = {name: np.zeros(size, np.float32) for name, size in Touch.shapes(**TOUCH).items()}
    weights["output.bias"][[20, 30, 40]] = 9, 8, 7
    one, drawn = Bar.of([note(0)]), dict[float, set[int]]()
    for top_p in (1.0, 0.6):
        touch = Touch(Line(), weights, top_p)
        state = touch.initial_state()
        played = (touch.play(one, state, generator(seed))[0] for seed in range(60))
        drawn[top_p] = {bar.notes[0].velocity for bar in played}
    assert drawn[0.6] == {20}
    assert drawn[1.0] >= {20, 30}


def test_every_note_draws_from_the_bars_own_numbers(touch: Touch) -> None:
    drawn = {
        seed: loud([touch.play(tune(1, 1, 1, 1), touch.initial_state(), generator(seed))[0]])
        for seed in range(12)
    }
    assert len({tuple(each) for each in drawn.values()}) > 6
    assert np.std([each[0] for each in drawn.values()]) > 0
