"""The form of a jam: what each bar is to be, planned ahead of the music."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from daw_bridge.music.form import FARTHEST, PHRASE, UNKNOWN, Kind, Label

FREE = "free"
"""The form of a jam that is told nothing."""


class Fills(StrEnum):
    """Where drums play fills."""

    ANY = "any"
    NEVER = "never"
    EVERY_4 = "every 4"
    EVERY_8 = "every 8"
    NOW = "now"

    def fall_on(self, number: int) -> bool | None:
        """Whether a bar is a fill; None: it may be."""
        every = {Fills.EVERY_4: 4, Fills.EVERY_8: 8, Fills.NOW: 1}.get(self)
        if every is None:
            return None if self is Fills.ANY else False
        return number % every == every - 1


Form = Callable[[int], Label]
"""From the number of a bar to what it is to be."""

LONGEST_SECTION = 64
MOST_SECTIONS = 64

KEPT = 16
"""Of how many bars back a planned label is kept: more than are ever made again."""

_SECTION = re.compile(r"([A-Z])(\d{1,2})('*)", re.ASCII)

Labels = Sequence[Label]


def free(number: int) -> Label:
    """Tell nothing of a bar."""
    del number
    return UNKNOWN


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a form: sections of one letter are alike, those with primes are variations."""

    letter: str
    bars: int
    varied: bool


def sections_of(text: str) -> tuple[Section, ...]:
    """Read a form such as "A8 A8 B8 A8'".

    Raises:
        ValueError: it is none.
    """
    words = text.split()
    found = [_SECTION.fullmatch(word) for word in words]
    sections = tuple(Section(m[1], int(m[2]), bool(m[3])) for m in found if m)
    lengths = [each.bars for each in sections]
    in_order = len(sections) == len(words) and all(0 < n <= LONGEST_SECTION for n in lengths)
    if not words or not in_order:
        what = f"sections of 1 to {LONGEST_SECTION} bars, such as A8 A8 B8 A8'"
        raise ValueError(f"expected {what}, found {text!r}")
    if len(words) > MOST_SECTIONS:
        raise ValueError(f"expected {MOST_SECTIONS} sections at most, found {len(words)}")
    return sections


class Planned:
    """Labels that are made one after the other, and asked for as bars are.

    What is far behind is forgotten, so that a jam may go on for days.
    """

    def __init__(self, labels: Callable[[], Iterator[Label]]) -> None:
        self._begin = labels
        self._start_again()

    def __call__(self, number: int) -> Label:
        """Return the label of a bar; `left` is not known."""
        if number < self._next - len(self._last):
            self._start_again()
        while self._next <= number:
            self._last.append(next(self._labels))
            self._next += 1
        label = self._last[number - self._next]
        return label if label.back <= number else label._replace(kind=Kind.NEW, back=0)

    def _start_again(self) -> None:
        self._labels, self._next = self._begin(), 0
        self._last = deque[Label](maxlen=KEPT)


def as_pieces(forms: Sequence[Labels], seed: int, novelty: float | None = None) -> Form:
    """Plan as real pieces are made, one after the other, each drawn from their `forms`.

    `novelty` 0 takes those that repeat most, 1 those that repeat least; None: any of them.
    """
    chosen = _by_novelty(forms, novelty)

    def labels() -> Iterator[Label]:
        draws = Random(seed)  # noqa: S311  # music, no secret
        while True:
            piece = chosen[draws.randrange(len(chosen))]
            yield from _in_phrases(piece)

    return Planned(labels)


def of_sections(
    sections: Sequence[Section],
    forms: Sequence[Labels],
    seed: int,
    novelty: float | None = None,
) -> Form:
    """Plan the sections that were asked for, and then as many new ones in the same order.

    The first section of a letter is made as real pieces begin; each later one returns to the last
    one of its letter that is no variation. What lies farther back than a network looks is new.
    """
    chosen = _by_novelty(forms, novelty)

    def labels() -> Iterator[Label]:
        draws = Random(seed)  # noqa: S311  # music, no secret
        while True:
            begun, at = dict[str, int](), 0
            for section in sections:
                back = at - begun.get(section.letter, at)
                back = back if back <= FARTHEST else 0
                piece = chosen[draws.randrange(len(chosen))] if chosen else ()
                yield from _in_phrases(_section(section, back, piece))
                if not (back and section.varied):
                    begun[section.letter] = at
                at += section.bars

    return Planned(labels)


def _section(section: Section, back: int, piece: Labels) -> list[Label]:
    if back:
        kind = Kind.VARIED if section.varied else Kind.EXACT
        return [Label(kind, back)] * section.bars
    new = Label(Kind.NEW)
    opening = [each if each.back <= bar else new for bar, each in enumerate(piece)]
    opening = opening[: section.bars]
    return [*opening, *[new] * (section.bars - len(opening))]


def _in_phrases(labels: Labels) -> Iterator[Label]:
    for bar, label in enumerate(labels):
        yield label._replace(phrase=bar % PHRASE)


def _by_novelty(forms: Sequence[Labels], novelty: float | None) -> Sequence[Labels]:
    """Return the quarter of the forms whose share of new bars is nearest to what is asked for."""
    if novelty is None or len(forms) < 4:
        return forms

    def share(form: Labels) -> float:
        return [label.kind for label in form].count(Kind.NEW) / len(form)

    ranked = sorted(forms, key=share)
    width = len(ranked) // 4
    first = round(novelty * (len(ranked) - width))
    return ranked[first : first + width]


def ending_at(form: Form, bars: int) -> Form:
    """Return a form whose bar number `bars` - 1 is the last one, and is to sound so."""

    def label(number: int) -> Label:
        left = bars - 1 - number
        return form(number)._replace(left=left) if 0 <= left < 2 else form(number)

    return label
