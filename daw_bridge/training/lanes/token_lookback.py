"""The network over tokens that looks back, in many lanes; `policies.token_lookback` plays one.

A token of a lane may open a step, for which the LSTM runs, go on with one, or stand between steps;
lanes of each sort are worked on together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.music.form import UNKNOWN, Label
from daw_bridge.music.time import PPQ, Meter, Ticks
from daw_bridge.policies.activations import OF_LOG_CHANCE
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.observe_form import N_FORM, form_features
from daw_bridge.policies.observe_leap import N_WAYS, NO_LEAP, LeapTable
from daw_bridge.policies.observe_place import counted, place_rows
from daw_bridge.policies.observe_tokens import N_FEATURES, Sources, candidates
from daw_bridge.policies.token_heads import LEAST
from daw_bridge.training.lanes.lanes import Floats, Ints
from daw_bridge.training.lanes.layers import Layers, Tensors, as_tensors
from daw_bridge.training.lanes.recall_tokens import Memory, Sight

NO = -1e4
"""What stands for a score that nothing has."""

_FARTHEST_MOVE = 6


class TokenLookBackLanes:
    """Lanes of a network that looks back over the tokens of a pitched encoding.

    `shape` are its sizes and `weights` its tensors, as a card and a file have them.
    """

    def __init__(
        self, codec: Vocabulary, shape: Mapping[str, int], weights: Mapping[str, Any], count: int
    ) -> None:
        self.count = count
        self._layout = layout = layout_of(codec)
        tensors = as_tensors(weights)
        self._looked, self._keys = tensors["looked"], tensors["key"]
        self._layers = Layers(tensors, shape["layers"], count)
        self._memory = Memory(layout, count)
        self._head = _Head(tensors, layout, count)
        self._leaps = LeapTable(layout.tokens) if "leap.weight" in tensors else None
        self._open_leaps = [NO_LEAP] * count
        self._ranks = np.append(layout.tokens.rank, -1)
        self._shifts = layout.home()
        steps = range(-_FARTHEST_MOVE, _FARTHEST_MOVE)
        self._moves = np.stack([layout.moved(each) for each in steps])
        shared = [np.log(np.bincount(each)[each[:-1]]) for each in self._moves]
        self._shared = np.stack(shared).astype(np.float32)
        self._grid = Ticks(PPQ // max(layout.tokens.steps_per_quarter, 1))
        self._rows, self._row_of = place_rows(None, self._grid), dict[Meter, int]()
        self._labels, self._asked = [UNKNOWN] * count, list[Meter | None]([None] * count)
        self._begun = np.zeros(count, np.bool_)
        self._form = np.zeros((count, N_FORM), np.float32)
        self._n_steps, self._place, self._row, self._key, self._move, self._last = (
            np.zeros(count, np.int64) for _ in range(6)
        )
        self._played = np.zeros((count, layout.kept), np.int64)
        self._n_played = np.zeros(count, np.int64)
        self._sources = np.zeros((count, layout.n_copied, layout.kept), np.int64)
        self.begin(np.arange(count))

    def begin(self, lanes: Ints) -> None:
        """Go back to before a piece in some lanes."""
        self._layers.begin(lanes)
        self._memory.begin(lanes)
        self._begun[lanes] = False
        self._place[lanes] = self._row[lanes] = self._key[lanes] = 0
        self._n_steps[lanes], self._move[lanes] = 1, _FARTHEST_MOVE
        self._form[lanes] = 0
        for lane in lanes.tolist():
            self._labels[lane], self._asked[lane] = UNKNOWN, None
            self._open_leaps[lane] = NO_LEAP

    def told(self, lane: int, label: Label, meter: Meter) -> None:
        """Tell a lane what its next bar is to be."""
        self._labels[lane], self._asked[lane] = label, meter

    def step(self, tokens: Ints, lanes: Ints) -> Floats:
        """Take a token [n] in each of n different lanes; return the logits [n, vocab_size].

        Between bars, where the tokens of meter and key are forced, all logits are equal.
        """
        first, end = self._layout.keys
        on = self._begun[lanes] & (self._ranks[tokens] >= 0)
        is_key = ~on & (tokens >= first) & (tokens < end)
        between = ~on & ~is_key
        self._tell_keys(tokens[is_key], lanes[is_key])
        self._stand(tokens[between], lanes[between])
        closed, opens = np.zeros_like(on), is_key | (between & (end == 0))
        closed[on] = self._take(tokens[on], lanes[on])
        opens |= closed & (self._place[lanes] < self._n_steps[lanes] if end else True)
        drawn = opens | (on & ~closed)
        logits = np.full((len(lanes), self._layout.vocab_size), LEAST)
        with torch.inference_mode():
            if opens.any():
                self._open(lanes[opens])
            if drawn.any():
                logits[drawn] = self._logits(lanes[drawn])
        return logits

    def _tell_keys(self, tokens: Ints, lanes: Ints) -> None:
        """Move the lanes to where their keys have their tonic on C; learn what is told."""
        first = self._layout.keys[0]
        self._move[lanes] = self._shifts[tokens - first] + _FARTHEST_MOVE
        self._key[lanes] = self._moves[self._move[lanes], tokens] - first
        for lane in lanes.tolist():
            played = self._memory.ids[lane, : self._memory.length[lane]]
            n_steps = int(self._n_steps[lane])
            self._form[lane] = form_features(self._labels[lane], played, n_steps)

    def _stand(self, tokens: Ints, lanes: Ints) -> None:
        """Take tokens between steps: those of meters open bars."""
        table = self._layout.tokens
        for token, lane in zip(tokens.tolist(), lanes.tolist(), strict=True):
            self._begun[lane] = True
            if said := table.meters[token]:
                self._n_steps[lane], self._place[lane] = table.bar_steps[token], 0
                self._row[lane] = self._first_row(counted(said, self._asked[lane]))

    def _first_row(self, meter: Meter) -> int:
        """Return which of the rows of places is that of a meter's first step."""
        if meter not in self._row_of:
            self._row_of[meter] = len(self._rows)
            self._rows = np.concatenate([self._rows, place_rows(meter, self._grid)])
        return self._row_of[meter]

    def _take(self, tokens: Ints, lanes: Ints) -> NDArray[np.bool_]:
        """Take tokens that fall on steps; return which of them close theirs."""
        moved = self._moves[self._move[lanes], tokens]
        at, kept = self._n_played[lanes], self._layout.kept
        room = at < kept
        self._played[lanes[room], at[room]] = moved[room]
        self._n_played[lanes] += 1
        self._last[lanes] = moved
        self._memory.strike(moved, lanes)
        if self._leaps is not None:
            for token, lane in zip(tokens.tolist(), lanes.tolist(), strict=True):
                self._open_leaps[lane] = self._leaps.after(self._open_leaps[lane], token)
        closed: NDArray[np.bool_] = self._layout.tokens.ends_step[moved]
        if closed.any():
            these = lanes[closed]
            self._memory.after(self._played[these], self._n_steps[these], these)
            self._place[these] += bool(self._layout.keys[1])
        return closed

    def _open(self, lanes: Ints) -> None:
        """Look back and run the LSTM for the steps to come."""
        told = np.array([self._labels[lane].back for lane in lanes.tolist()])
        sight = self._memory.look(self._n_steps[lanes], told, lanes)
        hidden = self._layers.step(self._inputs(sight, lanes), lanes)
        self._head.of_step(hidden, torch.from_numpy(sight.features), torch.from_numpy(lanes))
        self._sources[lanes] = sight.sources
        self._played[lanes] = self._last[lanes, None] = self._layout.nothing
        self._n_played[lanes] = 0

    def _inputs(self, sight: Sight, lanes: Ints) -> Tensor:
        """Return what the LSTM sees before steps: [n, width]."""
        n = len(lanes)
        seen = torch.from_numpy(sight.seen).view(-1, self._layout.kept)
        looked = embedding_bag(seen, self._looked, mode="sum").view(n, -1)
        rest = [
            sight.features.reshape(n, -1),
            self._rows[self._row[lanes] + self._place[lanes]],
            self._form[lanes],
        ]
        features, places, form = map(torch.from_numpy, rest)
        key = self._keys[torch.from_numpy(self._key[lanes])]
        return torch.cat([looked, features, places, key, form], 1)

    def _logits(self, lanes: Ints) -> Floats:
        """Return the logits of the next tokens of open steps."""
        sources, played, last = self._sources[lanes], self._played[lanes], self._last[lanes]
        rank = self._ranks[last]
        there = Sources(sources, self._ranks[sources])
        copies, alike = candidates(there, rank, played, self._layout)
        closed = self._ranks[None, :-1] <= rank[:, None]
        arrays = (lanes, copies, alike, played, last, self._memory.notes[lanes], closed)
        chances = self._head.log_chances(*map(torch.from_numpy, arrays)).numpy()
        np.maximum(chances, LEAST, out=chances)
        chances[closed] = LEAST
        move = self._move[lanes]
        back = np.take_along_axis(chances, self._moves[move, :-1], 1)
        back -= self._shared[move]
        if self._leaps is not None:
            for row, lane in enumerate(lanes.tolist()):
                if (leap := self._open_leaps[lane]).direction:
                    back[row] += self._head.leans[lane].numpy()[self._leaps.ways(leap)]
        return back


