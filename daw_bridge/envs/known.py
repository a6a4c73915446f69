"""What a preset of rewards has to know of the world: bars that a player kept and rejected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from daw_bridge.config.rewards import RewardsFile
from daw_bridge.daemon.kept import kept_path, read
from daw_bridge.envs.rewards import NOTHING, Known
from daw_bridge.errors import UserError
from daw_bridge.policies.card import Card
from daw_bridge.policies.mix import KEY


def known_of(file: RewardsFile, card: Card, known: Known = NOTHING) -> Known:
    """Add to what is known the bars of a model, or of what it was tuned from, that were judged.

    Raises:
        UserError: `preference` is paid, and the file is damaged or has none of this model.
    """
    if "preference" not in file.terms or known.kept or known.rejected:
        return known
    path = kept_path() if file.kept is None else Path(file.kept).expanduser()
    names = {card.name, card.facts.get(KEY, {}).get("model")}
    judged = [each for each in read(path) if each.model in names]
    if not judged:
        raise UserError(
            f"bars of {card.name} that were kept or rejected, for the reward preference",
            f"none in {path}",
            "judge some: `daw-bridge ctl keep` and `reject`",
        )
    return replace(
        known,
        kept=[each.bar for each in judged if each.kept],
        rejected=[each.bar for each in judged if not each.kept],
    )
