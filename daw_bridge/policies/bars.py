"""Bars drawn from a policy, token by token, under the grammar of its codec."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec, Constraint, Grammar
from daw_bridge.music.form import UNKNOWN, Heard, Label, heard_as
from daw_bridge.music.notes import Bar
from daw_bridge.policies.candidates import ONE, Candidate, Choice
from daw_bridge.policies.guard import circles, is_stuck, may_stay
from daw_bridge.policies.policy import Logits, Policy
from daw_bridge.policies.sampling import Sampler, nats

if TYPE_CHECKING:
    from daw_bridge.jam.ask import Ask

Bools = NDArray[np.bool_]

ATTEMPTS = 3
"""How often a bar that goes round in circles is drawn, at most."""

RECENT = 8
"""How many bars are the last few."""

REMEMBERED = 8
"""How many bars back a bar can be made again: more than are ever made ahead."""


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where the music stands before a bar: what comes next, the policy's state, the bar before.

    `heard` is how that bar is heard.
    """

    number: int
    logits: Logits
    state: Any
    before: Bar | None = None
    heard: Heard = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """A bar that was drawn: the place after it, and what each token was drawn from."""

    after: _Place
    steps: Sequence[tuple[Logits, Bools, int]]
    circles: bool

    def surprise(self, counted: Bools) -> float:
        """Return the mean nats of the tokens that are counted and were not forced."""
        found = [
            nats(logits, token, allowed)
            for logits, allowed, token in self.steps
            if counted[token] and np.count_nonzero(allowed) > 1
        ]
        return sum(found) / max(len(found), 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Hearing:
    """The bar that was heard last: the place before it, its tokens, and what each of them made."""

    place: _Place | None = None
    tokens: tuple[int, ...] = ()
    steps: tuple[tuple[Logits, Any], ...] = ()


class PolicyBars:
    """Bars drawn from a policy.

    The same policy, sampler and bars `heard` before the first one give the same bars, whatever the
    thread or the clock: what chance has in a bar hangs on the seed and its number. One of the last
    few can be asked for again, which forgets those that came after it: states of policies are never
    changed, so that each is kept as it was.

    A player's bar is only heard: asked for again with more in it, it is heard from where it
    differs. `constraints` narrow the codec's grammar, each what those before it have left, and
    `codec_for` gives the codec of a bar, where conditions follow a player. `form` says what each
    bar is to be, unless the ask does, and `first` is the number of the first. A bar that goes round
    in circles, or in which music that has `least` notes a bar comes to rest (see `guard`), is drawn
    again, hotter, up to `ATTEMPTS` times; `drawn_again` counts that. Where there is a `choice`,
    several candidates are drawn, and what the judge marks highest of those that do not go round is
    the bar: it is shown each with the bars before, eight in all.

    With a `guidance` other than 1 the policy is led by what it is told: its style, or whether drums
    play.

    `after` are bars of the same policy from which the music goes on, in the state in which they
    left it, as if the last few of them, `undone`, had not been. Nothing is `heard` then.

    Raises:
        ValueError: these bars have not come so far, or the first is not one of their last few.
    """

    @np.errstate(invalid="ignore")  # see `bar`
    def __init__(
        self,
        policy: Policy,
        codec: Codec,
        sampler: Sampler,
        *,
        heard: Iterable[Bar] = (),
        constraints: Sequence[Constraint] = (),
        codec_for: Callable[[Ask], Codec] | None = None,
        form: Callable[[int], Label] = lambda _: UNKNOWN,
        first: int = 0,
        least: int = 0,
        choice: Choice = ONE,
        guidance: float = 1.0,
        after: PolicyBars | None = None,
        undone: int = 0,
    ) -> None:
        self.policy = policy if guidance == 1 else policy.guided(guidance)
        self._led = policy, guidance
        self._codec = codec
        self._codec_for = codec_for or (lambda _: codec)
        self._sampler = sampler
        self._constraints = constraints
        self._form = form
        self._least = least
        self._choice = choice
        self.drawn_again = 0
        tokens = codec.tokens
        self._drums = frozenset(tokens.voice[tokens.drums > 0].tolist())
        self._hearing = _Hearing()
        if after is not None:
            self._first: int = after._first
            self._places = after._left_at(first, undone)
            return
        self._first, before = first, list(heard)
        place = _Place(first - len(before), *policy.step(codec.start_token, policy.initial_state()))
        self._places = deque([place], maxlen=REMEMBERED + RECENT)
        for bar in before:  # the last of them may be heard again, with more in it
            place = replace(self._told(bar, place, codec), heard=frozenset())
            self._places.append(place)

    def __copy__(self) -> PolicyBars:
        """Return bars that go on from here."""
        other = object.__new__(PolicyBars)
        vars(other).update(vars(self), _places=self._places.copy())
        return other

    @property
    def now(self) -> tuple[Logits, Any]:
        """What comes next, and the policy's state, after all that was drawn or heard."""
        return self._places[-1].logits, self._places[-1].state

    # On a crowded machine a small product has been seen to raise the flag of an invalid number,
    # twice and never again; why is not known. A warning would help no player: a logit that is no
    # number is told where a token is drawn.
    @np.errstate(invalid="ignore")
    def bar(self, ask: Ask) -> Bar:
        """Draw the tokens of one bar, and return what they play; or hear it, and return it.

        Raises:
            ValueError: its number is neither the next one nor one of the last few.
        """
        place = self._back_to(ask.number)
        if ask.hears:
            self._hear(ask.heard, place, self._codec_for(ask))
            return ask.heard or Bar(meter=ask.meter)
        if ask.before is None:
            ask = replace(ask, before=place.before)
        label = self._form(ask.number) if ask.label is None else ask.label
        state = self.policy.told(label, ask.meter, place.state)
        after = self._chosen(ask, replace(place, state=state), label)
        self._places.append(after)
        assert after.before is not None  # noqa: S101  # it was just drawn
        return after.before

    @np.errstate(invalid="ignore")  # see `bar`
    def hear(self, number: int, bar: Bar | None) -> None:
        """Learn that the bar of a number was another one; None: one that the codec cannot hold.

        Raises:
            ValueError: its number is neither the next one nor one of the last few.
        """
        self._hear(bar, self._back_to(number), self._codec)

    def _hear(self, bar: Bar | None, place: _Place, codec: Codec) -> None:
        number = place.number + 1
        self._places.append(
            replace(place, number=number) if bar is None else self._told(bar, place, codec)
        )

    def goes_on_from(self, policy: Policy, guidance: float, number: int) -> bool:
        """Whether bars of a policy, so led, can go on from here with one of a number."""
        same = policy.card == self._led[0].card and guidance == self._led[1]
        return same and any(place.number == number for place in self._places)

    def _left_at(self, number: int, undone: int) -> deque[_Place]:
        """Return the places up to that before a bar, but for so many."""
        places = [place for place in self._places if place.number <= number - undone]
        if not places or places[-1].number != number - undone:
            raise ValueError(f"expected bars up to {number - undone}, found others")
        places[-1] = replace(places[-1], number=number)
        return deque(places, maxlen=self._places.maxlen)

    def _told(self, bar: Bar, place: _Place, codec: Codec) -> _Place:
        """Return the place after a bar that another made; step from where it is not as it was."""
        tokens = tuple(map(int, codec.encode(bar)))
        before = self._hearing if self._hearing.place is place else _Hearing()
        steps = list(before.steps[: _alike(tokens, before.tokens)])
        told = self.policy.told(UNKNOWN, bar.meter, place.state)
        logits, state = steps[-1] if steps else (place.logits, told)
        for token in tokens[len(steps) :]:
            logits, state = self.policy.step(token, state)
            steps.append((logits, state))
        self._hearing = _Hearing(place, tokens, tuple(steps))
        heard = heard_as(bar, drums=self._codec.kind == "drums")
        return _Place(place.number + 1, logits, state, bar, heard)

    def _chosen(self, ask: Ask, place: _Place, label: Label) -> _Place:
        """Draw the bar at a place, the best of several; return the place after it."""
        drawn = [self._drawn(ask, place, label, each) for each in range(self._choice.best_of)]
        if len(drawn) == 1:
            return drawn[0].after
        codec = self._codec_for(ask)
        counted = codec.tokens.rank >= 0
        before = [each.before for each in self._places if each.before is not None][1 - RECENT :]

        def mark(each: _Drawn) -> tuple[bool, float]:
            assert each.after.before is not None  # noqa: S101  # it was just drawn
            bars, key = [*before, each.after.before], getattr(codec, "key", None)
            candidate = Candidate(bars, partial(each.surprise, counted), key)
            return not each.circles, self._choice.judge(candidate)

        return max(drawn, key=mark).after

    def _drawn(self, ask: Ask, place: _Place, label: Label, candidate: int) -> _Drawn:
        """Draw a candidate, and again where it goes round in circles."""
        for attempt in range(ATTEMPTS):
            after, steps = self._attempted(ask, place, attempt, candidate)
            if not (circles := self._circles(after.heard, label)):
                break
        self.drawn_again += attempt
        return _Drawn(after, steps, circles)

    def _attempted(
        self, ask: Ask, place: _Place, attempt: int, candidate: int
    ) -> tuple[_Place, list[tuple[Logits, Bools, int]]]:
        """Draw the bar at a place once."""
        whole = self._codec_for(ask).grammar(ask.meter)
        grammar: Grammar = whole
        for constrain in self._constraints:
            grammar = constrain(grammar, ask)
        draw = self._sampler.of_bar(ask.number, attempt, candidate)
        logits, state = place.logits, place.state
        steps = []
        while (allowed := grammar.allowed()) is not None:
            token = draw(logits, allowed)
            steps.append((logits, allowed, token))
            logits, state = self.policy.step(token, state)
            grammar.push(token)
        bar = whole.bar()
        heard = heard_as(bar, drums=self._codec.kind == "drums")
        return _Place(ask.number + 1, logits, state, bar, heard), steps

    def _circles(self, heard: Heard, label: Label) -> bool:
        """Whether a bar goes round in circles, or eight of them stay where they are."""
        ours = [place.heard for place in self._places if place.number >= self._first]
        before = ours[-RECENT:]  # also where it is made again
        if circles(before, heard, label):
            return True
        if may_stay(label) or len(before) < RECENT or self._codec.kind == "drums":
            return False
        return is_stuck([*before, heard], self._drums, self._least)

    def _back_to(self, number: int) -> _Place:
        """Forget what came after a bar; return the place before it.

        Bars that were undone have left none: they are as if they had not been.
        """
        known = [place.number for place in self._places][-REMEMBERED:]
        if not known[0] <= number <= known[-1]:
            raise ValueError(f"expected a bar from {known[0]} to {known[-1]}, found {number}")
        while self._places[-1].number > number:
            after = self._places.pop()
        if self._places[-1].number < number:
            self._places.append(replace(after, number=number))
        return self._places[-1]


def _alike(tokens: Sequence[int], others: Sequence[int]) -> int:
    """Count the first tokens that are the same."""
    pairs = enumerate(zip(tokens, others, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(tokens), len(others)))
