"""The drummer that looks back, in numpy: plays what `training.networks.drum_lookback` has learnt.

The LSTM runs once a 16th. Between two of its steps the hits of the word are drawn one token at a
time from small networks. What it looks back at, the last 16 bars, is part of its state.
"""

from __future__ import annotations

import copy
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding import drum_grid as grid
from daw_bridge.encoding.codec import Codec, Vocabulary, has_bars
from daw_bridge.encoding.drum_classes import N_WORDS, classes_of
from daw_bridge.errors import UserError
from daw_bridge.music.form import UNKNOWN, Label
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, Ticks
from daw_bridge.policies.card import Card
from daw_bridge.policies.drum_heads import HitHead, WordHead
from daw_bridge.policies.lstm import (
    ANY_SIZE,
    N_LAYERS,
    SIZE_OR_NONE,
    Layers,
    LayerState,
    Shapes,
    Sizes,
    Weights,
)
from daw_bridge.policies.observe_drums import (
    N_BEFORE,
    N_COPY_FEATURES,
    N_DENSE,
    N_HIT,
    N_SOURCES,
    N_WORDS_SEEN,
)
from daw_bridge.policies.observe_form import N_FORM, NO_FORM, form_features
from daw_bridge.policies.observe_place import N_PLACE, counted, place_rows
from daw_bridge.policies.policy import Logits
from daw_bridge.policies.recall_drums import Hit, Memory, before, feel, look, look_at_hit

Array = NDArray[np.float32]

_STYLE, _TEMPO, _FILL = 12, 8, 4

_GROUPS = (
    slice(grid.METER, grid.TEMPO),
    slice(grid.STYLE, None),
    slice(grid.TEMPO, grid.FILL),
    slice(grid.FILL, grid.STYLE),
)


class DrawnHits(NamedTuple):
    """A step's `word` while its hits are drawn: those `so_far`, and the classes `left`.

    `felt` [N_FEEL, 9] was observed before the step. `step` and `hit` go into the small networks for
    all hits of the step, and for the one that is due. Where its offset comes next, `velocity` is
    its velocity bin.
    """

    word: int
    felt: Array
    step: Array
    left: tuple[int, ...]
    so_far: tuple[Hit, ...] = ()
    hit: Array = np.zeros(0, np.float32)
    velocity: int | None = None


class LookBackState(NamedTuple):
    """Everything between two tokens.

    `conditions` are the tokens that opened the bar, and `told` is what stands for them. `label`
    says what the bar to come, or the open one, is to be, and `meter` how its beats are grouped.
    `given` is what the network makes of conditions and label, `places` where in the bar its steps
    are. `place` of `n_steps` is the step that is drawn, with what was `seen` before it and what the
    LSTM made of it, `hidden`. Where `hears_feel` is false, velocities and offsets are foretold from
    words alone. Where the style leads, the same music is heard with it and without: `layers` and
    `given` have two rows.
    """

    layers: tuple[LayerState, ...]
    memory: Memory
    hears_feel: bool
    told: Array
    label: Label = UNKNOWN
    meter: Meter | None = None
    given: Array = np.zeros(0, np.float32)
    conditions: tuple[int, ...] = ()
    places: Array = np.zeros((0, N_PLACE), np.float32)
    n_steps: int = 0
    place: int = 0
    seen: NDArray[np.int64] = np.zeros(0, np.int64)
    hidden: Array = np.zeros(0, np.float32)
    hits: DrawnHits | None = None

    def drawing(self, hits: DrawnHits) -> LookBackState:
        """Return the state with other hits; most tokens change nothing else."""
        return LookBackState(*self[:-1], hits)


