"""From a preset and a folder of data to examples and the network that learns from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora import dataset as data
from daw_bridge.corpora import groove
from daw_bridge.corpora.material import Reading
from daw_bridge.encoding.codec import Codec, Tokens
from daw_bridge.encoding.drum_grid import meter_token
from daw_bridge.encoding.drum_text import from_text
from daw_bridge.errors import UserError, near
from daw_bridge.registry import CODECS, NETWORKS
from daw_bridge.training.batches import Example
from daw_bridge.training.drum_examples import example_of, example_of_words
from daw_bridge.training.music_material import read_music
from daw_bridge.training.networks.drum_lookback import LookBack, StackedLstm
from daw_bridge.training.networks.token_lookback import TokenLookBack


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Hold what is learnt from, and what a card says of it.

    `sources` are tables of name, licence and split sizes. Pieces are cut at multiples of `grid`
    steps. `takes` are those of validation, where they are drum takes. `skipped` names files that
    could not be read, and why.
    """

    train: tuple[Example, ...]
    valid: tuple[Example, ...]
    sources: tuple[Mapping[str, Any], ...]
    grid: int
    takes: tuple[groove.Take, ...] = ()
    skipped: tuple[str, ...] = ()


def read_material(preset: TrainingFile, folder: Path, codec: Codec) -> Material:
    """Read the data of a preset from a folder.

    Raises:
        UserError: the preset's data is of no known kind, or the folder holds nothing usable.
    """
    if preset.data not in SOURCES:
        raise UserError("a kind of data", repr(preset.data), near(preset.data, SOURCES))
    material = SOURCES[preset.data](preset, folder, codec)
    if not material.train or not material.valid:
        reasons = f" ({'; '.join(material.skipped[:3])})" if material.skipped else ""
        raise UserError(
            "different pieces, some to train and some to validate on",
            f"{len(material.train)} and {len(material.valid)} in {folder}{reasons}",
            "add music; duplicates do not count",
        )
    return material


def _groove(preset: TrainingFile, folder: Path, codec: Codec) -> Material:
    if codec.kind != "drums":
        raise UserError("a codec of drums for drum takes", codec.name, "mend the preset")
    skipped: list[str] = []
    known = (folder / "info.csv").is_file()
    dropped: dict[str, int] = {}
    if known:
        takes = groove.read_takes(folder, skipped=skipped)
    else:
        takes, dropped = _own(preset, folder, skipped)
    takes = [take for take in takes if take.bars]
    takes = [take for take in takes if codec.meter in (None, take.meter)]
    split = {name: [t for t in takes if t.split == name] for name in ("train", "validation")}
    learnt = [*split["train"], *groove.entries(split["train"], preset.loop.seed)]
    kind = preset.network.kind

    def example(take: groove.Take) -> Example:
        if kind == "look-back" and codec.meter is None:
            return example_of(take, ending=take.split != "train")
        return _of_bars(take, codec, kind)

    source = {
        "name": "Groove MIDI Dataset 1.0.0" if known else folder.resolve().name,
        "licence": groove.LICENCE if known else "the user's own",
        "splits": {
            name: {"takes": len(part), "bars": sum(len(take.bars) for take in part)}
            for name, part in split.items()
        },
        **dropped,
    }
    return Material(
        tuple(map(example, learnt)),
        tuple(map(example, split["validation"])),
        (source,),
        _grid(codec, kind),
        tuple(split["validation"]),
        tuple(skipped),
    )


def _own(
    preset: TrainingFile, folder: Path, skipped: list[str]
) -> tuple[list[groove.Take], dict[str, int]]:
    """Read the drums of any folder of MIDI, freed of duplicates and parted by pieces.

    Gives also what a card says of those that were left out.
    """
    corpus = data.read([folder], Reading("drums"))
    parted, parting = data.part(corpus, seed=preset.loop.seed)
    skipped += [f"{name} ({why})" for name, why in corpus.skipped]
    takes = []
    for piece in parted.pieces:
        bars = tuple(piece.bars())
        try:
            for meter in {bar.meter for bar in bars}:
                meter_token(meter)
        except UserError as error:
            skipped.append(f"{piece.name} ({error.found})")
            continue
        split = {"valid": "validation"}.get(piece.split, piece.split)
        style = piece.conditions.get("style", "")
        fill = piece.conditions.get("kind") == "fill"
        takes.append(
            groove.Take(piece.name, split, "", style, piece.tempo_qpm, fill, bars[0].meter, bars)
        )
    dropped = len(parting.duplicates)
    return takes, {"duplicates_dropped": dropped, "sources_skipped": len(corpus.skipped)}


def _of_bars(take: groove.Take, codec: Codec, kind: str) -> Example:
    tokens = np.concatenate([codec.encode(bar) for bar in take.bars])
    return _of_tokens(take.name, tokens, codec, kind)


