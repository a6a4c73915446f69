"""Composing as an environment: an agent draws a piece token by token, and is paid at its end.

    import gymnasium, daw_bridge.envs
    env = gymnasium.make("daw_bridge/Compose-v0", model="lead", rewards="lead", bars=8)

The piece is one that a jam might play, under the same grammar. Tokens that alone may come next,
such as the meter and the key of a bar, the environment takes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from daw_bridge.config.files import find
from daw_bridge.config.rewards import load_rewards
from daw_bridge.encoding.codec import BarGrammar, holds
from daw_bridge.envs.known import known_of
from daw_bridge.envs.rewards import NOTHING, Known, Music, Rewards
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import read
from daw_bridge.policies.load import codec_of, load
from daw_bridge.policies.sampling import nats

Ints = NDArray[np.int64]

FORBIDDEN = -1.0
"""What is paid for a token that may not come next; the episode ends with it."""

LONGEST = 4096
"""Tokens that are shown, at most."""


class Compose(gymnasium.Env[Ints, np.int64]):
    """A piece of so many bars in the codec of a model, paid by a preset of rewards.

    Observed are the last `window` tokens int64 [window], a primer's among them, the newest last;
    the vocabulary's size stands where there is none. The action is the next token. `info` has the
    `action_mask` [vocab_size] of what may come next, and at the end the `bars` and all `rates`.

    `conditions` are told to the model, such as a style; music is in `key` where it has one. Each
    episode goes on from one of the `primers`, drawn by its seed. `known` is what some rewards need.

    Raises:
        UserError: there is no such model, condition or preset, what a reward needs is not there, or
            the model can play nothing of a primer.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  # Gymnasium's own type

    def __init__(
        self,
        model: str = "lead",
        rewards: str = "lead",
        *,
        bars: int = 8,
        window: int = 256,
        meter: str = "4/4",
        key: str = "C major",
        conditions: Mapping[str, Any] | None = None,
        primers: Sequence[Sequence[Bar]] = ((),),
        known: Known | None = None,
    ) -> None:
        for name, value in {"bars": bars, "window": window}.items():
            if type(value) is not int or not 1 <= value <= LONGEST:
                raise UserError(
                    f"{name} of 1 to {LONGEST}", f"{value!r:.60}", "name another number"
                )
        folder = find("models", model)
        card = read(folder)
        self._key, self._meter = Key.parse(key), Meter.parse(meter)
        takes_key = hasattr(codec_of(card), "key")
        told = {"key": self._key} if takes_key else {}
        self.codec = codec_of(card, **told, **(conditions or {}))
        paid = load_rewards(rewards)
        self.rewards, self._known = Rewards.of(paid), known_of(paid, card, known or NOTHING)
        self.rewards.check(self._known)
        self._prior = load(folder) if "prior" in self.rewards.terms else None
        self._n_bars = bars
        self._primers = [[self._held(bar) for bar in each] for each in primers] or [[]]
        size = self.codec.vocab_size
        self.observation_space = Box(0, size, (window,), np.int64)
        self.action_space = Discrete(size)
        self._tokens: list[int] = []
        self._bars: list[Bar] = []
        self._grammar: BarGrammar | None = None
        self._mask: NDArray[np.bool_] | None = None
        self._nats, self._n_drawn = 0.0, 0
        self._foretold: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Ints, dict[str, Any]]:
        """Begin a piece; the same seed draws the same primer."""
        super().reset(seed=seed, options=options)
        self._tokens, self._bars, self._nats, self._n_drawn = [], [], 0.0, 0
        if self._prior is not None:
            self._foretold = None, self._prior.initial_state()
        self._take(self.codec.start_token)
        for bar in self._primers[int(self.np_random.integers(len(self._primers)))]:
            for token in self.codec.encode(bar):
                self._take(int(token))
        self._begin_bar()
        return self._observed(), self._info()

    def step(self, action: np.int64) -> tuple[Ints, float, bool, bool, dict[str, Any]]:
        """Take a token; the reward comes with the last one, and is 0 before."""
        if self._mask is None:
            raise UserError("a piece that goes on", "none, or one that has ended", "call reset()")
        token = _token(action)
        if not 0 <= token < len(self._mask) or not self._mask[token]:
            self._mask = None
            return self._observed(), FORBIDDEN, True, False, self._info() | {"forbidden": token}
        self._draw(token)
        self._go_on()
        if self._mask is not None:
            return self._observed(), 0.0, False, False, self._info()
        music = self.music()
        rates = self.rewards.rates(music)
        info = self._info() | {"bars": music.bars, "rates": rates}
        return self._observed(), self.rewards.paid(rates), True, False, info

    @property
    def n_tokens(self) -> int:
        """How many tokens of the piece there are so far, those that were forced among them."""
        return len(self._tokens)

    def music(self) -> Music:
        """Return the bars that were drawn, to be paid."""
        nats = self._nats / max(self._n_drawn, 1) if self._prior is not None else None
        return Music(tuple(self._bars), self._key, nats, self._known)

    def _held(self, bar: Bar) -> Bar:
        """Return a bar of a primer as the codec holds it."""
        if not isinstance(bar, Bar):
            what, do = "primers of bars", "decode tokens by the codec that they are of"
            raise UserError(what, f"one of {type(bar).__name__}", do)
        if not holds(self.codec, bar.meter):
            raise UserError(
                "a primer in a meter of the model", f"one in {bar.meter}", "leave it out"
            )
        near = self.codec.quantise(bar)
        if bar.notes and not near.notes:
            raise UserError("a primer that the model can play", "none of its notes", "give another")
        return near

    def _begin_bar(self) -> None:
        self._grammar = self.codec.grammar(self._meter)
        self._go_on()

    def _go_on(self) -> None:
        """Take what is forced, up to where an agent may choose, or the piece ends."""
        assert self._grammar is not None  # noqa: S101  # a piece has begun
        self._mask = self._grammar.allowed()
        while self._mask is not None and np.count_nonzero(self._mask) == 1:
            self._draw(int(self._mask.argmax()))
            self._mask = self._grammar.allowed()
        if self._mask is None:
            self._bars.append(self._grammar.bar())
            if len(self._bars) < self._n_bars:
                self._begin_bar()

    def _draw(self, token: int) -> None:
        """Take a token that may come next; ask the prior how likely it was."""
        assert self._grammar is not None  # noqa: S101
        if self._prior is not None:
            assert self._mask is not None  # noqa: S101
            self._nats += nats(self._foretold[0], token, self._mask)
            self._n_drawn += 1
        self._grammar.push(token)
        self._take(token)

    def _take(self, token: int) -> None:
        self._tokens.append(token)
        if self._prior is not None:
            self._foretold = self._prior.step(token, self._foretold[1])

    def _observed(self) -> Ints:
        shape = self.observation_space.shape
        assert shape is not None  # noqa: S101  # a box has one
        seen = np.full(shape, self.codec.vocab_size)
        last = self._tokens[-shape[0] :]
        seen[len(seen) - len(last) :] = last
        return seen

    def _info(self) -> dict[str, Any]:
        mask = np.zeros(self.codec.vocab_size, np.bool_) if self._mask is None else self._mask
        return {"action_mask": mask.astype(np.int8)}


def _token(action: Any) -> int:
    """Return an action as a token.

    Raises:
        UserError: it is no whole number.
    """
    if np.ndim(action) == 0 and np.asarray(action).dtype.kind in "iu":
        return int(action)
    raise UserError("an action that is a token, a whole number", f"{action!r:.60}", "give one")
