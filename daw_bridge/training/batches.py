"""Pieces cut, sorted by length and laid side by side, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from daw_bridge.music.form import Label

Array = NDArray[np.generic]
Batch = dict[str, Tensor]
"""T steps of B pieces, time first, by name; what each network needs is said in its `loss`."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What a network is shown of one piece.

    `steps` have a row each step. `events` have a row each event (a drum hit, say), of which
    `events["step"]`, in order, says when it is. `padding` is what stands where a piece has
    ended; 0 where it does not say. Steps may have a `weight`; without one, each counts as 1.
    `weights` say how often it is learnt in an epoch, and in one of the last. `labels` are of the
    bars, where there are any.
    """

    name: str
    steps: Mapping[str, Array]
    events: Mapping[str, Array] = field(default_factory=dict)
    padding: Mapping[str, int] = field(default_factory=dict)
    weights: tuple[float, float] = (1.0, 1.0)
    labels: tuple[Label, ...] = ()

    def __len__(self) -> int:
        """Count the steps."""
        return len(next(iter(self.steps.values())))


class Segment(NamedTuple):
    """The steps `begin`..`end` of an example."""

    example: Example
    begin: int
    end: int


def cut(
    examples: Sequence[Example], longest: int, grid: int, rng: np.random.Generator
) -> list[Segment]:
    """Cut examples of more than `longest` steps, at another multiple of `grid` each time."""
    segments = []
    for example in examples:
        n = len(example)
        first = int(rng.integers(1, longest // grid + 1)) * grid if n > longest else n
        cuts = [0, *range(first, n, longest), n]
        segments += [Segment(example, a, b) for a, b in pairwise(cuts) if b > a]
    return segments


def drawn(segments: Sequence[Segment], stage: int, rng: np.random.Generator) -> list[Segment]:
    """Draw each segment as often as its example's weight of a stage says, on the average."""
    weights = np.array([segment.example.weights[stage] for segment in segments])
    times = np.floor(weights + rng.random(len(segments))).astype(int)
    return [segment for segment, n in zip(segments, times.tolist(), strict=True) for _ in range(n)]


def whole(examples: Sequence[Example]) -> list[Segment]:
    """Take examples as they are."""
    return [Segment(example, 0, len(example)) for example in examples if len(example)]


def groups(
    segments: Sequence[Segment], size: int, rng: np.random.Generator | None = None
) -> list[list[Segment]]:
    """Put segments of nearly equal length together; with `rng` in another order each time."""
    lengths = np.array([segment.end - segment.begin for segment in segments], np.float64)
    if rng is not None:
        lengths *= rng.uniform(0.9, 1.1, len(lengths))
    order = np.argsort(lengths, kind="stable")
    out = [[segments[i] for i in order[k : k + size]] for k in range(0, len(order), size)]
    if rng is not None:
        out = [out[i] for i in rng.permutation(len(out))]
    return out


def chunks(group: Sequence[Segment], length: int) -> Iterator[Batch]:
    """Yield a group's batches of at most `length` steps, one after the other; the state goes on.

    Tensors of steps are [T, B, ...], time first. `weight` [T, B] is 0 where a piece has ended.
    Tensors of events are [H, ...], with `step` and `lane` to say where in the batch each is.
    """
    for at in range(0, max(segment.end - segment.begin for segment in group), length):
        parts = [
            Segment(s.example, min(s.begin + at, s.end), min(s.begin + at + length, s.end))
            for s in group
        ]
        yield {**_steps(parts), **_events(parts)}


def _steps(parts: Sequence[Segment]) -> Batch:
    n = max(part.end - part.begin for part in parts)
    out: dict[str, Array] = {"weight": np.zeros((n, len(parts)), np.float32)}
    for name, rows in parts[0].example.steps.items():
        kind = np.float32 if rows.dtype.kind == "f" else np.int64
        fill = parts[0].example.padding.get(name, 0)
        out[name] = np.full((n, len(parts), *rows.shape[1:]), fill, kind)
    for lane, (example, begin, end) in enumerate(parts):
        out["weight"][: end - begin, lane] = 1
        for name, rows in example.steps.items():
            out[name][: end - begin, lane] = rows[begin:end]
    return {name: torch.from_numpy(array) for name, array in out.items()}


def _events(parts: Sequence[Segment]) -> Batch:
    names = parts[0].example.events.keys()
    if not names:
        return {}
    found: dict[str, list[Array]] = {name: [] for name in (*names, "lane")}
    for lane, (example, begin, end) in enumerate(parts):
        span = slice(*np.searchsorted(example.events["step"], [begin, end]))
        for name in names:
            found[name].append(example.events[name][span])
        found["step"][-1] = found["step"][-1].astype(np.int64) - begin
        found["lane"].append(np.full(span.stop - span.start, lane))
    return {
        name: torch.from_numpy(_plain(np.concatenate(arrays))) for name, arrays in found.items()
    }


def _plain(array: Array) -> Array:
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
