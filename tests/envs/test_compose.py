"""Composing is an environment like others: checked, seeded, and what it pays is what was played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks

pytest.importorskip("gymnasium", reason="needs the rl extra")

import gymnasium
from gymnasium.utils.env_checker import check_env

import daw_bridge.envs  # noqa: F401  # registers
from daw_bridge.config.files import shipped_folder
from daw_bridge.daemon.kept import KeptBar
from daw_bridge.envs.rewards import Known, Music
from daw_bridge.policies.load import load
from daw_bridge.registry import REWARDS

NAME = "daw_bridge/Compose-v0"


def made(**settings: Any) -> Any:
    return gymnasium.make(NAME, **settings).unwrapped


def rollout(env: Any, seed: int) -> tuple[list[Any], float, dict[str, Any]]:
    """Play by chance among what may come next."""
    rng = np.random.default_rng(seed)
    observed, info = env.reset(seed=seed)
    seen, ended, paid = [observed.tolist()], False, 0.0
    while not ended:
        token = rng.choice(np.flatnonzero(info["action_mask"]))
        observed, paid, ended, cut, info = env.step(token)
        assert not cut
        seen.append(observed.tolist())
    return seen, paid, info


@pytest.mark.parametrize(
    ("model", "rewards"),
    [("lead", "lead"), ("groove-drums", "drums"), ("chip", "rl-tuner"), ("chorale", "lead")],
)
def test_it_is_an_environment(model: str, rewards: str) -> None:
    check_env(made(model=model, rewards=rewards, bars=1))
    env = made(model=model, rewards=rewards, bars=2)
    seen, paid, info = rollout(env, 3)
    assert (seen, paid) == rollout(env, 3)[:2]
    assert len(info["bars"]) == 2
    assert paid == pytest.approx(env.rewards(Music(info["bars"])))
    assert set(info["rates"]) == set(env.rewards.terms)
    assert not info["action_mask"].any()


def test_what_is_seen_is_the_tokens_so_far() -> None:
    env = made(bars=1, window=40)
    seen, _, info = rollout(env, 1)
    (bar,) = info["bars"]
    tokens = [env.codec.start_token, *env.codec.encode(bar).tolist()]
    assert seen[-1] == [env.codec.vocab_size] * (40 - len(tokens)) + tokens


def test_a_primer_is_heard_and_drawn_by_the_seed() -> None:
    primers = [[Bar.of([Note(Ticks(0), pitch, SIXTEENTH, 80)], Meter())] for pitch in range(60, 70)]
    env = made(primers=primers)
    first = {seed: env.reset(seed=seed)[0].tolist() for seed in range(8)}
    assert first == {seed: env.reset(seed=seed)[0].tolist() for seed in range(8)}
    assert len({tuple(tokens) for tokens in first.values()}) > 2
    assert any(token in first[0] for token in range(60, 70))


@pytest.mark.parametrize("token", [None, -1, 10_000])
def test_a_token_that_may_not_come_next_ends_the_piece(token: int | None) -> None:
    env = made(bars=1)
    _, info = env.reset(seed=0)
    token = int(np.flatnonzero(info["action_mask"] == 0)[0]) if token is None else token
    _, paid, ended, _, info = env.step(token)
    assert (paid, ended, info["forbidden"]) == (-1, True, token)
    with pytest.raises(UserError, match="reset"):
        env.step(token)


@pytest.mark.parametrize("action", ["a", None, 1.5, float("nan"), [1, 2]])
def test_an_action_that_is_no_token_is_refused(action: Any) -> None:
    env = made(bars=1)
    env.reset(seed=0)
    with pytest.raises(UserError, match="an action that is a token"):
        env.step(action)


def test_the_prior_is_that_of_the_model(tmp_path: Path) -> None:
    path = tmp_path / "prior.yaml"
    path.write_text("title: x\nterms:\n  prior: {weight: 1}\n")
    env = made(bars=2, rewards=str(path), key="A minor")
    _, paid, info = rollout(env, 5)
    policy = load(shipped_folder() / "models" / "lead")
    logits, state = policy.step(env.codec.start_token, policy.initial_state())
    logs = []
    for bar in info["bars"]:
        grammar = env.codec.grammar(Meter())
        for token in env.codec.encode(bar).tolist():
            allowed = np.where(grammar.allowed(), logits.astype(np.float64), -np.inf)
            logs.append(allowed[token] - np.logaddexp.reduce(allowed))
            grammar.push(token)
            logits, state = policy.step(token, state)
    assert paid == pytest.approx(np.mean(logs))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model": "leed"}, "did you mean 'lead'"),
        ({"rewards": "leed"}, "did you mean 'lead'"),
        ({"bars": 0}, "bars of 1"),
        ({"bars": 1.5}, "bars of 1 to [0-9]+, found 1.5"),
        ({"bars": "2"}, "bars of 1"),
        ({"window": 0}, "window of 1"),
        ({"conditions": {"stile": "jazz"}}, "style"),
        ({"primers": [[3, 4, 5]]}, "primers of bars, found one of int"),
        ({"primers": [[Bar(meter=Meter(17, 16))]]}, "a primer in a meter of the model"),
        (
            {
                "model": "groove-drums",
                "rewards": "drums",
                "primers": [[Bar.of([Note(Ticks(0), 100, SIXTEENTH, 80)])]],
            },
            "none of its notes",
        ),
    ],
)
def test_what_is_not_there_is_told(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        made(**settings)


def test_a_reward_needs_its_listener(tmp_path: Path) -> None:
    path = tmp_path / "listened.yaml"
    path.write_text("title: x\nterms:\n  discriminator: {weight: 1}\n")
    with pytest.raises(UserError, match="a listener"):
        made(rewards=str(path))
    env = made(rewards=str(path), bars=1, known=Known(pred_real=lambda bars: -float(len(bars))))
    assert rollout(env, 0)[1] == -1
    assert "discriminator" in REWARDS
    assert env.music().key == Key(0)


def test_bars_that_were_kept_and_rejected_pay(tmp_path: Path) -> None:
    path, judged = tmp_path / "liked.yaml", tmp_path / "kept.jsonl"
    path.write_text(f"title: x\nkept: {judged}\nterms:\n  preference: {{weight: 1}}\n")
    with pytest.raises(UserError, match=r"bars of lead that were kept or rejected.*none in"):
        made(rewards=str(path))
    good, bad = (Bar.of([Note(Ticks(0), pitch, SIXTEENTH, 80)]) for pitch in (60, 61))
    about = {"jam": "a", "tick": 0, "sha256": "0", "settings": {}, "before": (), "played": None}
    said = [
        KeptBar(bar=bar, kept=kept, model=model, **about)  # type: ignore[arg-type]
        for bar, kept, model in ((good, True, "lead"), (bad, False, "lead"), (bad, True, "chip"))
    ]
    judged.write_text("".join(f"{each.model_dump_json()}\n" for each in said))
    env = made(rewards=str(path), bars=1)
    known = rollout(env, 0) and env.music().known
    assert (known.kept, known.rejected) == ([good], [bad])
    assert env.rewards(Music([good], known=known)) == pytest.approx(1)


def test_novelty_needs_what_was_learnt(tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    path.write_text("title: x\nterms:\n  novelty: {weight: 1}\n")
    with pytest.raises(UserError, match="the music that was learnt"):
        made(rewards=str(path))
    made(rewards=str(path), known=Known(frozenset({b"x"})))
