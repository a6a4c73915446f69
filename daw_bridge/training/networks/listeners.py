"""Networks that listen: a mel spectrogram in, how real it sounds out.

All think something of each moment, and in the end go by what they have thought of all: so they can
tell how real it has sounded up to any moment as well, which is told of a piece that is heard once.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

_LOUDEST = 10.0
"""Of the values of a mel spectrogram; they are brought to -1..1."""


class Conv(nn.Module):
    """Convolutions over time and pitch: what happens anywhere counts, by its mean and its most."""

    def __init__(self, bands: int, width: int = 16) -> None:
        super().__init__()
        del bands
        sizes = (1, width, 2 * width, 4 * width)
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1) for before, after in pairwise(sizes)
        )
        self.norms = nn.ModuleList(nn.GroupNorm(4, size) for size in sizes[1:])
        self.out = nn.Linear(2 * sizes[-1], 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Return logits [batch] of mel spectrograms [batch, frame, band]."""
        return self.so_far(mel)[:, -1]

    def so_far(self, mel: Tensor) -> Tensor:
        """Return logits [batch, moment] of what was heard up to each half of a quarter."""
        inner = _scaled(mel)[:, None]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            inner = torch.relu(norm(layer(inner)))
        means, most = _mean_so_far(inner.mean(3), 2), inner.amax(3).cummax(2).values
        logits: Tensor = self.out(torch.cat([means, most], 1).mT)[..., 0]
        return logits


class Lstm(nn.Module):
    """An LSTM that hears a 16th at a time; the mean of what it has thought at each counts."""

    joined = 4

    def __init__(self, bands: int, width: int = 64) -> None:
        super().__init__()
        self.lstm = nn.LSTM(self.joined * bands, width, batch_first=True)
        self.out = nn.Linear(width, 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Return logits [batch] of mel spectrograms [batch, frame, band]."""
        return self.so_far(mel)[:, -1]

    def so_far(self, mel: Tensor) -> Tensor:
        """Return logits [batch, moment] of what was heard up to each 16th."""
        inner, _ = self.lstm(_joined(_scaled(mel), self.joined))
        logits: Tensor = self.out(_mean_so_far(inner, 1))[..., 0]
        return logits


class Transformer(nn.Module):
    """Attention among the eighths of a piece: what is far apart is compared."""

    joined = 8

    def __init__(self, bands: int, width: int = 64, layers: int = 2) -> None:
        super().__init__()
        self.into = nn.Linear(self.joined * bands, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, 4, 2 * width, 0.0, batch_first=True, norm_first=True)
            for _ in range(layers)
        )
        self.out = nn.Linear(width, 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Return logits [batch] of mel spectrograms [batch, frame, band]."""
        return self.so_far(mel)[:, -1]

    def so_far(self, mel: Tensor) -> Tensor:
        """Return logits [batch, moment] of what was thought of each eighth, and those before."""
        inner = self.into(_joined(_scaled(mel), self.joined))
        inner = inner + _places(inner.shape[1], inner.shape[2])
        for layer in self.layers:
            inner = layer(inner)
        logits: Tensor = self.out(_mean_so_far(inner, 1))[..., 0]
        return logits


def _mean_so_far(inner: Tensor, time: int) -> Tensor:
    """Return the mean up to each place of one dimension."""
    n = inner.shape[time]
    shape = [1] * inner.dim()
    shape[time] = n
    return inner.cumsum(time) / torch.arange(1, n + 1, device=inner.device).view(shape)


def _scaled(mel: Tensor) -> Tensor:
    return mel * (2 / _LOUDEST) - 1


def _joined(mel: Tensor, count: int) -> Tensor:
    """Put so many frames on end together: [batch, moment, count * band]."""
    moments = mel.shape[1] // count
    return mel[:, : moments * count].reshape(len(mel), moments, -1)


def _places(count: int, width: int) -> Tensor:
    """Return sines and cosines by which places are told apart [place, width]."""
    rates = torch.exp(torch.arange(0, width, 2) * (-torch.log(torch.tensor(10_000.0)) / width))
    angles = torch.arange(count)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)
