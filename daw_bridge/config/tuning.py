"""The files in presets/tuning: what model learns from its own music, and what that is paid for."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from daw_bridge.config.files import find
from daw_bridge.config.schema import Schema, Seed
from daw_bridge.config.validation import validate
from daw_bridge.document import read

Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class TuningFile(Schema):
    """One preset: the model that it begins with, and how it goes on.

    In each round `kept` pieces are drawn `best_of` times each, the best paid ones are learnt, and
    so on from there.
    """

    title: Text
    model: Text = Field(description="The model that is begun with.")
    rewards: Text = Field(description="What is paid for: a preset of rewards.")
    bars: int = Field(default=8, ge=1, le=256, description="Bars of each piece.")
    meter: Text = Field(default="4/4", description="The meter of all pieces.")
    conditions: dict[str, Any] = Field(default={})
    seed: Seed = Field(default=1, description="Same seed, same model.")
    rounds: int = Field(default=6, ge=1, description="How often pieces are drawn and learnt.")
    kept: int = Field(default=256, ge=2, description="Pieces that are learnt in a round.")
    best_of: int = Field(default=8, ge=2, le=1000, description="Draws for each that is learnt.")
    lanes: int = Field(default=64, ge=1, le=4096, description="Pieces drawn side by side.")
    batch: int = Field(default=32, ge=1, description="Pieces learnt side by side.")
    passes: int = Field(default=1, ge=1, description="How often each kept piece is learnt.")
    learning_rate: float = Field(default=3e-4, gt=0, le=1, description="Of Adam.")
    clip: float = Field(default=1.0, gt=0, description="The longest that a gradient may be.")
    most_kl: float = Field(
        default=5.0,
        gt=0,
        description="Nats a piece by which it may differ from what was begun with.",
    )
    least_diversity: Share = Field(
        default=0.95, description="Of the diversity of what was begun with, so much is to be left."
    )


def load_tuning(name_or_path: str) -> TuningFile:
    """Read a tuning preset.

    Raises:
        UserError: there is none of that name, or it is not in order: all told at once.
    """
    return validate(read(find("presets/tuning", name_or_path)), TuningFile)
