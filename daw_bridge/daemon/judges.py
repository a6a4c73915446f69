"""Which of several takes, or of several bars to come, is the best: each judge marks one."""

from __future__ import annotations

from collections.abc import Mapping

from daw_bridge.config.files import find, names
from daw_bridge.evaluation.bar_table import BarTable
from daw_bridge.policies.candidates import Candidate, Judge
from daw_bridge.policies.card import Card, read
from daw_bridge.policies.load import vocabulary_of
from daw_bridge.policies.mix import KEY
from daw_bridge.policies.policy import Policy


def likelihood(policy: Policy) -> Judge:
    """Mark what the model itself finds likely: nats for each of its tokens, below 0.

    The likeliest take is often the one that dares the least; see `typical`.
    """
    del policy
    return lambda candidate: -candidate.surprise()


def typical(policy: Policy) -> Judge:
    """Mark what surprises the model as much as real music does: neither dull nor astray.

    How much that is, the model's card says of its validation, or that of what it was tuned from.
    """
    figures = _validation(policy.card)
    usual = float(figures.get("token_nats", figures.get("word_nats", 1.0)))
    return lambda candidate: -abs(candidate.surprise() - usual)


def _validation(card: Card) -> Mapping[str, float]:
    found: Mapping[str, float] = card.facts.get("figures", {}).get("validation", {})
    if found or KEY not in card.facts:
        return found
    return _validation(read(find("models", card.facts[KEY]["model"])))


def variety(policy: Policy) -> Judge:
    """Mark how many of the bars are different, as a share of all."""
    kind = vocabulary_of(policy.card).kind

    def mark(candidate: Candidate) -> float:
        table = BarTable.of(candidate.bars, kind, None)
        return len(set(table.first.tolist())) / max(len(table), 1)

    return mark


def rewards(policy: Policy) -> Judge:
    """Mark what a preset of rewards pays: that of the model's name, else for drums, or a lead.

    What a listener would pay is left out: it has learnt in turn with a model that was tuned, and
    is not there.

    Raises:
        UserError: the extra `rl` is not installed, or the preset asks for what is not there.
    """
    from daw_bridge.config.rewards import load_rewards  # noqa: PLC0415
    from daw_bridge.envs.known import known_of  # noqa: PLC0415  # needs the extra `rl`
    from daw_bridge.envs.rewards import Music, Rewards  # noqa: PLC0415
    from daw_bridge.music.keys import Key  # noqa: PLC0415

    usual = "drums" if vocabulary_of(policy.card).kind == "drums" else "lead"
    own = policy.card.name if policy.card.name in names("presets/rewards") else usual
    file = load_rewards(own)
    paid, known = Rewards.of(file).without("discriminator"), known_of(file, policy.card)
    paid.check(known)
    return lambda candidate: paid(Music(candidate.bars, candidate.key or Key(0), known=known))
