"""The files in presets/sounds: a synth program with open numbers, and a sound to match with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from daw_bridge.config.files import find
from daw_bridge.config.schema import Schema, Seed
from daw_bridge.config.validation import validate
from daw_bridge.document import read

KIND = "presets/sounds"

Text = Annotated[str, Field(min_length=1)]


class AgentFile(Schema):
    """How an agent is trained for a sound's program: `rounds` with a teacher, then by PPO."""

    seed: Seed = Field(default=0, description="Same seed, same agent.")
    rounds: int = Field(default=220, ge=0, description="How often it tries and is then taught.")
    ppo_rounds: int = Field(default=100, ge=0, description="How often it tries and is paid.")
    disguised: float = Field(
        default=0.7, ge=0, le=1, description="Of the targets, so many are not of the program."
    )
    hidden: int = Field(default=384, ge=1, le=4096, description="Units of each of two layers.")
    envs: int = Field(default=64, ge=1, le=4096, description="Targets of a round.")
    steps: int = Field(default=30, ge=1, le=1000, description="Tries for each.")
    kept: int = Field(default=40_000, ge=1, le=1_000_000, description="Tries to be learnt from.")
    updates: int = Field(default=16, ge=1, description="Batches that are learnt in a round.")
    batch: int = Field(default=512, ge=1, description="Tries of a batch.")
    rate: float = Field(default=1e-3, gt=0, le=1, description="Of Adam, at first.")
    ppo_rate: float = Field(default=1e-4, gt=0, le=1, description="Of Adam, for PPO.")
    ppo_epochs: int = Field(default=4, ge=1, description="How often PPO goes over its tries.")
    clip: float = Field(default=0.2, gt=0, lt=1, description="Of PPO.")
    discount: float = Field(default=0.95, ge=0, le=1, description="Of what is gained later.")
    gae: float = Field(default=0.95, ge=0, le=1, description="The lambda of PPO's advantages.")
    most_kl: float = Field(default=0.03, gt=0, description="Nats a try, at which a round ends.")
    imagined: int = Field(
        default=80_000, ge=1, le=1_000_000, description="Sounds that it learns to imagine."
    )
    imagining: int = Field(default=256, ge=1, le=4096, description="Units of each of its layers.")
    running_updates: int = Field(
        default=8000, ge=0, description="Batches from which it learns before how waves run."
    )
    imagining_updates: int = Field(default=3000, ge=0, description="Batches that are learnt.")
    imagining_batch: int = Field(default=256, ge=1, description="Sounds of a batch.")
    imagining_rate: float = Field(default=3e-3, gt=0, le=1, description="Of Adam, at first.")


class SoundFile(Schema):
    """A program, the ranges of its numbers, and for each step the numbers of the target."""

    title: Text
    remarks: tuple[Text, ...] = ()
    code: Text
    action_space: tuple[tuple[Any, ...], ...]
    numbers: Annotated[tuple[tuple[float, ...], ...], Field(min_length=1)]
    step_len: float = Field(gt=0, le=60, title="seconds")
    plays: Text = Field(default="any", description="The drum that it is, or any note.")
    pitch: int | None = Field(default=None, ge=0, description="The number that a note's Hz are.")
    agent: AgentFile | None = None


def load_sound(name_or_path: str) -> SoundFile:
    """Read a sound by its name or its path.

    Raises:
        UserError: there is none of that name, or what is wrong with the file, all at once by line.
    """
    return validate(read(find(KIND, name_or_path)), SoundFile)


def agent_of(name_or_path: str) -> Path:
    """Return the path of the weights of a sound's agent, which need not be there.

    Raises:
        UserError: there is no such sound.
    """
    return find(KIND, name_or_path).with_suffix(".safetensors")
