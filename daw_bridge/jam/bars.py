"""Where bars come from: a policy, or anything else with `next_bar`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

if TYPE_CHECKING:
    from daw_bridge.encoding.codec import Codec
    from daw_bridge.policies.policy import Policy
    from daw_bridge.policies.sampling import Sampler


class BarSource(Protocol):
    """Make bars, one after the other. Called by one thread at a time (the worker's)."""

    def prime(self, bars: Iterable[Bar]) -> None:
        """Take bars as the music so far; they are continued, not played."""

    def next_bar(self) -> Bar:
        """Make the next bar."""


class PolicyBars:
    """Draw bars from a policy, token by token, under the grammar of its codec.

    The same policy, sampler seed and primer give the same bars, whatever the thread or the clock:
    what chance has in a bar hangs on the seed and on the number of bars before it.
    `first` are codecs for the first bars, where they allow less than `codec` does. `after` gives a
    codec as it is after a bar, or after none, for one to which that matters.
    """

    def __init__(
        self,
        policy: Policy,
        codec: Codec,
        meter: Meter,
        sampler: Sampler,
        *,
        first: Iterable[Codec] = (),
        after: Callable[[Codec, Bar | None], Codec] = lambda codec, _: codec,
    ) -> None:
        self._policy = policy
        self._codec = codec
        self._meter = meter
        self._sampler = sampler
        self._first = iter(first)
        self._after = after
        self._before: Bar | None = None
        self._made = 0
        self._logits, self._state = policy.step(codec.start_token, policy.initial_state())

    def prime(self, bars: Iterable[Bar]) -> None:
        """Step the policy through bars without drawing from it."""
        for bar in bars:
            self._before = bar
            for token in self._codec.encode(bar):
                self._logits, self._state = self._policy.step(int(token), self._state)

    def next_bar(self) -> Bar:
        """Draw the tokens of one bar and decode them."""
        codec = self._after(next(self._first, self._codec), self._before)
        grammar = codec.grammar(self._meter)
        draw = self._sampler.of_bar(self._made)
        self._made += 1
        tokens: list[int] = []
        while (allowed := grammar.allowed()) is not None:
            token = draw(self._logits, allowed)
            self._logits, self._state = self._policy.step(token, self._state)
            grammar.push(token)
            tokens.append(token)
        self._before = self._codec.decode(tokens)
        return self._before