class LookBackPolicy:
    """A look-back network over drum-grid or drum-text tokens.

    Logits of tokens that cannot come next are -inf. Safe to share between threads.
    """

    sizes: ClassVar[Sizes] = {
        "hidden": ANY_SIZE,
        "layers": N_LAYERS,
        "embedding": ANY_SIZE,
        "feel": SIZE_OR_NONE,
        "styles": ANY_SIZE,
        "tempos": ANY_SIZE,
    }

    def __init__(self, card: Card, codec: Codec, weights: Weights) -> None:
        self.card = card
        self._weights = weights
        words = weights["words"]
        layers, apart = card.network_shape["layers"], N_WORDS_SEEN * words.shape[1]
        told = N_FORM + _STYLE + _TEMPO + _FILL
        self._layers = Layers(weights, layers, apart=apart, told=told)
        self._seen = self._layers.apart(words, N_WORDS_SEEN)
        self._word_head = WordHead(weights)
        # Text does not say its meter, so all its bars have the same.
        step = Ticks(PPQ // codec.tokens.steps_per_quarter)
        self._text = (codec.meter, step) if codec.meter else None
        self._hit_head = None if self._text else HitHead(weights)
        self.foretells_feel = self._hit_head is not None
        self._nothing = np.full(card.vocab_size, -np.inf, np.float32)
        self._lead = np.float32(0)

    def guided(self, guidance: float) -> LookBackPolicy:
        """Return the same drummer, led by the style that it is told: 1 as it has learnt.

        Its words are drawn as far away from those that it would play without a style.

        Raises:
            UserError: it plays text, which has no style.
        """
        if self._text:
            what = "a model that is told a style, for guidance"
            raise UserError(what, self.card.name, "leave it out")
        led = copy.copy(self)
        led._lead = np.float32(guidance - 1)
        return led

    @staticmethod
    def shapes(
        *,
        vocab_size: int,
        hidden: int,
        layers: int,
        embedding: int,
        feel: int,
        styles: int = 19,
        tempos: int = 17,
    ) -> Shapes:
        """Return the name and shape of every tensor in the weights file; `feel` 0: words alone."""
        del vocab_size
        width = N_WORDS_SEEN * embedding + N_DENSE + _STYLE + _TEMPO + _FILL
        linear = {
            "attend": (N_SOURCES + N_COPY_FEATURES, hidden),
            "gate": (N_SOURCES + N_COPY_FEATURES + 2, hidden),
            "mix": (hidden, hidden + embedding),
            "output": (N_WORDS, hidden),
        }
        if feel:
            linear |= {
                "velocity_in": (feel, hidden + N_BEFORE + N_HIT),
                "velocity_mid": (feel, feel),
                "velocity_out": (grid.N_VELOCITIES, feel),
                "offset_in": (feel, hidden + N_BEFORE + N_HIT + 1),
                "offset_mid": (feel, feel),
                "offset_out": (2 * grid.N_OFFSETS, feel),
            }
        return {
            "words": (N_WORDS + 1, embedding),
            "style": (styles, _STYLE),
            "tempo": (tempos, _TEMPO),
            "fill": (3, _FILL),
            **Layers.shapes(width, hidden, layers),
            **{f"{name}.weight": shape for name, shape in linear.items()},
            **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        }

    @staticmethod
    def laid_down(vocabulary: Vocabulary) -> Sizes:
        """Return the sizes that follow from a vocabulary; one that says no meter tells no feel.

        Raises:
            UserError: its tokens are not those that the network knows: drum words, with how each
            hit is played or alone.
        """
        with_feel = grid.DrumGrid().tokens.names
        known = vocabulary.tokens.names in (with_feel, with_feel[: grid.BAR + 1])
        if not (has_bars(vocabulary) and known):
            what = "a codec of drums that a look-back network knows"
            raise UserError(what, vocabulary.name, "name token-look-back, or another codec")
        styles, tempos = len(grid.STYLES) + 1, len(grid.TEMPO_BOUNDS_QPM) + 2
        return {
            "feel": ANY_SIZE if vocabulary.meter is None else range(1),
            "styles": range(styles, styles + 1),
            "tempos": range(tempos, tempos + 1),
        }

    def initial_state(self, *, hears_feel: bool = True) -> LookBackState:
        """Return the state before a piece, or before words whose feel is not known."""
        layers = self._layers.initial_state(*([2] if self._lead else []))
        return LookBackState(layers, Memory.of_nothing(), hears_feel, self._told(0, 0, 0))

    def told(self, label: Label, meter: Meter, state: LookBackState) -> LookBackState:
        """Return the state before a bar, told what that bar is to be; text is told nothing."""
        return state if self._text else state._replace(label=label, meter=meter)

    def step(self, token: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        """Take a token; return the logits [vocab_size] of the one after it, and the new state.

        Raises:
            ValueError: the token cannot stand here.
        """
        if token == grid.BAR:
            return self._open_bar(state)
        if token < N_WORDS:
            return self._take_word(token, state)
        if token >= len(self._nothing):
            raise ValueError(f"expected a token below {len(self._nothing)}, found {token}")
        if token < grid.OFFSET_LAST:
            return self._take_velocity(token - grid.VELOCITY, state)
        if token < grid.METER:
            return self._take_offset(token, state)
        return self._take_condition(token, state)

    def _open_bar(self, state: LookBackState) -> tuple[Logits, LookBackState]:
        state = state._replace(conditions=(), n_steps=0, place=0)
        if self._text:
            return self._open(state, *self._text)
        return self._only(_GROUPS[0]), state

    def _take_condition(self, token: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        conditions = *state.conditions, token
        if len(conditions) < len(_GROUPS):
            return self._only(_GROUPS[len(conditions)]), state._replace(conditions=conditions)
        if len(conditions) > len(_GROUPS):
            raise ValueError(f"expected four conditions, found another, {token}")
        meter, style, tempo, fill = conditions
        told = self._told(style - grid.STYLE, tempo - grid.TEMPO, fill - grid.FILL)
        state = state._replace(conditions=conditions, told=told)
        return self._open(state, counted(grid.meter_of(meter), state.meter), SIXTEENTH)

    def _told(self, style: int, tempo: int, fill: int) -> Array:
        tables = self._weights["style"], self._weights["tempo"], self._weights["fill"]
        numbers = style, tempo, fill
        rows = [table[n] for table, n in zip(tables, numbers, strict=True)]
        return np.concatenate(rows)

    def _open(
        self, state: LookBackState, meter: Meter, step: Ticks
    ) -> tuple[Logits, LookBackState]:
        """Begin with the steps of a bar."""
        places = place_rows(meter, step)
        n_steps = len(places)
        memory = state.memory.reaching(n_steps)
        played, form = memory.words[: -memory.n_played - 1 : -1], NO_FORM
        if not self._text:
            form = form_features(state.label, played, n_steps)
        given = self._layers.told(np.concatenate((form, state.told)))
        if self._lead:
            _, _, tempo, fill = state.conditions
            others = self._told(0, tempo - grid.TEMPO, fill - grid.FILL)
            given = np.stack((given, self._layers.told(np.concatenate((form, others)))))
        state = state._replace(n_steps=n_steps, places=places, given=given)
        return self._word_logits(memory, 0, state)

    def _word_logits(
        self, memory: Memory, place: int, state: LookBackState
    ) -> tuple[Logits, LookBackState]:
        """Run the LSTM for the step to come, or ask for the bar's end."""
        if place >= state.n_steps:
            state = state._replace(memory=memory, place=place, hits=None)
            return self._only(slice(grid.BAR, grid.BAR + 1)), state
        sight = look(memory, state.places[place], state.n_steps, state.label.back)
        given = self._seen([(word,) for word in sight.words.tolist()], state.given)
        hidden, layers = self._layers.step(sight.dense, state.layers, given)
        told, *untold = hidden if self._lead else (hidden,)
        words = self._word_head(told, sight.copies, sight.copy_features)
        for each in untold:
            words += self._lead * (words - self._word_head(each, sight.copies, sight.copy_features))
        logits = self._nothing.copy()
        logits[:N_WORDS] = words
        state = LookBackState(
            layers,
            memory,
            state.hears_feel,
            state.told,
            state.label,
            state.meter,
            state.given,
            state.conditions,
            state.places,
            state.n_steps,
            place,
            sight.seen,
            told,
        )
        return logits, state

    def _take_word(self, word: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        if not state.n_steps:
            raise ValueError("expected meter, style, tempo and fill before the first word")
        if self._hit_head is None or not word:
            return self._close_step(word, (), state)
        felt = feel(state.memory, state.seen, state.n_steps)
        if not state.hears_feel:
            felt = np.zeros_like(felt)
        step = self._hit_head.of_step(state.hidden, before(state.memory))
        return self._velocity_logits(DrawnHits(word, felt, step, classes_of(word)), state)

    def _close_step(
        self, word: int, hits: tuple[Hit, ...], state: LookBackState
    ) -> tuple[Logits, LookBackState]:
        memory = state.memory.after(word, hits if state.hears_feel else ())
        return self._word_logits(memory, state.place + 1, state)

    def _velocity_logits(
        self, hits: DrawnHits, state: LookBackState
    ) -> tuple[Logits, LookBackState]:
        assert self._hit_head is not None  # noqa: S101  # text has no hits
        so_far = hits.so_far if state.hears_feel else ()
        seen = look_at_hit(hits.word, hits.left[0], so_far, hits.felt)
        hit = self._hit_head.of_hit(hits.step, seen)
        logits = self._nothing.copy()
        logits[grid.VELOCITY : grid.OFFSET_LAST] = self._hit_head.velocities(hit)
        return logits, state.drawing(DrawnHits(*hits[:-2], hit))

    def _take_velocity(self, velocity: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        hits = state.hits
        if self._hit_head is None or hits is None:
            raise ValueError("expected a velocity where a hit is due")
        struck = grid.scaled_velocity(velocity) if state.hears_feel else 0.0
        logits = self._nothing.copy()
        logits[grid.OFFSET_LAST : grid.METER] = self._hit_head.offsets(hits.hit, struck)
        return logits, state.drawing(DrawnHits(*hits[:-1], velocity))

    def _take_offset(self, token: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        hits = state.hits
        if hits is None or hits.velocity is None:
            raise ValueError("expected a velocity before an offset")
        more = token >= grid.OFFSET_MORE
        offset = token - (grid.OFFSET_MORE if more else grid.OFFSET_LAST)
        so_far = *hits.so_far, (hits.left[0], offset, hits.velocity)
        left = hits.left if more else hits.left[1:]
        if not left:
            return self._close_step(hits.word, so_far, state)
        hits = DrawnHits(hits.word, hits.felt, hits.step, left, so_far)
        return self._velocity_logits(hits, state)

    def _only(self, tokens: slice) -> Logits:
        logits = self._nothing.copy()
        logits[tokens] = 0
        return logits
