"""The policy of a jam: its model as it is, or mixed with the one that it was tuned from."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.config.files import find
from daw_bridge.policies.card import read
from daw_bridge.policies.load import load
from daw_bridge.policies.mix import Mix, origin
from daw_bridge.policies.policy import Policy


def policy_of(folder: Path, rl_mix: float) -> Policy:
    """Load the model in a folder: 1 as it is, 0 as what it was tuned from, or between the two.

    Raises:
        UserError: it does not fit its card, or is to be mixed and was not tuned from what there is.
    """
    if rl_mix == 1:
        return load(folder)
    start = find("models", origin(read(folder)).model)
    return load(folder, Mix(start, rl_mix))
