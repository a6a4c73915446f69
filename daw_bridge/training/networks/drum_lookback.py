"""The drummer that looks back, in torch; `policies.drum_lookback` plays it in numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daw_bridge.config.training import LoopFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary, has_bars
from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS
from daw_bridge.encoding.drum_grid import N_OFFSETS, N_VELOCITIES
from daw_bridge.policies.observe_drums import (
    DENSE_FEEL,
    DENSE_FORM,
    DENSE_TOLD,
    HIT_FEEL,
    N_BEFORE,
    N_COPY_FEATURES,
    N_DENSE,
    N_HIT,
    N_SOURCES,
    N_WORDS_SEEN,
    NOTHING,
    WORDS_TOLD,
)
from daw_bridge.training.batches import Batch, Example
from daw_bridge.training.networks.drum_lookback_examples import example_of, example_of_words
from daw_bridge.training.networks.network import (
    Loss,
    Network,
    State,
    hidden_form,
    lstm_parameters,
    lstm_tensors,
    take_parameters,
)

FEEL_LAYERS = "in", "mid", "out"
"""Of each of the two networks of feel."""


class LookBack(Network):
    """An LSTM over 16ths that sees the words of earlier bars and may copy them.

    A word's chance mixes a softmax over all words with copies of the words at the same place
    1..16 bars back. The softmax also sees a mean of those words, weighted by how well the music
    before them agrees with what was just played. Velocity and offset of each hit come from small
    networks on top. Words that share drums share parts of their embeddings.
    """

    n_chances: ClassVar[int] = 7
    parts: Tensor

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        hidden: int = 192,
        layers: int = 2,
        embedding: int = 24,
        feel: int = 128,
        styles: int = 19,
        tempos: int = 17,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        del vocabulary  # words are the same in every encoding of drums
        self.shape = {
            "hidden": hidden, "layers": layers, "embedding": embedding, "feel": feel,
            "styles": styles, "tempos": tempos,
        }  # fmt: skip
        self.register_buffer("parts", word_parts(), persistent=False)
        n_parts = self.parts.shape[1]
        self.word = nn.Parameter(torch.randn(N_WORDS + 1, embedding) * 0.05)
        self.word_parts = nn.Linear(n_parts, embedding, bias=False)
        self.style = nn.Embedding(styles, 12)
        self.tempo = nn.Embedding(tempos, 8)
        self.fill = nn.Embedding(3, 4)
        width = N_WORDS_SEEN * embedding + N_DENSE + 12 + 8 + 4
        self.lstm = nn.LSTM(width, hidden, layers, dropout=dropout if layers > 1 else 0.0)
        self.drop_words = nn.Dropout(dropout / 2)
        self.drop = nn.Dropout(dropout)
        self.attend = nn.Linear(hidden, N_SOURCES + N_COPY_FEATURES)
        self.mix = nn.Linear(hidden + embedding, hidden)
        self.output = nn.Linear(hidden, N_WORDS)
        self.output_parts = nn.Linear(n_parts, hidden, bias=False)
        self.gate = nn.Linear(hidden, N_SOURCES + N_COPY_FEATURES + 2)
        self.feel = feel
        if feel:
            self.velocity_in = nn.Linear(hidden + N_BEFORE + N_HIT, feel)
            self.velocity_mid = nn.Linear(feel, feel)
            self.velocity_out = nn.Linear(feel, N_VELOCITIES)
            self.offset_in = nn.Linear(hidden + N_BEFORE + N_HIT + 1, feel)
            self.offset_mid = nn.Linear(feel, feel)
            self.offset_out = nn.Linear(feel, 2 * N_OFFSETS)
        nn.init.normal_(self.output.weight, std=0.02)

    @staticmethod
    def examples(
        pieces: Sequence[Piece], vocabulary: Vocabulary, *, transpose: bool
    ) -> list[Example | None]:
        """Return words, what is looked back at, and, where the encoding holds feel, hits."""
        del transpose
        if has_bars(vocabulary) and vocabulary.meter is not None:  # text: words alone
            return [example_of_words(piece, vocabulary) for piece in pieces]
        return [example_of(piece) for piece in pieces]

    @staticmethod
    def grid(vocabulary: Vocabulary) -> int:
        """Return the steps of a bar of text; else 16."""
        if has_bars(vocabulary) and vocabulary.meter is not None:
            return vocabulary.tokens.steps_in(vocabulary.meter)
        return 16

    def hide(self, batch: Batch, chances: NDArray[np.float64], loop: LoopFile) -> Batch:
        """Hide conditions, all together or one by one, a piece's feel as a whole, and its form."""
        alone = loop.hide_conditions / 4
        keep = (chances[:, :1] >= loop.hide_conditions) & (chances[:, 1:4] >= alone)
        heard = (chances[:, 4] <= 1 - loop.hide_feel).astype(np.float32)
        conditions = batch["conditions"] * torch.from_numpy(keep)
        told = torch.from_numpy(chances[:, 5] >= loop.hide_form)
        stands = torch.from_numpy(chances[:, 6] >= loop.hide_phrase)
        out = {**batch, "conditions": conditions, "heard": torch.from_numpy(heard)}
        return out | _hidden_form(batch, told, stands)

    def loss(self, batch: Batch, state: State | None) -> tuple[Loss, State]:
        """Take the arrays of `observe_drums.Observation`, time first, and of the hits in the batch.

        `conditions` int64 [T, B, 3]: style, tempo, fill. `target` int64 [T, B]: the words, and
        `recent` [T, B, N_RECENT] those before them. Of H
        hits, `step` and `lane` int64 [H] say where they are, `seen` [H, N_HIT] is from
        `observe_drums.observe_hits`, `velocity` and `offset` int64 [H] what they were (an offset of
        N_OFFSETS or more: another hit of the class follows). `heard` [B] is 0 where the network is
        to foretell the feel from the words alone. Without feel there are no hits.
        """
        hidden, state = self.hidden(batch, state)
        words = self.word_nats(hidden, batch) * batch["weight"]
        sums, counts = {"word": words.sum()}, {"word": batch["weight"].sum()}
        if self.feel:
            nats = nn.functional.cross_entropy
            velocity, offset = self.feel_logits(hidden, batch)
            sums["velocity"] = nats(velocity, batch["velocity"], reduction="sum")
            sums["offset"] = nats(offset, batch["offset"], reduction="sum")
            counts["velocity"] = counts["offset"] = torch.tensor(float(len(velocity)))
        return Loss(sums, counts), state

    def foretold(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the nats of each step's word and the feel of its hits, and the LSTM's output."""
        hidden, _ = self.hidden(batch, None)
        nats = self.word_nats(hidden, batch) * batch["weight"]
        if not self.feel:
            return nats, hidden
        velocity, offset = self.feel_logits(hidden, batch)
        cost = nn.functional.cross_entropy
        feel = cost(velocity, batch["velocity"], reduction="none")
        feel = feel + cost(offset, batch["offset"], reduction="none")
        return nats.index_put((batch["step"], batch["lane"]), feel, accumulate=True), hidden

    def hidden(self, batch: Batch, state: State | None) -> tuple[Tensor, State]:
        """Run the LSTM: [T, B, hidden]."""
        words = self.drop_words(self.table()[batch["words"]].flatten(2))
        style, tempo, fill = batch["conditions"].unbind(2)
        dense = batch["dense"]
        if self.feel:
            heard = batch["heard"][None, :, None]
            feel, rest = dense[..., DENSE_FEEL], dense[..., DENSE_FEEL.stop :]
            dense = torch.cat([feel * heard, rest], 2)
        inputs = [words, dense, self.style(style), self.tempo(tempo), self.fill(fill)]
        out, state = self.lstm(torch.cat(inputs, 2), state)
        return self.drop(out), state

    def table(self) -> Tensor:
        """Return the embedding of every word and of `NOTHING`: [513, embedding]."""
        shared: Tensor = self.word_parts(self.parts)
        return self.word + shared

    def _choices(self, hidden: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return log chances of each word if it is new [T, B, 512], and of new and each copy."""
        features, copies = batch["copy_features"], batch["copies"]
        missing = features[..., 0] == 0
        scores = self.attend(hidden)
        scores = scores[..., :N_SOURCES] + (features * scores[..., None, N_SOURCES:]).sum(-1)
        weights = scores.masked_fill(missing, -1e4).softmax(-1) * ~missing.all(-1, keepdim=True)
        mean = (weights[..., None] * self.table()[copies]).sum(-2)
        mixed = hidden + torch.tanh(self.mix(torch.cat([hidden, mean], -1)))
        matrix = self.output.weight + self.output_parts(self.parts[:N_WORDS])
        new = (mixed @ matrix.T + self.output.bias).log_softmax(-1)
        gate = self.gate(hidden)
        own = new.gather(-1, copies.clamp(max=N_WORDS - 1))
        scores = gate[..., 2 : 2 + N_SOURCES] + (features * gate[..., None, 2 + N_SOURCES :]).sum(
            -1
        )
        scores = (scores + gate[..., 1:2] * own / 4).masked_fill(missing, -1e4)
        return new, torch.cat([gate[..., :1], scores], -1).log_softmax(-1)

    def word_nats(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Return the nats of each word: [T, B]."""
        new, choice = self._choices(hidden, batch)
        target = batch["target"][..., None]
        drawn = new.gather(-1, target) + choice[..., :1]
        copied = choice[..., 1:].masked_fill(batch["copies"] != target, -1e4)
        return -torch.cat([drawn, copied], -1).logsumexp(-1)

    def word_logits(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Return the log chance of every word: [T, B, 512]."""
        new, choice = self._choices(hidden, batch)
        chances = (new + choice[..., :1]).exp()
        known = batch["copies"] != NOTHING
        copies = batch["copies"].masked_fill(~known, 0)
        return chances.scatter_add(-1, copies, choice[..., 1:].exp() * known).clamp_min(1e-12).log()

    def feel_logits(self, hidden: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the logits of velocity [H, 32] and offset [H, 62] of each hit.

        An offset's logits know the velocity of its hit.
        """
        heard = batch["heard"][batch["lane"], None]
        drum, feel = batch["seen"][:, : HIT_FEEL.start], batch["seen"][:, HIT_FEEL]
        at = batch["step"], batch["lane"]
        before = self.parts[:, :N_CLASSES][batch["recent"][at]].flatten(1)
        seen = torch.cat([hidden[at], before, drum, feel * heard], 1)
        struck = (batch["velocity"][:, None].float() + 1) / N_VELOCITIES * heard
        velocity = self.drop(self.velocity_in(seen).relu())
        velocity = self.drop(self.velocity_mid(velocity).relu())
        offset = self.drop(self.offset_in(torch.cat([seen, struck], 1)).relu())
        offset = self.drop(self.offset_mid(offset).relu())
        return self.velocity_out(velocity), self.offset_out(offset)

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights under the names that `policies.drum_lookback` knows."""
        names = ["attend", "mix", "gate"]
        if self.feel:
            names += [
                f"{what}_{k}" for what in ("velocity", "offset") for k in ("in", "mid", "out")
            ]
        plain = {
            f"{name}.{part}": getattr(getattr(self, name), part)
            for name in names
            for part in ("weight", "bias")
        }
        return {
            "words": self.table(),
            "style": self.style.weight,
            "tempo": self.tempo.weight,
            "fill": self.fill.weight,
            **lstm_tensors(self.lstm),
            **plain,
            "output.weight": self.output.weight + self.output_parts(self.parts[:N_WORDS]),
            "output.bias": self.output.bias,
        }

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Play as these weights do; what words share is in their own embeddings then."""
        tables = {f"{name}.weight": tensors[name] for name in ("style", "tempo", "fill")}
        found = {**tensors, **tables, "word": tensors["words"]}
        take_parameters(self, found | lstm_parameters(self.lstm, tensors))


def _hidden_form(batch: Batch, told: Tensor, stands: Tensor) -> Batch:
    """Return what is left where the form of pieces [B] is not told."""
    kept = told[None, :, None]
    names = ("words", "copies", "dense", "copy_features")
    words, copies, dense, features = (batch[name].clone() for name in names)
    words[..., WORDS_TOLD] = words[..., WORDS_TOLD].where(kept, NOTHING)
    copies[..., -1] = copies[..., -1].where(kept[..., 0], NOTHING)
    features[..., -1, :] *= kept
    dense[..., DENSE_TOLD] *= kept
    dense[..., DENSE_FORM] = hidden_form(dense[..., DENSE_FORM], told, stands)
    return dict(zip(names, (words, copies, dense, features), strict=True))


def word_parts() -> Tensor:
    """Return what words share: drums, pairs of drums, how many there are, and being `NOTHING`.

    [513, 9 + 36 + 2], in the order of the bits.
    """
    words = torch.arange(N_WORDS)
    bits = ((words[:, None] >> torch.arange(N_CLASSES - 1, -1, -1)) & 1).float()
    first, second = torch.triu_indices(N_CLASSES, N_CLASSES, 1)
    parts = torch.cat([bits, bits[:, first] * bits[:, second], bits.sum(1, keepdim=True) / 3], 1)
    rows = torch.zeros(N_WORDS + 1, parts.shape[1] + 1)
    rows[:N_WORDS, :-1] = parts
    rows[NOTHING, -1] = 1
    return rows
