"""What music is paid for: terms by name, clear errors, and rates that more notes do not raise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks
from daw_bridge.registry import REWARDS

pytest.importorskip("gymnasium", reason="needs the rl extra")

from daw_bridge.config.rewards import RewardsFile, TermFile, load_rewards
from daw_bridge.envs import drum_rules, rewards
from daw_bridge.envs.rewards import Known, Music, Rewards
from daw_bridge.evaluation.diversity import bar_shape

KICK, SNARE, HAT, OPEN, TOM, RIDE = 36, 38, 42, 46, 45, 51


def drums(*hits: tuple[int, int], meter: Meter = Meter()) -> Bar:
    return Bar.of((Note(Ticks(s * SIXTEENTH), p, Ticks(60), 90) for s, p in hits), meter)


def tune(*pitches: int) -> Bar:
    notes = (Note(Ticks(k * SIXTEENTH), p, SIXTEENTH, 80) for k, p in enumerate(pitches))
    return Bar.of(notes, Meter())


def test_backbeat() -> None:
    beat = drums((0, KICK), (4, SNARE), (12, SNARE))
    half = drums((0, KICK), (4, SNARE))
    three = drums((0, KICK), meter=Meter(3, 4))
    assert drum_rules.backbeat([beat, half, three]) == 1 / 2
    assert drum_rules.backbeat([three]) == 0


def test_fills_end_phrases() -> None:
    plain, fill = drums((0, KICK)), drums((0, KICK), (12, TOM), (14, TOM))
    assert drum_rules.fills([plain, plain, plain, fill, fill, plain, plain, plain]) == 1 / 2
    assert drum_rules.fills([fill] * 4) == 0
    assert drum_rules.fills([plain] * 3) == 0


def test_four_limbs() -> None:
    assert drum_rules.playable([drums((0, KICK), (0, SNARE), (0, HAT))]) == 1
    three_hands = drums((0, SNARE), (0, HAT), (0, TOM), (4, KICK))
    assert drum_rules.playable([three_hands]) == 1 / 2
    assert drum_rules.playable([drums((0, HAT), (0, OPEN))]) == 0


def test_bars_are_alike_by_what_the_phrase_before_struck() -> None:
    rest, one, two = drums(), drums((0, KICK)), drums((0, KICK), (4, SNARE))
    assert drum_rules.alike([two, one, rest, rest, two, two, rest, rest]) == (1 + 1 / 2) / 2
    assert drum_rules.alike([two, two, two, two]) == 0
    assert drum_rules.alike([two, rest, rest, rest, drums((1, KICK))]) == 0


def test_hits_are_uneven_where_the_phrase_before_struck_them_otherwise() -> None:
    def struck(velocity: int, *hits: tuple[int, int]) -> Bar:
        bar = drums(*hits)
        return replace(bar, notes=tuple(replace(n, velocity=velocity) for n in bar.notes))

    loud, soft = struck(100, (0, KICK), (4, SNARE)), struck(40, (0, KICK), (2, KICK))
    assert drum_rules.uneven([loud, loud, soft, soft, soft, loud]) == pytest.approx(30 / 127)
    assert drum_rules.uneven([loud] * 5) == 0
    assert drum_rules.uneven([loud] * 4) == 0
    assert drum_rules.uneven([loud, soft, soft, soft, drums((8, HAT))]) == 0


def test_every_reward_has_its_function() -> None:
    known = Known(frozenset(), (tune(60),), (), lambda _: -1.0)
    music = Music([tune(60, 62, 64), drums((0, KICK))], Key(0), 0.7, known)
    for name in REWARDS:
        assert isinstance(float(REWARDS[name](music)), float), name
    assert rewards.prior(music) == -0.7
    assert rewards.discriminator(music) == -1


def test_novelty_is_the_share_of_unknown_bars() -> None:
    known = Known(frozenset({bar_shape(tune(60, 62)) or b""}))
    assert rewards.novelty(Music([tune(65, 67), tune(60, 64), tune()], known=known)) == 1 / 2


def test_preference_goes_to_what_is_like_what_was_kept() -> None:
    kept, rejected = tune(60, 62, 64), tune(61, 66, 70)
    known = Known(kept=(kept,), rejected=(rejected,))
    assert rewards.preference(Music([kept], known=known)) == pytest.approx(1)
    assert rewards.preference(Music([rejected], known=known)) == pytest.approx(-1)
    assert rewards.preference(Music([tune(65)], known=known)) == 0
    assert rewards.preference(Music([kept])) == 0
    assert rewards.preference(Music([])) == 0


def test_what_was_not_asked_for_cannot_be_paid() -> None:
    with pytest.raises(ValueError, match="expected nats"):
        rewards.prior(Music([tune(60)]))
    with pytest.raises(ValueError, match="expected a listener"):
        rewards.discriminator(Music([tune(60)]))


def test_terms_are_weighed_capped_and_near() -> None:
    terms = {
        "repeats": TermFile(weight=-2),
        "returns": TermFile(weight=10, most=0.3),
        "notes": TermFile(weight=1, near=4, within=1),
    }
    paid = Rewards(terms).paid
    assert paid({"repeats": 0.5, "returns": 0.9, "notes": 7.5}) == pytest.approx(-1 + 3 - 2.5)
    assert paid({"repeats": 0, "returns": 0.1, "notes": 3}) == pytest.approx(1)


def test_more_of_the_same_earns_nothing() -> None:
    """The reward that was hacked was a sum: a melody twice as long earned twice as much."""
    bars: Sequence[Bar] = [tune(60, 62, 64, 62, 67, 60), tune(62, 64, 65, 64)]
    file = load_rewards("lead")
    shares = [name for name in file.terms if name not in ("returns", "notes")]
    one, more = (Rewards.of(file).rates(Music([*bars] * n)) for n in (32, 128))
    assert {name: more[name] for name in shares} == pytest.approx(
        {name: one[name] for name in shares}, abs=0.03
    )


def test_a_reward_that_is_no_number_is_told() -> None:
    terms = {"discriminator": TermFile(weight=1)}
    music = Music([tune(60)], known=Known(pred_real=lambda _: float("nan")))
    with pytest.raises(UserError, match="discriminator of nan"):
        Rewards(terms)(music)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x\nterms:\n  retuns: {weight: 1}\n", "did you mean 'returns'"),
        ("title: x\nterms:\n  returns: {weight: .nan}\n", "returns"),
        ("title: x\nterms:\n  returns: {wieght: 1}\n", "did you mean 'weight'"),
        ("title: x\nterms: {}\n", "terms"),
    ],
)
def test_a_file_that_is_wrong_is_told_by_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=said) as caught:
        load_rewards(str(path))
    assert str(path) in str(caught.value)


def test_presets_are_files_of_their_schema() -> None:
    file = load_rewards("lead")
    assert isinstance(file, RewardsFile)
    assert replace(Rewards.of(file), terms={})(Music([tune(60)])) == 0
