"""The files in presets/rewards: what music is paid for, and how much."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from daw_bridge.config.files import find
from daw_bridge.config.schema import Schema
from daw_bridge.config.validation import validate
from daw_bridge.document import read
from daw_bridge.errors import near
from daw_bridge.registry import REWARDS


def _reward(name: str) -> str:
    if name not in REWARDS:
        raise ValueError(f"expected a reward, found {name!r}: {near(name, REWARDS)}")
    return name


class TermFile(Schema):
    """What one rate is worth: `weight` a whole.

    No more than `most` of it is paid. Where it is to be `near` a value, what it is off by more than
    `within` is paid instead, as a loss.
    """

    weight: Annotated[float, Field(ge=-1000, le=1000)]
    most: float | None = None
    near: float | None = None
    within: Annotated[float, Field(ge=0)] = 0.0


class RewardsFile(Schema):
    """Rates by name, and what each is worth; what music is paid is their sum.

    `kept` is the file of bars that were kept and rejected, by which `preference` goes; absent: that
    of all jams on this machine.
    """

    title: Annotated[str, Field(min_length=1)]
    kept: Annotated[str, Field(min_length=1)] | None = None
    terms: Annotated[dict[Annotated[str, AfterValidator(_reward)], TermFile], Field(min_length=1)]


def load_rewards(name_or_path: str) -> RewardsFile:
    """Read a preset of rewards.

    Raises:
        UserError: there is none of that name, or it is not in order: all told at once.
    """
    return validate(read(find("presets/rewards", name_or_path)), RewardsFile)
