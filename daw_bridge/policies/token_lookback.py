"""The network over tokens that looks back, in numpy.

It plays what `training.networks.token_lookback` has learnt. The LSTM runs once a step. Within a
step tokens are drawn one at a time from a small network on top. What it looks back at, the last
bars, is part of its state.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec, Vocabulary
from daw_bridge.music.form import UNKNOWN, Label
from daw_bridge.music.time import PPQ, Meter, Ticks
from daw_bridge.policies.card import Card
from daw_bridge.policies.guided import Lead
from daw_bridge.policies.layout import Layout, layout_of
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
from daw_bridge.policies.observe_form import N_FORM, NO_FORM, form_features
from daw_bridge.policies.observe_leap import N_WAYS, NO_LEAP, Leap, LeapTable
from daw_bridge.policies.observe_place import N_PLACE, counted, place_rows
from daw_bridge.policies.observe_tokens import N_FEATURES
from daw_bridge.policies.policy import Logits
from daw_bridge.policies.recall_tokens import Memory, look
from daw_bridge.policies.token_heads import LEAST, Drawn, Opened, TokenHead

Array = NDArray[np.float32]

KEY_WIDTH = 12
"""Numbers that stand for a key."""

KEPT_TOLD = 128
"""Places in bars, and keys, that were met last; at 256 cells these are half a megabyte."""


class TokenState(NamedTuple):
    """Everything between two tokens.

    `memory` is of the steps that were closed; `place` is the number in the bar of the open one,
    and `drawn` what it holds. `label` says what the bar to come, or the open one, is told to be,
    `asked` in which meter, and `form` what is observed of the former; `meter` is the open bar's.
    All tokens are kept moved by `shift` semitones, to where `keys` have their tonic on C: when the
    key changes, what was played goes with it. `leap` is the melody's that is open, where it sounds.
    A policy that is led hears two keys [k], told and untold; what it makes of them are rows, and
    all else is the same for both.
    """

    layers: tuple[LayerState, ...]
    memory: Memory
    place: int = 0
    n_steps: int = 1
    meter: Meter | None = None
    keys: tuple[int, ...] = ()
    shift: int = 0
    begun: bool = False
    label: Label = UNKNOWN
    asked: Meter | None = None
    form: Array = np.zeros(1, np.float32)
    leap: Leap = NO_LEAP
    opened: Opened | None = None
    drawn: Drawn | None = None


class _Move:
    """What moves tokens to where the network hears them, and its logits back.

    At the ends of an encoding's range two tokens may come to lie on one: they share its chance.
    """

    def __init__(self, shift: int, layout: Layout, places: NDArray[np.int64]) -> None:
        tokens = layout.moved(shift)
        shared = np.log(np.bincount(tokens)[tokens[:-1]]).astype(np.float32)
        self.tokens: list[int] = tokens.tolist()
        self._places = places[tokens[:-1]]
        self._shared = shared if shared.any() else None

    def back(self, logits: Array) -> Logits:
        """Return the logits, which stand by `places`, of the tokens as they are played."""
        out: Logits = logits[self._places]
        return out if self._shared is None else out - self._shared


class TokenLookBackPolicy:
    """A network that looks back over the tokens of a pitched encoding.

    Safe to share between threads: it holds weights alone.
    """

    foretells_feel = False
    sizes: ClassVar[Sizes] = {
        "hidden": ANY_SIZE,
        "layers": N_LAYERS,
        "embedding": ANY_SIZE,
        "looked": ANY_SIZE,
        "head": ANY_SIZE,
        "seen": SIZE_OR_NONE,
        "copied": SIZE_OR_NONE,
        "keys": ANY_SIZE,
        "voices": SIZE_OR_NONE,
        "leaps": range(2),
    }

    def __init__(self, card: Card, codec: Codec, weights: Weights) -> None:
        self.card = card
        self._layout = layout = layout_of(codec)
        looked, nothing = weights["looked"][:-1], weights["looked"][-1]
        self._keys = weights["key"]
        self._step_ticks = Ticks(PPQ // max(layout.tokens.steps_per_quarter, 1))
        width = layout.n_seen * len(nothing)
        layers, told = card.network_shape["layers"], N_PLACE + KEY_WIDTH + N_FORM
        self._layers = Layers(weights, layers, apart=width, told=told)
        self._told = lru_cache(maxsize=KEPT_TOLD)(self._tell)
        # Of a step all places for tokens are looked at, those without one as well.
        self._seen = self._layers.apart(looked - nothing, layout.n_seen)
        self._empty = self._seen.everywhere(nothing * np.float32(layout.kept))
        self._head = TokenHead(weights, layout)
        self._on_a_step: list[bool] = (layout.tokens.rank >= 0).tolist()
        self._ends_step: list[bool] = layout.tokens.ends_step.tolist()
        self._shifts: list[int] = layout.home().tolist()
        self._moves = {
            shift: _Move(shift, layout, self._head.places) for shift in set(self._shifts)
        }
        self._leaps = LeapTable(layout.tokens) if "leap.weight" in weights else None
        self._waiting = np.full(card.vocab_size, LEAST, np.float32)
        self._lead: Lead | None = None

    def guided(self, guidance: float) -> TokenLookBackPolicy:
        """Return the same policy, led by what it is told."""
        led = copy.copy(self)
        led._lead = Lead.of(self._layout.tokens, guidance, self.card.name)
        return led

    @staticmethod
    def shapes(
        *,
        vocab_size: int,
        hidden: int,
        layers: int,
        embedding: int,
        looked: int,
        head: int,
        seen: int,
        copied: int,
        keys: int,
        voices: int,
        leaps: int = 0,
    ) -> Shapes:
        """Return the name and shape of every tensor in the weights file.

        `looked` is the width of what is seen of one earlier step, `head` that of the network over
        tokens; `seen` and `copied` count earlier steps, `keys` the keys with "any", `voices` those
        that play one note at a time. With `leaps` it is told which leap of a melody is open.
        """
        width = seen * looked + copied * N_FEATURES + N_PLACE + KEY_WIDTH + N_FORM
        linear = {
            "attend": (copied + N_FEATURES + 1, hidden),
            "head": (head, hidden + (4 if voices else 3) * embedding),
            "gate": (copied + N_FEATURES + 3, head),
            "output": (vocab_size, head),
        } | ({"leap": (N_WAYS, hidden)} if leaps else {})
        return {
            "tokens": (vocab_size + 1, embedding),
            "looked": (vocab_size + 1, looked),
            "key": (keys, KEY_WIDTH),
            **Layers.shapes(width, hidden, layers),
            **{f"{name}.weight": shape for name, shape in linear.items()},
            **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        }

    @staticmethod
    def laid_down(vocabulary: Vocabulary) -> Sizes:
        """Return the sizes that follow from a vocabulary.

        Raises:
            UserError: nothing in it has a pitch.
        """
        layout = layout_of(vocabulary)
        sizes = {
            "seen": layout.n_seen,
            "copied": layout.n_copied,
            "keys": len(layout.home()),
            "voices": layout.n_voices,
        }
        of_leaps = range(1 + (layout.n_voices == 1))
        return {name: range(n, n + 1) for name, n in sizes.items()} | {"leaps": of_leaps}

    def initial_state(self) -> TokenState:
        """Return the state before a piece."""
        layers = self._layers.initial_state(*([] if self._lead is None else [2]))
        return TokenState(layers, Memory.of_nothing(self._layout))

    def told(self, label: Label, meter: Meter, state: TokenState) -> TokenState:
        """Return the state before a bar, told what that bar is to be."""
        return state._replace(label=label, asked=meter)

    def step(self, token: int, state: TokenState) -> tuple[Logits, TokenState]:
        """Take a token; return the logits [vocab_size] of the one after it, and the new state.

        Between bars, where the tokens of meter and key are forced, all logits are equal.
        """
        tokens, (first_key, end_key) = self._layout.tokens, self._layout.keys
        if state.begun and self._on_a_step[token]:
            if self._leaps is not None:
                state = state._replace(leap=self._leaps.after(state.leap, token))
            return self._take(self._moves[state.shift].tokens[token], state)
        if first_key <= token < end_key:
            shift = self._shifts[token - first_key]
            heard = (token,) if self._lead is None else self._lead.heard(token)
            keys = tuple(self._moves[shift].tokens[each] - first_key for each in heard)
            features = form_features(state.label, state.memory.ids, state.n_steps)
            form = self._layers.told_more(features)
            return self._open(state._replace(keys=keys, shift=shift, form=form))
        if said := tokens.meters[token]:
            n_steps, meter = int(tokens.bar_steps[token]), counted(said, state.asked)
            state = state._replace(n_steps=n_steps, meter=meter, place=0)
        state = state._replace(begun=True)
        # Without bars there is nothing to wait for: the start token opens the first step.
        return (self._waiting, state) if end_key else self._open(state)

    def _take(self, token: int, state: TokenState) -> tuple[Logits, TokenState]:
        """Take a token that falls on a step."""
        assert state.drawn is not None  # noqa: S101  # tokens fall on steps that were opened
        if not self._ends_step[token]:
            return self._draw(TokenState(*state[:-1], self._head.take(token, state.drawn)))
        has_bars = bool(self._layout.keys[1])
        memory = state.memory.after((*state.drawn.tokens, token), state.n_steps, self._layout)
        place = state.place + 1 if has_bars else 0
        state = TokenState(state.layers, memory, place, *state[3:-2])
        ends_bar = has_bars and state.place == state.n_steps
        return (self._waiting, state) if ends_bar else self._open(state)

    def _open(self, state: TokenState) -> tuple[Logits, TokenState]:
        """Look back and run the LSTM for the step to come."""
        sight = look(state.memory, state.n_steps, self._layout, state.label.back)
        told = self._told(state.place, state.meter, state.keys) + state.form
        given = self._seen(sight.seen, told)
        hidden, layers = self._layers.step(sight.features.ravel(), state.layers, given)
        opened = self._head.open(hidden, sight)
        drawn = self._head.begin(opened, state.memory.notes)
        return self._draw(TokenState(layers, *state[1:-2], opened, drawn))

    def _tell(self, place: int, meter: Meter | None, keys: tuple[int, ...]) -> Array:
        """Return what the first layer makes of a place in the bar and a key, and no steps: [4H].

        Of two keys it is two rows; without keys all is in one.
        """
        at = place_rows(meter, self._step_ticks)[place]
        told = [np.concatenate((at, self._keys[key], NO_FORM)) for key in keys or (0,)]
        made = [self._layers.told(each) + self._empty for each in told]
        return np.stack(made) if len(keys) == 2 else made[0]

    def _draw(self, state: TokenState) -> tuple[Logits, TokenState]:
        """Return the logits of the next token of the open step."""
        assert state.opened is not None  # noqa: S101
        assert state.drawn is not None  # noqa: S101
        back = self._moves[state.shift].back
        ways = [back(each) for each in self._head.logits(state.opened, state.drawn)]
        if self._leaps is not None and state.leap.direction:
            of_tokens = self._leaps.ways(state.leap)
            ways = [
                each + lean[of_tokens] for each, lean in zip(ways, state.opened.leans, strict=True)
            ]
        return ways[0] if self._lead is None else self._lead(ways), state
