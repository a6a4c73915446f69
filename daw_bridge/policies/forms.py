"""The forms of real pieces, as a model's folder holds them: what each bar was, a line a piece.

`new` is a bar that is new, `=4` the same as the bar four before, `~4` a variation of it, and `-`
one in which nothing begins. A jam without a form of its own follows such lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from daw_bridge.errors import UserError
from daw_bridge.files import read_text
from daw_bridge.music.form import FARTHEST, Kind, Label

FILE_NAME = "forms.txt"

LARGEST_BYTES = 1 << 20
"""No file of forms is larger."""

_MARKS = {Kind.EXACT: "=", Kind.VARIED: "~"}
_WORDS = {Kind.NEW: "new", Kind.REST: "-"}
_LABELS = {word: Label(kind) for kind, word in _WORDS.items()} | {
    f"{mark}{back}": Label(kind, back)
    for kind, mark in _MARKS.items()
    for back in range(1, FARTHEST + 1)
}

Labels = tuple[Label, ...]


def read(folder: Path) -> tuple[Labels, ...]:
    """Read the forms that a model knows; none, where its folder has no file of them.

    Raises:
        UserError: the file cannot be read, or something in it is no label.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return ()
    lines = read_text(path, LARGEST_BYTES, "forms").splitlines()
    return tuple(_parsed(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line)


def shown(labels: Iterable[Label]) -> str:
    """Return the line of a piece."""
    return " ".join(
        f"{_MARKS[each.kind]}{each.back}" if each.kind in _MARKS else _WORDS[each.kind]
        for each in labels
    )


def _parsed(line: str, where: str) -> Labels:
    labels = list[Label]()
    for word in line.split():
        label = _LABELS.get(word)
        if label is None or label.back > len(labels):
            what = f"new, -, or = or ~ with a bar of the piece, 1 to {FARTHEST} back"
            raise UserError(f"{where}: {what}", repr(word), "train the model again, or mend it")
        labels.append(label)
    return tuple(labels)


def without_long_rests(labels: Sequence[Label]) -> Labels:
    """Leave out bars of rest but one after another bar; what returns lies as many bars nearer.

    A return to a bar that was left out is one to the rest before it; where there is none, new.
    """
    place, kept = list[int](), list[Label]()
    for number, label in enumerate(labels):
        if label.kind is Kind.REST and (not kept or kept[-1].kind is Kind.REST):
            place.append(len(kept) - 1)
            continue
        returns = place[number - label.back] if label.back else -1
        place.append(len(kept))
        to_nothing = label.back and returns < 0  # to a rest before the music
        kind = Kind.NEW if to_nothing else label.kind
        kept.append(Label(kind, len(kept) - returns if returns >= 0 else 0))
    return tuple(kept)
