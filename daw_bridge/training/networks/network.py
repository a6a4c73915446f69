"""The contract of every network that is trained; `policies` plays its weights in numpy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daw_bridge.config.training import LoopFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.policies.observe_form import KIND, STANDS
from daw_bridge.training.batches import Batch, Example

State = tuple[Tensor, ...]


class Loss(NamedTuple):
    """Sums over a batch in nats, as tensors, with how many things each sums over."""

    sums: dict[str, Tensor]
    counts: dict[str, Tensor]


class Network(nn.Module, ABC):
    """What learns from batches of pieces; training knows no network but by this.

    A network is built of a vocabulary and of its sizes, and says what it is shown of a piece, what
    is hidden of it, and what it loses. `shape` are its sizes as a card states them; `n_chances` is
    how many random numbers `hide` takes for each piece.
    """

    shape: dict[str, int]
    n_chances: ClassVar[int] = 0

    @staticmethod
    @abstractmethod
    def examples(
        pieces: Sequence[Piece], vocabulary: Vocabulary, *, transpose: bool
    ) -> list[Example | None]:
        """Return what the network is shown of each piece; None: a meter that has no token.

        With `transpose` a pitched piece may be moved to other keys.
        """

    @staticmethod
    def grid(vocabulary: Vocabulary) -> int:
        """Return the steps at multiples of which a long piece may be cut."""
        del vocabulary
        return 16

    def hide(self, batch: Batch, chances: NDArray[np.float64], loop: LoopFile) -> Batch:
        """Hide some of what is known of each piece, by chances [B, n_chances]; 0 hides most."""
        del chances, loop
        return batch

    @abstractmethod
    def loss(self, batch: Batch, state: State | None) -> tuple[Loss, State]:
        """Return the loss of a batch, and the state in which its pieces go on."""

    def foretold(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the nats [T, B] of all that happens in each step of whole pieces; 0 after them.

        Beside them stands what the network then knew: [T, B, hidden].

        Raises:
            UserError: this kind of network plays nothing that could be judged.
        """
        del batch
        raise _untunable(self)

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Return the weights under the names by which `policies` plays them.

        They are one matrix for each layer of an LSTM, and embeddings worked out.
        """

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Play as the weights do that `tensors` gave, of a network of the same sizes.

        Raises:
            UserError: this kind of network cannot go on from what was trained before.
        """
        del tensors
        raise _untunable(self)


def _untunable(network: Network) -> UserError:
    what = "a network that can be tuned"
    return UserError(what, type(network).__name__, "choose a model that plays notes")


def lstm_tensors(lstm: nn.LSTM) -> dict[str, Tensor]:
    """Return one matrix [4H, in + H] and one bias [4H] a layer; gates are in, forget, new, out."""
    out = {}
    for k in range(lstm.num_layers):
        parts = [getattr(lstm, f"{name}_l{k}") for name in ("weight_ih", "weight_hh")]
        out[f"layers.{k}.weight"] = torch.cat(parts, 1)
        out[f"layers.{k}.bias"] = getattr(lstm, f"bias_ih_l{k}") + getattr(lstm, f"bias_hh_l{k}")
    return out


def take_parameters(network: nn.Module, found: Mapping[str, Tensor]) -> None:
    """Put tensors in the place of parameters by name; others become 0."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(found[name] if name in found else torch.zeros_like(parameter))


def lstm_parameters(lstm: nn.LSTM, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the parameters of layers of which `lstm_tensors` gave the tensors."""
    out = {}
    for k in range(lstm.num_layers):
        matrix, hidden = tensors[f"layers.{k}.weight"], lstm.hidden_size
        out[f"lstm.weight_ih_l{k}"], out[f"lstm.weight_hh_l{k}"] = (
            matrix[:, :-hidden],
            matrix[:, -hidden:],
        )
        out[f"lstm.bias_ih_l{k}"] = tensors[f"layers.{k}.bias"]
    return out


def hidden_form(form: Tensor, told: Tensor, stands: Tensor) -> Tensor:
    """Return features of form [T, B, N_FORM] without what is not told of pieces [B]."""
    out = form.clone()
    out[:, :, KIND] *= told[None, :, None]
    out[:, :, STANDS] *= stands[None, :, None]
    return out
