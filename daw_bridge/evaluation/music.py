"""What a model is judged on, and what its baselines learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from daw_bridge.config.files import names
from daw_bridge.config.training import TrainingFile, load_training
from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.music import fits, read_music
from daw_bridge.corpora.parting import held_out_end
from daw_bridge.corpora.pieces import Piece, damaged
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.policies.card import Card
from daw_bridge.policies.load import vocabulary_of
from daw_bridge.registry import CODECS

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The pieces that judge, of what split, and those that baselines learn from."""

    pieces: Sequence[Piece]
    known: Sequence[Piece]
    split: str


def find(
    paths: Sequence[Path],
    vocabulary: Vocabulary,
    *,
    training: Sequence[Path] = (),
    preset: TrainingFile | None = None,
    cache: Path | None = None,
    tell: Tell,
) -> Judged:
    """Read the music under some paths, or, with a preset, as for its training.

    Of a preset's parts those count that it still learns in its last epochs: what a model is to be
    like in the end.

    The split "test" judges where there is one, else "valid", else all that has no split. Known is
    the split "train", or all under `training`.

    Raises:
        UserError: the music cannot be read, or nothing of it can judge.
    """
    reading = Reading(vocabulary.kind)
    if preset is None:
        corpus = read(paths, reading, cache=cache)
        pieces = list(corpus.pieces)
        skipped: Sequence[str] = [f"{name}: {why}" for name, why in corpus.skipped]
        if len(pieces) == 1 and pieces[0].split == "train":  # one long text: its last tenth judges
            pieces = list(held_out_end(pieces[0]))
    else:
        if CODECS.find(preset.codec.name).kind != vocabulary.kind:
            what = f"a preset that reads music for the codec {vocabulary.name}"
            raise UserError(what, preset.title, "name another")
        music = read_music(preset, paths[0], vocabulary)
        pieces, skipped = [piece for piece in music.pieces if piece.weights[-1]], music.skipped
    if skipped:
        tell(f"skipped {len(skipped)} file(s): {'; '.join(skipped)}")
    for name, what in damaged(pieces):
        tell(f"{name} is damaged: {what}")
    split = _judging(pieces, paths[0])
    known = [piece for piece in pieces if piece.split == "train"]
    if training:
        known = list(read(training, reading, cache=cache).pieces)
    judged = [p for p in pieces if p.split == split and _is_judged(p, vocabulary)]
    if not judged:
        raise UserError(
            "music in meters that the codec can hold (drums are judged in 4/4)",
            f"none in {paths[0]}",
            "name other data",
        )
    return Judged(judged, [p for p in known if _is_judged(p, vocabulary)], split or "all")


def preset_of(card: Card) -> TrainingFile | None:
    """Return the training preset of a model's name, which reads its kind of music, if any."""
    if card.name not in names("presets/training"):
        return None
    preset = load_training(card.name)
    same = CODECS.find(preset.codec.name).kind == CODECS.find(card.codec).kind
    return preset if same else None


def dynamics_of(card: Card, data: Path, tell: Tell) -> Judged | None:
    """Read the music with dynamics that a model's touch is judged on; None: it has no touch.

    The preset `touch-` and the model's name reads it.

    Raises:
        UserError: as `find`.
    """
    name = f"touch-{card.name}"
    if not card.facts.get("touch") or name not in names("presets/training"):
        return None
    tell("reading music with dynamics")
    return find([data], vocabulary_of(card), preset=load_training(name), tell=tell)


def _judging(pieces: Sequence[Piece], path: Path) -> str:
    splits = {piece.split for piece in pieces}
    if splits & {"test", "valid"}:
        return "test" if "test" in splits else "valid"
    if "train" in splits:
        raise UserError("held-out music", f"training music alone in {path}", "name other data")
    return ""


def _is_judged(piece: Piece, vocabulary: Vocabulary) -> bool:
    """Whether a piece is judged: the tables of drums are of 4/4 alone."""
    if vocabulary.kind == "drums":
        return bool((piece.meters == (4, 4)).all())
    return fits(piece, vocabulary)
