"""Pieces drawn by the thousand, in lanes: each is the one that a jam of its seed would begin with.

Only the guard of a jam is missing, which draws a bar again that goes round in circles.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec, Constraint, Grammar
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.music.form import UNKNOWN, Label
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.policies.sampling import GRID, generator
from daw_bridge.training.lanes.lanes import Floats, Ints, Lanes

_SURELY_FIRST = 1 - 1e-9
"""As in `policies.sampling`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn: `bars` of a `meter`, after bars that were `heard`, under `constraints`.

    `form` says of a piece, by its seed, what each bar is to be.
    """

    bars: int = 8
    meter: Meter = Meter()
    temperature: float = 1.0
    top_p: float = 1.0
    heard: Sequence[Bar] = ()
    constraints: Sequence[Constraint] = ()
    form: Callable[[int], Callable[[int], Label]] = lambda _: lambda _: UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A piece: its seed, the tokens of its bars [n_tokens], and the bars."""

    seed: int
    tokens: Ints
    bars: tuple[Bar, ...]


class Choice(NamedTuple):
    """What may come next in a lane, and what has chance in it."""

    allowed: NDArray[np.bool_]
    rng: np.random.Generator


Piece = Generator[int | Choice, int, Drawn]
"""A piece that is being drawn: asks for a token that is given, or for a choice, and is sent it."""


def pieces(lanes: Lanes, codec: Codec, seeds: Iterable[int], plan: Plan) -> Iterator[Drawn]:
    """Yield a piece for each seed, as they are finished; lanes that are free begin with the next.

    Raises:
        UserError: a seed is negative, or the constraints leave nothing that may come next.
    """
    left = iter(seeds)
    drawing: dict[int, Piece] = {}
    asked: dict[int, int | Choice] = {}
    seed: int | None
    logits = np.zeros((lanes.count, codec.vocab_size), np.float32)
    for k, seed in enumerate(islice(left, lanes.count)):
        drawing[k] = _piece(lanes, k, codec, seed, plan)
        asked[k] = next(drawing[k])
    while asked:
        these = np.array(list(asked))
        tokens = _chosen(logits[these], list(asked.values()), plan)
        logits[these] = lanes.step(tokens, these)
        for k, token in zip(these.tolist(), tokens.tolist(), strict=True):
            try:
                asked[k] = drawing[k].send(token)
            except StopIteration as end:
                del asked[k]
                yield end.value
                if (seed := next(left, None)) is not None:
                    drawing[k] = _piece(lanes, k, codec, seed, plan)
                    asked[k] = next(drawing[k])


def _piece(lanes: Lanes, lane: int, codec: Codec, seed: int, plan: Plan) -> Piece:
    """Draw a piece in a lane, as `policies.bars` does."""
    lanes.begin(np.array([lane]))
    yield codec.start_token
    before: Bar | None = None
    for before in plan.heard:
        lanes.told(lane, UNKNOWN, before.meter)
        for token in codec.encode(before):
            yield int(token)
    tokens, bars, form = list[int](), list[Bar](), plan.form(seed)
    for number in range(plan.bars):
        ask, rng = Ask(number, meter=plan.meter, before=before), generator(seed, number)
        whole = codec.grammar(plan.meter)
        grammar: Grammar = whole
        for constrain in plan.constraints:
            grammar = constrain(grammar, ask)
        lanes.told(lane, form(number), plan.meter)
        while (allowed := grammar.allowed()) is not None:
            tokens.append((yield Choice(allowed, rng)))
            grammar.push(tokens[-1])
        before = whole.bar()
        bars.append(before)
    return Drawn(seed, np.array(tokens), tuple(bars))


def _chosen(logits: Floats, asked: Sequence[int | Choice], plan: Plan) -> Ints:
    """Return the tokens [n] that are given, or drawn."""
    tokens = np.array([each if isinstance(each, int) else -1 for each in asked])
    choices = [each for each in asked if isinstance(each, Choice)]
    if choices:
        drawn = draw(
            logits[tokens < 0],
            np.stack([each.allowed for each in choices]),
            [each.rng for each in choices],
            temperature=plan.temperature,
            top_p=plan.top_p,
        )
        tokens[tokens < 0] = drawn
    return tokens


def draw(
    logits: Floats,
    allowed: NDArray[np.bool_],
    rngs: Sequence[np.random.Generator],
    *,
    temperature: float,
    top_p: float,
) -> Ints:
    """Draw tokens [n] from logits [n, vocab_size], each as `policies.sampling.sample` does.

    Raises:
        UserError: nothing is allowed.
    """
    n = np.arange(len(logits))
    scores = np.where(allowed, np.rint(logits.astype(np.float64) * GRID), -np.inf)
    best: Ints = scores.argmax(1)
    top = scores[n, best][:, None]
    if not np.isfinite(top).all():
        what = "a token that may come next"
        raise UserError(what, "none that is allowed", "loosen the constraints")
    if temperature == 0:
        return best
    chances = np.exp((scores - top) / (GRID * temperature))
    free = np.count_nonzero(scores > -np.inf, 1) > 1
    drawn = np.array([rng.random() if f else 0.0 for rng, f in zip(rngs, free, strict=True)])
    total = chances.sum(1)
    ranked = np.flatnonzero(free & (drawn * total >= _SURELY_FIRST))
    order = (-scores[ranked]).argsort(1, kind="stable")
    mass = np.take_along_axis(chances[ranked], order, 1).cumsum(1)
    last = (mass >= top_p * mass[:, -1:]).argmax(1)
    rows = np.arange(len(ranked))
    wanted = drawn[ranked] * mass[rows, last]
    place = np.minimum((mass > wanted[:, None]).argmax(1), last)
    best[ranked] = order[rows, place]
    return best
