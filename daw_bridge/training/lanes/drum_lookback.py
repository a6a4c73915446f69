"""The drummer that looks back, in many lanes; `policies.drum_lookback` plays one.

A token of a lane may be a word, for which the LSTM runs once its hits are drawn, or say how a hit
is played, or a condition; lanes of each sort are worked on together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from daw_bridge.encoding import drum_grid as grid
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS
from daw_bridge.music.form import UNKNOWN, Label
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, Ticks
from daw_bridge.policies.activations import OF_LOG_CHANCE
from daw_bridge.policies.drum_heads import LEAST
from daw_bridge.policies.observe_drums import N_COPY_FEATURES, N_FEEL, N_HIT, N_SOURCES, NOTHING
from daw_bridge.policies.observe_form import N_FORM, NO_FORM, form_features
from daw_bridge.policies.observe_place import N_PLACE, counted, place_rows
from daw_bridge.training.lanes.lanes import Floats, Ints
from daw_bridge.training.lanes.layers import Layers, Tensors, as_tensors
from daw_bridge.training.lanes.recall_drums import BITS, Memory

NO = -1e4
"""What stands for a score that nothing has."""

_CONDITIONS = 4
_GROUPS = (
    (grid.METER, grid.TEMPO),
    (grid.STYLE, -1),
    (grid.TEMPO, grid.FILL),
    (grid.FILL, grid.STYLE),
)
_STARTS = np.array([first for first, _ in _GROUPS])


class DrumLookBackLanes:
    """Lanes of a look-back network over drum-grid or drum-text tokens.

    `shape` are its sizes and `weights` its tensors, as a card and a file have them. Logits of
    tokens that cannot come next are -inf.
    """

    def __init__(
        self, codec: Codec, shape: Mapping[str, int], weights: Mapping[str, Any], count: int
    ) -> None:
        self.count, self._vocab_size = count, codec.vocab_size
        tensors = as_tensors(weights)
        self._tables = [tensors[name] for name in ("words", "style", "tempo", "fill")]
        self._layers = Layers(tensors, shape["layers"], count)
        self._memory = Memory(count)
        self._word_head = _WordHead(tensors)
        step = Ticks(PPQ // codec.tokens.steps_per_quarter)
        self._text = (codec.meter, step) if codec.meter else None
        self._hit_head = None if self._text else _HitHead(tensors, count)
        self._labels, self._asked = [UNKNOWN] * count, list[Meter | None]([None] * count)
        self._conditions = [list[int]() for _ in range(count)]
        self._told = np.zeros((count, 3), np.int64)
        self._form = np.zeros((count, N_FORM), np.float32)
        self._places: list[Floats] = [np.zeros((1, N_PLACE), np.float32)] * count
        self._n_steps, self._place, self._word, self._drum, self._velocity = (
            np.zeros(count, np.int64) for _ in range(5)
        )
        self._seen = np.zeros((count, 5), np.int64)
        self._hidden = torch.zeros(count, shape["hidden"])
        self._felt = np.zeros((count, N_FEEL, N_CLASSES), np.float32)
        self._first = np.zeros((count, 3, N_CLASSES), np.float32)
        self._same = np.zeros((count, 4), np.float32)
        self.begin(np.arange(count))

    def begin(self, lanes: Ints) -> None:
        """Go back to before a piece in some lanes."""
        self._layers.begin(lanes)
        self._memory.begin(lanes)
        self._told[lanes] = 0
        self._place[lanes] = self._n_steps[lanes] = 0
        for lane in lanes.tolist():
            self._labels[lane], self._asked[lane] = UNKNOWN, None
            self._conditions[lane] = []

    def told(self, lane: int, label: Label, meter: Meter) -> None:
        """Tell a lane what its next bar is to be; text is told nothing."""
        if not self._text:
            self._labels[lane], self._asked[lane] = label, meter

    def step(self, tokens: Ints, lanes: Ints) -> Floats:
        """Take a token [n] in each of n different lanes; return the logits [n, vocab_size]."""
        logits = np.full((len(lanes), self._vocab_size), -np.inf, np.float32)
        is_word, is_bar = tokens < N_WORDS, tokens == grid.BAR
        is_velocity = (tokens > grid.BAR) & (tokens < grid.OFFSET_LAST)
        is_offset = (tokens >= grid.OFFSET_LAST) & (tokens < grid.METER)
        opens = np.zeros(len(lanes), np.bool_)
        hits = np.zeros(len(lanes), np.bool_)
        for at in np.flatnonzero(is_bar | (tokens >= grid.METER)).tolist():
            opens[at] = self._take_condition(int(tokens[at]), int(lanes[at]), logits[at])
        with torch.inference_mode():
            hits[is_word] = self._take_words(tokens[is_word], lanes[is_word])
            hits[is_offset] = self._take_offsets(tokens[is_offset], lanes[is_offset])
            closed = (is_word | is_offset) & ~hits
            if closed.any():
                self._close(lanes[closed])
            opens |= closed
            ended = opens & (self._place[lanes] >= self._n_steps[lanes])
            logits[ended, grid.BAR] = 0
            opens &= ~ended
            if opens.any():
                logits[opens, :N_WORDS] = self._word_logits(lanes[opens])
            if self._hit_head is not None and hits.any():
                logits[hits, grid.VELOCITY : grid.OFFSET_LAST] = self._velocities(lanes[hits])
            if self._hit_head is not None and is_velocity.any():
                these, drawn = lanes[is_velocity], tokens[is_velocity] - grid.VELOCITY
                self._velocity[these] = drawn
                offsets = self._hit_head.offsets(these, _scaled_velocity(drawn))
                logits[is_velocity, grid.OFFSET_LAST : grid.METER] = offsets
        return logits

    def _take_condition(self, token: int, lane: int, logits: Floats) -> bool:
        """Take a bar's end or a condition; say what follows, or return whether words do."""
        said = self._conditions[lane]
        if token == grid.BAR:
            said.clear()
            self._place[lane] = 0
            if self._text:
                self._open_bar(lane, *self._text)
                return True
        else:
            said.append(token)
        if len(said) < _CONDITIONS:
            first, end = _GROUPS[len(said)]
            logits[first : end if end > 0 else None] = 0
            return False
        meter, style, tempo, fill = said
        self._told[lane] = style - grid.STYLE, tempo - grid.TEMPO, fill - grid.FILL
        self._open_bar(lane, counted(grid.meter_of(meter), self._asked[lane]), SIXTEENTH)
        return True

    def _open_bar(self, lane: int, meter: Meter, step: Ticks) -> None:
        self._places[lane] = place_rows(meter, step)
        n_steps = len(self._places[lane])
        self._memory.reaching(lane, n_steps)
        form = NO_FORM
        if not self._text:
            form = form_features(self._labels[lane], self._memory.played(lane), n_steps)
        self._form[lane], self._n_steps[lane] = form, n_steps

    def _word_logits(self, lanes: Ints) -> Floats:
        """Look back and run the LSTM for the steps to come."""
        places = np.stack([self._places[k][self._place[k]] for k in lanes.tolist()])
        told = np.array([self._labels[lane].back for lane in lanes.tolist()])
        sight = self._memory.look(places, self._n_steps[lanes], told, lanes)
        words, style, tempo, fill = self._tables
        said = torch.from_numpy(self._told[lanes])
        inputs = [
            words[torch.from_numpy(sight.words)].flatten(1),
            torch.from_numpy(sight.dense),
            torch.from_numpy(self._form[lanes]),
            style[said[:, 0]],
            tempo[said[:, 1]],
            fill[said[:, 2]],
        ]
        hidden = self._layers.step(torch.cat(inputs, 1), lanes)
        self._hidden[torch.from_numpy(lanes)] = hidden
        self._seen[lanes] = sight.seen
        features = torch.from_numpy(np.ascontiguousarray(sight.copy_features))
        logits: Floats = self._word_head(hidden, torch.from_numpy(sight.copies), features).numpy()
        return logits

    def _take_words(self, words: Ints, lanes: Ints) -> NDArray[np.bool_]:
        """Take words; return which have hits that are to be drawn."""
        self._word[lanes] = words
        self._first[lanes] = 0
        drawn = (words > 0) & (self._hit_head is not None)
        if self._hit_head is not None and drawn.any():
            these = lanes[drawn]
            self._felt[these] = self._memory.feel(self._seen[these], self._n_steps[these], these)
            before = torch.from_numpy(self._memory.before(these))
            self._hit_head.of_step(self._hidden[torch.from_numpy(these)], before, these)
            self._drum[these] = _next_drum(words[drawn], np.full(len(these), -1))
            self._same[these] = 0
        return drawn

    def _take_offsets(self, tokens: Ints, lanes: Ints) -> NDArray[np.bool_]:
        """Take offsets, which end hits; return which lanes have another one in their steps."""
        if not len(lanes):
            return np.zeros(0, np.bool_)
        more = tokens >= grid.OFFSET_MORE
        bins = tokens - np.where(more, grid.OFFSET_MORE, grid.OFFSET_LAST)
        struck, drum = _scaled_velocity(self._velocity[lanes]), self._drum[lanes]
        moved = ((bins - grid.N_OFFSETS // 2) / (grid.N_OFFSETS // 2)).astype(np.float32)
        is_first = self._first[lanes, 2, drum] == 0
        now = np.stack([struck, moved, np.ones_like(struck)], 1)
        self._first[lanes[is_first], :, drum[is_first]] = now[is_first]
        same = np.stack([np.ones_like(struck), struck, moved, ~is_first], 1)
        self._same[lanes] = same * more[:, None]
        drum = np.where(more, drum, _next_drum(self._word[lanes], drum))
        self._drum[lanes] = drum
        left: NDArray[np.bool_] = drum < N_CLASSES
        return left

    def _close(self, lanes: Ints) -> None:
        self._memory.after(self._word[lanes], self._first[lanes], lanes)
        self._place[lanes] += 1

    def _velocities(self, lanes: Ints) -> Tensor:
        assert self._hit_head is not None  # noqa: S101  # text has no hits
        drum = self._drum[lanes]
        drums = np.eye(N_CLASSES, dtype=np.float32)[drum]
        earlier = self._first[lanes, :2] * (1 - drums)[:, None]
        felt = self._felt[lanes, :, drum]
        parts = [BITS[self._word[lanes]], drums, earlier.reshape(len(lanes), -1)]
        seen = np.concatenate([*parts, self._same[lanes], felt], 1)
        return self._hit_head.velocities(torch.from_numpy(seen), lanes)


def _scaled_velocity(bins: Ints) -> Floats:
    return ((bins + 1) / grid.N_VELOCITIES).astype(np.float32)


def _next_drum(words: Ints, after: Ints) -> Ints:
    """Return the next class of each word after one; N_CLASSES where there is none."""
    classes = np.arange(N_CLASSES)
    there = (BITS[words] > 0) & (classes > after[:, None])
    return np.where(there.any(1), there.argmax(1), N_CLASSES)


class _WordHead:
    """How likely every word is, as `policies.drum_heads.WordHead`."""

    def __init__(self, tensors: Tensors) -> None:
        hidden = tensors["output.weight"].shape[1]
        mix = tensors["mix.weight"]
        parts = tensors["attend.weight"], tensors["gate.weight"], mix[:, :hidden]
        self._heads = torch.cat(parts).T.contiguous()
        self._bias = torch.cat([tensors[f"{name}.bias"] for name in ("attend", "gate", "mix")])
        self._words, self._mix = tensors["words"], mix[:, hidden:].T.contiguous()
        self._output = tensors["output.weight"].T.contiguous()
        self._output_bias = tensors["output.bias"]

    def __call__(self, hidden: Tensor, copies: Tensor, features: Tensor) -> Tensor:
        """Return the log chance [n, 512] of every word."""
        out = torch.addmm(self._bias, hidden, self._heads)
        n = N_SOURCES + N_COPY_FEATURES
        attend, gate, mixed = out[:, :n], out[:, n : 2 * n + 2], out[:, 2 * n + 2 :]
        missing = copies == NOTHING
        scores = attend[:, :N_SOURCES] + (features @ attend[:, N_SOURCES:, None])[..., 0]
        looked = scores.masked_fill(missing, NO).softmax(1) * ~missing.all(1, keepdim=True)
        mixed = mixed + (looked[:, None] @ self._words[copies])[:, 0] @ self._mix
        new = torch.addmm(self._output_bias, hidden + mixed.tanh(), self._output).log_softmax(1)
        own = new.gather(1, copies.clamp(max=N_WORDS - 1))
        asked = gate[:, 2 : 2 + N_SOURCES] + gate[:, 1:2] * own * OF_LOG_CHANCE
        asked = asked + (features @ gate[:, 2 + N_SOURCES :, None])[..., 0]
        choice = torch.cat([gate[:, :1], asked.masked_fill(missing, NO)], 1).softmax(1)
        chances = new.exp() * choice[:, :1]
        copied = choice[:, 1:] * ~missing
        chances = chances.scatter_add(1, copies.masked_fill(missing, 0), copied)
        return chances.clamp_min(float(LEAST)).log()


class _HitHead:
    """How likely velocities and offsets of hits are, as `policies.drum_heads.HitHead`."""

    def __init__(self, tensors: Tensors, count: int) -> None:
        velocity, offset = tensors["velocity_in.weight"], tensors["offset_in.weight"]
        self._width = len(velocity)
        both, of_step = torch.cat([velocity, offset[:, :-1]]), velocity.shape[1] - N_HIT
        self._step, self._hit = both[:, :of_step].T.contiguous(), both[:, of_step:].T.contiguous()
        self._struck = offset[:, -1]
        self._bias = torch.cat([tensors["velocity_in.bias"], tensors["offset_in.bias"]])
        self._above = {
            what: [
                (tensors[f"{what}_{k}.weight"].T, tensors[f"{what}_{k}.bias"])
                for k in ("mid", "out")
            ]
            for what in ("velocity", "offset")
        }
        self._of_step, self._of_hit = (torch.zeros(count, 2 * self._width) for _ in range(2))

    def of_step(self, hidden: Tensor, before: Tensor, lanes: Ints) -> None:
        """Learn what all hits of steps share."""
        made = torch.addmm(self._bias, torch.cat([hidden, before], 1), self._step)
        self._of_step[torch.from_numpy(lanes)] = made

    def velocities(self, seen: Tensor, lanes: Ints) -> Tensor:
        """Return the logits of velocity bins of hits of which `seen` [n, N_HIT] is observed."""
        at = torch.from_numpy(lanes)
        made = self._of_step[at] + seen @ self._hit
        self._of_hit[at] = made
        return self._logits("velocity", made[:, : self._width])

    def offsets(self, lanes: Ints, struck: Floats) -> Tensor:
        """Return the logits of their offset bins, of the last and then of another hit."""
        made = self._of_hit[torch.from_numpy(lanes)][:, self._width :]
        return self._logits("offset", made + torch.from_numpy(struck)[:, None] * self._struck)

    def _logits(self, what: str, out: Tensor) -> Tensor:
        for matrix, bias in self._above[what]:
            out = torch.addmm(bias, out.relu(), matrix)
        return out
