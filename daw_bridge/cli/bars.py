"""Bars from a model: its codec under a jam's conditions, and the draws from its policy."""

from __future__ import annotations

import dataclasses
from typing import Any

from daw_bridge.config.jam import JamFile
from daw_bridge.encoding.codec import Codec
from daw_bridge.jam.bars import PolicyBars
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import Card
from daw_bridge.policies.load import CODECS, codec_of
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.sampling import Sampler, generator


def bars_of(policy: Policy, file: JamFile) -> PolicyBars:
    """Begin to draw bars from a policy, from the first number of the seed on."""
    sampler = Sampler(file.temperature, file.top_p, generator(file.seed))
    return PolicyBars(policy, codec_for(policy.card, file), Meter.parse(file.meter), sampler)


def codec_for(card: Card, file: JamFile) -> Codec:
    """Build a card's codec under the jam's conditions, which the tempo and meter are as well.

    Raises:
        UserError: the model does not take such a condition.
    """
    takes = {each.name for each in dataclasses.fields(CODECS[card.codec])}  # type: ignore[arg-type]
    conditions: dict[str, Any] = {"tempo_qpm": file.bpm, "meter": file.meter}
    wanted = {name: value for name, value in conditions.items() if name in takes}
    return codec_of(card, **wanted, **file.conditions)
