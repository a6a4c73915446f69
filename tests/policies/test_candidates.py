"""The best of several bars: a judge picks one, and the music goes on from that one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from daw_bridge.config.files import shipped_folder
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.line import Line
from daw_bridge.evaluation.likelihood import surprise
from daw_bridge.jam.ask import Ask
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.policies.bars import PolicyBars
from daw_bridge.policies.candidates import ONE, Candidate, Choice
from daw_bridge.policies.load import codec_of, load
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.sampling import Sampler
from tests.tiny_model import policy_of

CODEC = Line(Key(0))
SEED = 5


def bars_of(choice: Choice = ONE, codec: Codec = CODEC) -> PolicyBars:
    return PolicyBars(policy_of(codec), codec, Sampler(seed=SEED), choice=choice)


def most_notes(candidate: Candidate) -> float:
    return len(candidate.bars[-1].notes)


def seen(by: Callable[[Candidate], float] = most_notes) -> tuple[Choice, list[Candidate]]:
    """Return a choice, and where the candidates of it are noted."""
    noted: list[Candidate] = []

    def judge(candidate: Candidate) -> float:
        noted.append(candidate)
        return by(candidate)

    return Choice(4, judge), noted


def test_the_bar_is_the_one_that_is_marked_highest() -> None:
    choice, noted = seen()
    source = bars_of(choice)
    for number in range(3):
        noted.clear()
        bar = source.bar(Ask(number))
        assert len({each.bars[-1] for each in noted}) > 1
        assert len(bar.notes) == max(map(most_notes, noted))


def test_the_first_candidate_is_what_is_drawn_where_there_is_one() -> None:
    choice, noted = seen()
    bars_of(choice).bar(Ask(0))
    assert noted[0].bars[-1] == bars_of().bar(Ask(0))
    equal = bars_of(Choice(4, lambda _: 1.0))
    plain = bars_of()
    assert [equal.bar(Ask(n)) for n in range(4)] == [plain.bar(Ask(n)) for n in range(4)]


def test_the_music_goes_on_from_the_bar_that_was_picked() -> None:
    marks = count()
    choice, noted = seen(lambda _: next(marks))  # the last one is the best
    source = bars_of(choice)
    picked = source.bar(Ask(0))
    assert picked != noted[0].bars[-1]
    noted.clear()
    source.bar(Ask(1))
    heard = bars_of()
    heard.hear(0, picked)
    assert noted[0].bars[-1] == heard.bar(Ask(1))
    assert noted[0].bars == [picked, heard.bar(Ask(1))]


def test_a_bar_that_is_asked_for_again_is_the_same() -> None:
    source = bars_of(Choice(3, most_notes))
    bars = [source.bar(Ask(number)) for number in range(6)]
    assert source.bar(Ask(2)) == bars[2]
    assert [source.bar(Ask(number)) for number in (3, 4, 5)] == bars[3:]


def test_a_judge_sees_the_last_eight_bars() -> None:
    choice, noted = seen()
    source = bars_of(choice)
    bars = [source.bar(Ask(number)) for number in range(10)]
    assert noted[-1].bars[:-1] == bars[2:9]
    assert noted[0].key == Key(0)


@pytest.mark.parametrize("name", ["lead", "groove-drums", "chip"])
def test_what_surprises_is_measured_as_elsewhere(name: str) -> None:
    policy: Policy = load(shipped_folder() / "models" / name)
    codec = codec_of(policy.card)
    choice, noted = seen()
    PolicyBars(policy, codec, Sampler(seed=1), choice=choice).bar(Ask(0))
    for each in noted[:2]:
        assert each.surprise() == pytest.approx(surprise(policy, codec, each.bars, 120), rel=1e-4)


def test_one_that_goes_round_in_circles_is_picked_last() -> None:
    def quiet(candidate: Candidate) -> float:
        return -len(candidate.bars[-1].notes)

    codec = DrumGrid()
    cold = PolicyBars(policy_of(codec), codec, Sampler(0.0), choice=Choice(2, quiet))
    bars: list[Bar] = [cold.bar(Ask(number)) for number in range(6)]
    assert cold.drawn_again > 0
    assert len(set(bars)) > 1