def _of_tokens(name: str, tokens: np.ndarray, codec: Codec, kind: str) -> Example:
    if kind == "look-back":
        words = tokens[codec.tokens.rank[tokens] >= 0]
        return example_of_words(name, words, codec.tokens.steps_in(codec.meter))
    before = np.concatenate([[codec.start_token], tokens[:-1]])
    return Example(name, {"token": before, "target": tokens})


def _text(preset: TrainingFile, path: Path, codec: Codec) -> Material:
    """Read one file of drum text; where it is one long line, its last tenth of bars validates."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("a file of drum text", f"{path} ({error})", "name one") from error
    numbered = {n: bars for n, line in enumerate(lines, 1) if (bars := _bars(path, n, line))}
    kind = preset.network.kind
    _check_bars([bar for bars in numbered.values() for bar in bars], path, codec, kind)
    again = _duplicates(path) if len(numbered) > 1 else set()
    pieces = [bars for number, bars in numbered.items() if f"{path.name}:{number}" not in again]
    if len(pieces) == 1:
        held = max(len(pieces[0]) // 10, 1)
        parts = [pieces[0][:-held]], [pieces[0][-held:]]
    else:
        held = max(len(pieces) // 10, 1)
        parts = pieces[:-held], pieces[-held:]
    train, valid = (
        tuple(
            _of_tokens(f"{path.name} {k}", np.concatenate(bars), codec, kind)
            for k, bars in enumerate(part)
        )
        for part in parts
    )
    splits = {
        name: {"pieces": len(part), "bars": sum(map(len, part))}
        for name, part in zip(("train", "validation"), parts, strict=True)
    }
    licence = "none stated: for benchmarks alone" if not preset.ship else "the user's own"
    source = {"name": path.name, "licence": licence, "splits": splits}
    if again:
        source["duplicates_dropped"] = len(again)
    return Material(train, valid, (source,), _grid(codec, kind))


def _grid(codec: Codec, kind: str) -> int:
    """Count the steps at multiples of which pieces are cut: a bar of text, else 16."""
    if codec.meter is None:
        return 16
    return codec.tokens.steps_in(codec.meter) + (kind == "lstm")


def _bars(path: Path, number: int, line: str) -> list[Tokens]:
    try:
        return from_text(line)
    except UserError as error:
        raise UserError(error.expected, f"{error.found} of {path}:{number}", error.do) from error


def _check_bars(bars: Sequence[Tokens], path: Path, codec: Codec, kind: str) -> None:
    """Refuse text in another meter or resolution; a network that looks back counts on one."""
    if codec.kind != "drums" or codec.meter is None:
        raise UserError("the codec drum-text for drum text", codec.name, "mend the preset")
    n_steps = codec.tokens.steps_in(codec.meter)
    odd = [len(bar) - 1 for bar in bars if len(bar) - 1 != n_steps]
    if odd and (kind == "look-back" or len(odd) == len(bars)):
        raise UserError(
            f"bars of {n_steps} words",
            f"{len(odd)} of {len(bars)} with others, such as {odd[0]}, in {path}",
            "name other text, or set the codec's resolution (16 or 32) in the preset",
        )


def _duplicates(path: Path) -> set[str]:
    """Name the lines of a text that hold the same music as another: `drums.txt:7`."""
    found = data.find_duplicates(data.read([path], Reading("drums")).pieces)
    return {duplicate.dropped_name for duplicate in found}


def _music(preset: TrainingFile, folder: Path, codec: Codec) -> Material:
    train, valid, sources, skipped = read_music(preset, folder, codec)
    return Material(train, valid, sources, 16, skipped=skipped)


SOURCES: Mapping[str, Callable[[TrainingFile, Path, Codec], Material]] = {
    "groove": _groove,
    "drum-text": _text,
    "music": _music,
}
"""Every kind of data that a preset may name."""


def build_network(preset: TrainingFile, vocab_size: int) -> nn.Module:
    """Build the network of a preset, with new weights.

    Raises:
        UserError: its kind or a size of it is unknown.
    """
    kind, shape = preset.network.kind, dict(preset.network.shape)
    try:
        if kind == "look-back":
            return LookBack(**shape, dropout=preset.loop.dropout)
        if kind == "lstm":
            return StackedLstm(vocab_size, **shape, dropout=preset.loop.dropout)
        if kind == "token-look-back":
            codec = CODECS[preset.codec.name](**preset.codec.options)
            return TokenLookBack(codec, **shape, dropout=preset.loop.dropout)
    except TypeError as error:
        raise UserError(f"the sizes of a {kind} network", str(error), "mend the preset") from error
    raise UserError("a kind of network", repr(kind), near(kind, NETWORKS))
