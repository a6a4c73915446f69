"""The files in presets/tuning: what model learns from its own music, and what that is paid for."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from daw_bridge.config.files import find
from daw_bridge.config.schema import Schema, Seed
from daw_bridge.config.validation import validate
from daw_bridge.document import read

Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class ListenerFile(Schema):
    """A listener that learns in turn with what is tuned, and pays `discriminator`."""

    kind: Literal["conv", "lstm", "transformer"] = "conv"
    seed: Seed = Field(default=1, description="Same seed, same listener.")
    warm_up: int = Field(default=20, ge=1, description="Turns in which it hears the start alone.")
    updates: int = Field(default=8, ge=1, description="Of a turn in which it learns.")
    fooled: float = Field(
        default=0.69, ge=0, description="The mean -log(1 - pred_real) above which it learns."
    )


class TuningFile(Schema):
    """One preset: the model that it begins with, and how it goes on.

    In each round `kept` pieces are drawn `best_of` times each, the best paid ones, or all as they
    are paid, are learnt by a `method`, and so on from there.
    """

    title: Text
    model: Text = Field(description="The model that is begun with.")
    rewards: Text = Field(description="What is paid for: a preset of rewards.")
    method: Literal["distil", "reinforce", "ppo", "dpo"] = Field(
        default="distil",
        description="Learn the best ones, all as they are paid, or what a player kept (dpo).",
    )
    leaps: bool = Field(
        default=False,
        description="Whether the network is told from now on which leap of its melody is open.",
    )
    bars: int = Field(default=8, ge=1, le=256, description="Bars of each piece.")
    meter: Text = Field(default="4/4", description="The meter of all pieces.")
    conditions: dict[str, Any] = Field(default={})
    seed: Seed = Field(default=1, description="Same seed, same model.")
    rounds: int = Field(default=6, ge=1, description="How often pieces are drawn and learnt.")
    kept: int = Field(default=256, ge=2, description="Pieces of a round that are learnt.")
    best_of: int = Field(default=8, ge=1, le=1000, description="Draws for each that is learnt.")
    lanes: int = Field(default=64, ge=1, le=4096, description="Pieces drawn side by side.")
    batch: int = Field(default=32, ge=1, description="Pieces learnt side by side.")
    passes: int = Field(default=1, ge=1, description="How often each is learnt.")
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
    aimed_kl: float = Field(default=3.0, gt=0, description="Nats a piece that RL tends to.")
    aimed_diversity: float = Field(
        default=1.0, gt=0, le=2, description="Of that of the start, what RL tends to."
    )
    least_entropy: Share = Field(
        default=0.8, description="Of the start's nats a step, what RL is not to fall below."
    )
    kl_weight: float = Field(default=0.1, ge=0, le=10, description="A nat's cost, at first.")
    diversity_weight: float = Field(
        default=0.5, ge=0, le=10, description="What being unlike the others is worth, at first."
    )
    rareness: float = Field(
        default=0,
        ge=0,
        le=10,
        description="What being unlike the others is worth where the best are kept (distil).",
    )
    data: Text | None = Field(
        default=None, description="A training preset, whose music is learnt and heard beside."
    )
    data_weight: float = Field(default=0.1, ge=0, description="Of that music's nats a step.")
    listener: ListenerFile | None = Field(
        default=None, description="It learns to tell that music from what is drawn."
    )
    clip_ratio: float = Field(
        default=0.2, gt=0, lt=1, description="By how much PPO changes a chance at once."
    )
    smoothing: Share = Field(default=0.95, description="The lambda of PPO's advantages.")
    pairs: Text | None = Field(
        default=None,
        description="The file of bars kept and rejected that DPO learns; that of all jams here, if "
        "not given.",
    )
    beta: float = Field(
        default=0.1, gt=0, le=10, description="How little DPO leaves what was begun with."
    )
    kept_weight: float = Field(
        default=0.01, ge=0, le=10, description="Of the nats of a kept bar, which DPO learns beside."
    )
    value_rate: float = Field(
        default=1e-3, gt=0, le=1, description="Of Adam, for PPO's second head."
    )

    @model_validator(mode="after")
    def _all_are_learnt(self) -> Self:
        if self.method != "distil" and self.best_of != 1:
            raise ValueError(
                f"expected best_of: 1 with {self.method}, which learns all draws, "
                f"found {self.best_of}"
            )
        return self


def load_tuning(name_or_path: str) -> TuningFile:
    """Read a tuning preset.

    Raises:
        UserError: there is none of that name, or it is not in order: all told at once.
    """
    return validate(read(find("presets/tuning", name_or_path)), TuningFile)
