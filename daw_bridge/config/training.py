"""The files in presets/training: what is trained on what, and how."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from daw_bridge.config.files import find
from daw_bridge.config.schema import Schema, Seed
from daw_bridge.config.validation import problems, validate
from daw_bridge.document import read
from daw_bridge.errors import UserError, UserErrors

Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Weight = Annotated[float, Field(ge=0, le=100)]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"expected a pattern (a regular expression): {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]


class Named(Schema):
    """A codec by its name, with its options."""

    name: Text
    options: dict[str, Any] = Field(default={})


class NetworkFile(Schema):
    """A kind of network, with the sizes that it takes."""

    kind: Text
    shape: dict[str, int] = Field(default={})


class LoopFile(Schema):
    """How weights are found; lengths are in steps of the network (16ths, or tokens)."""

    seed: Seed = Field(default=1, description="Same seed, same model.")
    epochs: int = Field(default=10, ge=1, description="How often all pieces are learnt, at most.")
    patience: int = Field(default=3, ge=1, description="Epochs without a better one, and it ends.")
    last_epochs: int = Field(
        default=0,
        ge=0,
        description="Epochs, the last of all, in which parts weigh their `last_weight`.",
    )
    epoch_share: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Part of the pieces, others each time, that makes an epoch: of a large corpus "
        "a small one, so that validation comes often.",
    )
    batch: int = Field(default=32, ge=1, description="Pieces learnt side by side.")
    chunk: int = Field(default=64, ge=1, description="Steps of one update.")
    longest: int = Field(default=512, ge=1, description="Steps of a piece; longer ones are cut.")
    learning_rate: float = Field(default=3e-3, gt=0, le=1, description="Of AdamW, after warm-up.")
    warm_up: int = Field(
        default=100, ge=1, description="Updates until the learning rate is reached."
    )
    weight_decay: float = Field(default=1e-2, ge=0, le=1, description="Of AdamW.")
    clip: float = Field(default=1.0, gt=0, description="The longest that a gradient may be.")
    dropout: Share = Field(
        default=0.0, description="Part of the network's values left out in training."
    )
    average: Share = Field(
        default=0.998, description="Of the weights that are kept, over the updates."
    )
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default={})
    hide_conditions: Share = Field(
        default=0.5, description="Part of the pieces whose conditions are not told."
    )
    hide_form: Share = Field(
        default=0.4, description="Part of the pieces whose bars are not told what they are to be."
    )
    hide_phrase: Share = Field(
        default=0.3, description="Part of the pieces whose bars are not told where they stand."
    )
    hide_feel: Share = Field(
        default=0.2, description="Part of the pieces whose feel is learnt from the words alone."
    )


class PartFile(Schema):
    """A part of the data: a path under the data folder, and what a card says of it.

    `notices` are files under the data folder whose text the licence wants kept. `files` is a
    pattern that the names of its files must hold; pieces of which more than `off_grid` of the notes
    begin off the grid, 16ths and such triplets as the codec has, are left out, and those whose
    velocities have a standard deviation under `spread`, within voices: they have no dynamics.
    `ways` says in how many ways each piece is learnt: with other tracks as the pulses of a chip, or
    the next best as the melody.

    `weight` is how often each of its pieces is learnt in an epoch, in all ways together, and
    `last_weight` the same in the last epochs; of what validates as large a part is heard. `style`
    is that of all its pieces, for a codec that is told one.
    """

    path: Text
    name: Text
    licence: Text
    notices: tuple[Text, ...] = ()
    files: Pattern = ""
    off_grid: Annotated[float, Field(ge=0, le=1)] = 1.0
    spread: Annotated[float, Field(ge=0, le=64)] = 0.0
    ways: Annotated[int, Field(ge=1, le=8)] = 1
    weight: Weight = 1.0
    last_weight: Weight | None = None
    style: Text | None = None


class ReadingFile(Schema):
    """How `data: music` is read: from which parts of the folder, and what of it validates.

    Which notes count, the codec says. Where the folder has none of the parts, all of it is read,
    as the user's own music. `held_out_end` validates on the last tenth of one long piece. `balance`
    names conditions, such as style, drummer, mode or drums, and for each how far its values are
    learnt alike: 0 as often as they come, 1 all of them as often, and between them what is rare is
    learnt more often.
    """

    parts: tuple[PartFile, ...] = ()
    transpose: bool = True
    drop_duplicates: bool = True
    valid_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    held_out_end: bool = False
    balance: dict[Text, Annotated[float, Field(ge=0, le=1)]] = Field(default={})


class TrainingFile(Schema):
    """One preset: `data` names a way to read a folder, `voices` what the model plays.

    `top_p` is that of what a touch draws: a card says it; other models play at their jam's.
    """

    title: Text
    data: Text
    codec: Named
    network: NetworkFile
    reading: ReadingFile = ReadingFile()
    voices: tuple[Text, ...] = ("drums",)
    ship: bool = True
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    loop: LoopFile = LoopFile()
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="Where to compute.")


def overridden(file: TrainingFile, values: Iterable[tuple[str, Any]]) -> TrainingFile:
    """Put values over those of a preset, named as they stand in it: `network.shape.layers`.

    Raises:
        UserError: there is no such place, or the value is none for it: all told at once.
    """
    data = file.model_dump(mode="json")
    for name, value in values:
        *folders, key = name.split(".")
        place: Any = data
        for folder in folders:
            place = place.get(folder) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise UserError(
                "a place in a training preset, such as loop.clip", repr(name), "see its file"
            )
        place[key] = int(value) if isinstance(value, float) and value.is_integer() else value
    try:
        return TrainingFile.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise UserErrors(map(str, problems(error))) from error


def load_training(name_or_path: str) -> TrainingFile:
    """Read a training preset.

    Raises:
        UserError: there is none of that name, or it is not in order: all told at once.
    """
    return validate(read(find("presets/training", name_or_path)), TrainingFile)
