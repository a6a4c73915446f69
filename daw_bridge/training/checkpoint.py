"""Where a training run stands, in one safetensors file that is written whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save_file
from torch import Tensor

from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded, whole

LARGEST_BYTES = 1 << 33
"""Of a checkpoint: four times the largest weights."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Every tensor of a run by name, and its `progress` as plain data."""

    tensors: Mapping[str, Tensor]
    progress: Mapping[str, Any]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; the one that was there stays until the new one is whole.

    Raises:
        UserError: the disk is full, or the folder cannot be written to.
    """
    tensors = {name: tensor.contiguous() for name, tensor in checkpoint.tensors.items()}
    with whole(path) as temporary:
        try:
            save_file(tensors, temporary, {"progress": json.dumps(checkpoint.progress)})
        except SafetensorError as error:
            raise OSError(0, f"the checkpoint was not written ({error})") from error


def load(path: Path, wanted: Mapping[str, Any]) -> Checkpoint | None:
    """Read a checkpoint, None where there is none.

    `wanted` are facts of the run, such as its preset, that must be the same in the checkpoint.

    Raises:
        UserError: the file is damaged, larger than `LARGEST_BYTES`, or from another run.
    """
    if not path.exists():
        return None
    raw = read_bounded(path, LARGEST_BYTES, "a checkpoint")
    try:
        tensors = load_tensors(raw)
        progress = _progress(raw)
    except (SafetensorError, KeyError, ValueError, RecursionError) as error:
        raise UserError(
            "a checkpoint of this program", f"{path} ({error})", "remove it, or use --fresh"
        ) from error
    for name, value in wanted.items():
        if progress.get(name) != value:
            raise UserError(
                f"a checkpoint whose {name} is that of this run",
                f"another in {path}",
                "name another --out, or use --fresh to begin again",
            )
    return Checkpoint(tensors, progress)


def _progress(raw: bytes) -> dict[str, Any]:
    """Read what stands beside the tensors, in the head of the file."""
    head = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    progress = json.loads(head["__metadata__"]["progress"])
    if not isinstance(progress, dict):
        raise ValueError("no progress in it")
    return progress


def tensors_of(
    network: torch.nn.Module, average: Mapping[str, Tensor], optimizer: torch.optim.Optimizer
) -> dict[str, Tensor]:
    """Return weights, their average, the optimizer's moments and the generator's state by name."""
    named = {id(p): name for name, p in network.named_parameters()}
    tensors = {f"live.{name}": p.detach() for name, p in network.named_parameters()}
    tensors |= {f"average.{name}": tensor for name, tensor in average.items()}
    for parameter, moments in optimizer.state.items():
        for key, value in moments.items():
            tensors[f"optimizer.{key}.{named[id(parameter)]}"] = torch.as_tensor(value)
    tensors["random"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random_cuda"] = torch.cuda.get_rng_state()
    return {name: tensor.clone() for name, tensor in tensors.items()}


def restore(
    tensors: Mapping[str, Tensor],
    network: torch.nn.Module,
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Put everything that `tensors_of` gave back in its place; no average where there is none.

    Raises:
        UserError: the tensors are of a network of another shape or vocabulary.
    """
    for name, parameter in network.named_parameters():
        found = tensors.get(f"live.{name}")
        if found is None or found.shape != parameter.shape:
            raise UserError(
                f"a checkpoint with {name} of {list(parameter.shape)}",
                "none" if found is None else str(list(found.shape)),
                "it is of another vocabulary or network: use --fresh",
            )
        with torch.no_grad():
            parameter.copy_(found)
        if name in average:
            average[name].copy_(tensors[f"average.{name}"])
        optimizer.state[parameter] = {
            key: tensors[f"optimizer.{key}.{name}"].to("cpu" if key == "step" else parameter.device)
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"optimizer.{key}.{name}" in tensors
        }
    torch.set_rng_state(tensors["random"])
    if torch.cuda.is_available() and "random_cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random_cuda"])
