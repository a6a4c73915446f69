"""How hard notes are struck: a small network that gives a bar's notes their velocities.

It sees notes one by one in the order of time, after all of the bar are known. What foretells the
notes knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.music.form import UNKNOWN, Label
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.policies.lstm import ANY_SIZE, Array, Layers, LayerState, Shapes, Sizes, Weights
from daw_bridge.policies.observe_touch import (
    BEFORE,
    LOUD,
    N_TOUCH,
    N_VELOCITIES,
    Heard,
    drum_voices,
    observe,
    struck,
)
from daw_bridge.policies.phrases import Phrases
from daw_bridge.policies.sampling import sample

N_CHOICES = N_VELOCITIES + BEFORE
"""A velocity of its own, or again one of those that were before."""

ASKED, DRAWN = 3.0, 1.5
"""How much farther a loudness that is told leads, asked for or drawn: what was played before says
most of the rest. What is drawn has the spread of real music so, within phrases and in all."""

Velocities = Mapping[tuple[int, int, int], int]
"""By voice, start and pitch of a note."""


@dataclass(frozen=True, slots=True, eq=False)
class TouchState:
    """What a touch knows before a bar: told of loudness, and `free` of it. It is never changed."""

    layers: tuple[LayerState, ...]
    free: tuple[LayerState, ...]
    heard: Heard


class Touch:
    """Play the velocities of notes: an LSTM, and the chances of each velocity.

    What is hardly likely, beyond `top_p`, is not drawn: it would be heard, and come again.

    Safe to share between threads: it holds weights alone.
    """

    sizes: ClassVar[Sizes] = {"hidden": ANY_SIZE, "embedding": ANY_SIZE}

    def __init__(self, vocabulary: Vocabulary, weights: Weights, top_p: float = 1.0) -> None:
        self._top_p = top_p
        self._drums = drum_voices(vocabulary)
        self._embedding = weights["embedding"]
        self._layers = Layers(weights, 1, told=N_TOUCH)
        self._output = np.ascontiguousarray(weights["output.weight"])
        self._bias = weights["output.bias"]
        self._phrases = weights["phrases"]

    @staticmethod
    def shapes(*, hidden: int, embedding: int) -> Shapes:
        """Return the name and shape of every tensor in the weights file."""
        return {
            "embedding": (N_VELOCITIES, embedding),
            **Layers.shapes(BEFORE * embedding + N_TOUCH, hidden, 1),
            "output.weight": (N_CHOICES, hidden),
            "output.bias": (N_CHOICES,),
            "phrases": (len(Loudness) + 1, len(Loudness)),
        }

    def initial_state(self) -> TouchState:
        """Return the state before any music."""
        layers = self._layers.initial_state()
        return TouchState(layers, layers, Heard())

    def phrases(self, seed: int) -> Phrases:
        """Return how loud each phrase is where none is asked for, drawn by a seed."""
        return Phrases(self._phrases, seed)

    def hear(self, bar: Bar, state: TouchState) -> TouchState:
        """Return the state after a bar that others played."""
        return self._run(bar, state, UNKNOWN, None, lambda note, *_: note.velocity)[1]

    def play(
        self,
        bar: Bar,
        state: TouchState,
        rng: np.random.Generator,
        *,
        label: Label = UNKNOWN,
        loudness: Loudness | None = None,
        guidance: float = ASKED,
        given: Velocities | None = None,
    ) -> tuple[Bar, TouchState]:
        """Return a bar with velocities of its own, and the state after it.

        A `loudness` that is told leads by `guidance` times what it changes. Notes that are `given`
        keep theirs. One number is taken from `rng` for each other note at most.
        """
        known = given or {}

        def choose(note: Note, logits: Array, before: tuple[int, ...]) -> int:
            velocity = known.get((note.voice, note.start, note.pitch))
            return _drawn(logits, before, rng, self._top_p) if velocity is None else velocity

        return self._run(bar, state, label, loudness, choose, guidance)

    def _run(
        self,
        bar: Bar,
        state: TouchState,
        label: Label,
        loudness: Loudness | None,
        choose: Callable[[Note, Array, tuple[int, ...]], int],
        guidance: float = ASKED,
    ) -> tuple[Bar, TouchState]:
        told, free = loudness is not None, state.free
        heard, layers = state.heard.copy(), state.layers if told else free
        notes = struck(bar)
        seen = observe(bar, notes, heard, label, loudness, self._drums)
        velocities: dict[Note, int] = {
            note: heard.velocity.get(note.voice, note.velocity) for note in bar.notes if note.tied
        }
        for note, features in zip(notes, seen, strict=True):
            before = heard.before(note, label.back)
            inputs = self._embedding[list(before)].ravel()
            logits, layers = self._foretold(inputs, features, layers)
            if told:
                features[LOUD] = 0
                untold, free = self._foretold(inputs, features, free)
                logits = untold + np.float32(guidance) * (logits - untold)
            velocities[note] = choose(note, logits, before)
            heard.take(note, velocities[note])
        touched = [replace(note, velocity=velocities[note]) for note in bar.notes]
        state = TouchState(layers, free if told else layers, heard.closed())
        return Bar.of(touched, bar.meter), state

    def _foretold(
        self, inputs: Array, features: Array, layers: tuple[LayerState, ...]
    ) -> tuple[Array, tuple[LayerState, ...]]:
        """Return the logits [N_CHOICES] of a note, and the state after it."""
        out, layers = self._layers.step(inputs, layers, self._layers.told(features))
        logits: Array = self._output.dot(out)
        logits += self._bias
        return logits, layers


def _drawn(logits: Array, before: tuple[int, ...], rng: np.random.Generator, top_p: float) -> int:
    """Draw a velocity: one of its own, or one of those before, of which 0 is none."""
    allowed = np.ones(N_CHOICES, np.bool_)
    allowed[0] = False
    allowed[N_VELOCITIES:] = np.array(before) > 0
    choice = sample(logits, top_p=top_p, allowed=allowed, rng=rng)
    return choice if choice < N_VELOCITIES else before[choice - N_VELOCITIES]
