"""Bars whose notes have the velocities that a touch gives them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from daw_bridge.music.form import PHRASE, Label
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar
from daw_bridge.policies.bars import REMEMBERED, PolicyBars
from daw_bridge.policies.sampling import generator
from daw_bridge.policies.touch import ASKED, DRAWN, Touch, TouchState

if TYPE_CHECKING:
    from daw_bridge.jam.ask import Ask

_BRANCH = 1 << 16
"""Of a bar's numbers: those of its velocities, so that its notes are the same without a touch."""


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where the touch stands before a bar; from bar `alone_from` on phrases are the jam's own."""

    number: int
    state: TouchState
    alone_from: int = 0


class TouchedBars:
    """Bars of a policy, as a touch plays them that has `heard` what came before.

    What chance has in the velocities of a bar hangs on the seed and its number. `form` says what
    each bar is to be, unless the ask does, and `first` is the number of the first. Notes that were
    played with a bar keep their velocities; a player's bar is only heard.

    All bars have the `loudness` that is asked for. Where none is, each phrase has its own, as
    phrases follow in real music, except that what goes on from what others played goes on as loud,
    to the end of its phrase, and what accompanies a player is as loud as he is. Each phrase begins
    anew, as a piece does: a touch that heard the same few velocities for long would play no others.

    `after` are bars of the same touch, from which these go on; see `PolicyBars`.
    """

    def __init__(
        self,
        bars: PolicyBars,
        touch: Touch,
        seed: int,
        *,
        heard: Iterable[Bar],
        form: Callable[[int], Label],
        loudness: Loudness | None = None,
        first: int = 0,
        after: TouchedBars | None = None,
        undone: int = 0,
    ) -> None:
        self.bars, self._touch, self._seed = bars, touch, seed
        self._form, self._loudness = form, loudness
        self._phrases = touch.phrases(seed)
        if after is not None:
            self._places = after._left_at(first, undone)
            return
        before = list(heard)
        alone_from = PHRASE if len(before) > first else 0  # also what came before the first bar
        if not alone_from:
            before = before[len(before) - first % PHRASE :]
        place = _Place(first - len(before), touch.initial_state(), alone_from)
        self._places = deque([place], maxlen=REMEMBERED)
        for bar in before:
            place = replace(place, number=place.number + 1, state=touch.hear(bar, place.state))
            self._places.append(place)

    def __copy__(self) -> TouchedBars:
        """Return bars that go on from here."""
        other = object.__new__(TouchedBars)
        vars(other).update(vars(self), bars=copy(self.bars), _places=self._places.copy())
        return other

    @property
    def drawn_again(self) -> int:
        """Count how often a bar was drawn once more."""
        return self.bars.drawn_again

    def bar(self, ask: Ask) -> Bar:
        """Draw a bar, and play it.

        Raises:
            ValueError: its number is neither the next one nor one of the last few.
        """
        drawn = self.bars.bar(ask)
        place = self._back_to(ask.number)
        if ask.hears:
            self._hear(drawn, ask.number, place)
            return drawn
        alone = ask.number >= place.alone_from
        anew = alone and ask.number % PHRASE == 0
        own = self._phrases.of(ask.number) if alone else None
        if ask.accompanies and ask.found is not None:
            own = ask.found.loudness
        given = ask.heard.notes if ask.heard is not None else ()
        played, state = self._touch.play(
            drawn,
            self._touch.initial_state() if anew else place.state,
            generator(self._seed, ask.number, _BRANCH),
            label=self._form(ask.number) if ask.label is None else ask.label,
            loudness=own if self._loudness is None else self._loudness,
            guidance=DRAWN if self._loudness is None else ASKED,
            given={(n.voice, n.start, n.pitch): n.velocity for n in given},
        )
        self._places.append(_Place(ask.number + 1, state, place.alone_from))
        return played

    def hear(self, number: int, bar: Bar | None) -> None:
        """Learn that the bar of a number was another one; None: one that the codec cannot hold.

        Raises:
            ValueError: its number is neither the next one nor one of the last few.
        """
        self.bars.hear(number, bar)
        self._hear(bar, number, self._back_to(number))

    def _hear(self, bar: Bar | None, number: int, place: _Place) -> None:
        state = place.state if bar is None else self._touch.hear(bar, place.state)
        self._places.append(_Place(number + 1, state, ((number + 1) // PHRASE + 1) * PHRASE))

    def _back_to(self, number: int) -> _Place:
        while len(self._places) > 1 and self._places[-1].number > number:
            after = self._places.pop()  # a phrase begins with one
        if self._places[-1].number < number:  # those between were undone
            self._places.append(replace(after, number=number))
        return self._places[-1]

    def _left_at(self, number: int, undone: int) -> deque[_Place]:
        """Return the places up to that before a bar, but for so many; the first one at least."""
        places = [each for each in self._places if each.number <= number - undone]
        places = places or [self._places[0]]
        places[-1] = replace(places[-1], number=number)
        return deque(places, maxlen=REMEMBERED)