class _Head:
    """How likely every token of a step is, as `policies.token_heads`."""

    def __init__(self, tensors: Tensors, layout: Layout, count: int) -> None:
        attend, head, gate = (tensors[f"{name}.weight"] for name in ("attend", "head", "gate"))
        hidden, width = attend.shape[1], tensors["tokens"].shape[1]
        self._nothing, self._copied = layout.nothing, layout.n_copied
        self._step = torch.cat([attend, head[:, :hidden]]).T.contiguous()
        self._step_bias = torch.cat([tensors["attend.bias"], tensors["head.bias"]])
        tables = torch.split(head[:, hidden:], width, 1)
        self._last, self._others = (tensors["tokens"] @ each.T for each in tables[:2])
        self._mean, self._tokens = tables[2].T.contiguous(), tensors["tokens"]
        self._sounding = tensors["tokens"] @ tables[3].T if layout.n_voices else None
        self._out = torch.cat([tensors["output.weight"], gate]).T.contiguous()
        self._out_bias = torch.cat([tensors["output.bias"], tensors["gate.bias"]])
        self._n_gate = len(gate)
        self._leap = (
            (tensors["leap.weight"].T, tensors["leap.bias"]) if "leap.weight" in tensors else None
        )
        self.leans = torch.zeros(count, 1 + N_WAYS)
        """How much likelier it holds what each way on from an open leap does to it, none first."""
        sizes = (self._copied,), (1,), (len(head),), (self._copied, N_FEATURES)
        self._opened = [torch.zeros(count, *size) for size in sizes]

    def of_step(self, hidden: Tensor, features: Tensor, lanes: Tensor) -> None:
        """Learn what the tokens of steps share."""
        if self._leap is not None:
            self.leans[lanes, 1:] = torch.addmm(self._leap[1], hidden, self._leap[0])
        out = torch.addmm(self._step_bias, hidden, self._step)
        n = self._copied + N_FEATURES
        weights = out[:, self._copied : n, None]
        attend = out[:, : self._copied] + (features @ weights)[..., 0]
        for kept, each in zip(
            self._opened, (attend, out[:, n : n + 1], out[:, n + 1 :], features), strict=True
        ):
            kept[lanes] = each

    def log_chances(
        self,
        lanes: Tensor,
        copies: Tensor,
        alike: Tensor,
        played: Tensor,
        last: Tensor,
        notes: Tensor,
        closed: Tensor,
    ) -> Tensor:
        """Return the log chance [n, vocab_size] of each token; nothing is said of `closed` ones.

        Of n lanes `copies` and `alike` [n, n_copied], `played` [n, kept], `last` [n] and `notes`
        [n, voices] are as in `policies.observe_tokens.Observation`.
        """
        attend, by_alike, inside, features = (each[lanes] for each in self._opened)
        missing = copies == self._nothing
        scores = attend + alike * by_alike
        weights = scores.masked_fill(missing, NO).softmax(1) * ~missing.all(1, keepdim=True)
        mean = (weights[:, None] @ self._tokens[copies])[:, 0]
        head = inside + self._last[last] + mean @ self._mean
        head += self._sum(played, self._others)
        if self._sounding is not None:
            head += self._sum(notes, self._sounding)
        out = torch.addmm(self._out_bias, head.relu_(), self._out)
        new = out[:, : -self._n_gate].masked_fill_(closed, NO).log_softmax(1)
        gate = out[:, -self._n_gate :]
        own = new.gather(1, copies.clamp(max=self._nothing - 1))
        asked = gate[:, 2 : 2 + self._copied] + gate[:, 1:2] * own * OF_LOG_CHANCE
        asked += (features @ gate[:, 2 + self._copied : -1, None])[..., 0] + alike * gate[:, -1:]
        choice = torch.cat([gate[:, :1], asked.masked_fill(missing, NO)], 1).softmax(1)
        chances = new.exp() * choice[:, :1]
        copied = choice[:, 1:] * ~missing
        return chances.scatter_add(1, copies.masked_fill(missing, 0), copied).log()

    def _sum(self, tokens: Tensor, table: Tensor) -> Tensor:
        return embedding_bag(tokens, table, mode="sum", padding_idx=self._nothing)
