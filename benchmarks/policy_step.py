"""How long one step of an LSTM takes at batch 1: our numpy runtime, torch, and Notochord.

    python benchmarks/policy_step.py [--rounds N]

Every network of one size has the same weights, and the outputs are compared before anything is
timed. Networks take turns, a hundred steps each, so that whatever else the machine does meets
all of them. Notochord (from PyPI, where it is installed) is built with random weights: its `feed`
embeds an event and runs its recurrent layers. All on one thread. Writes results/policy_step.json
and results/policy_step.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from machine import describe
from record import record
from threadpoolctl import threadpool_limits

from daw_bridge.policies.lstm import Layers

SIZES = ((256, 2), (512, 2), (512, 3))
STEPS = 100
TARGET = 0.1

Step = Callable[[], object]


def numpy_step(lstm: torch.nn.LSTM, inputs: np.ndarray) -> Step:
    """Give one step of our runtime on the weights of a torch LSTM."""
    weights: dict[str, np.ndarray] = {}
    for k in range(lstm.num_layers):
        parts = [getattr(lstm, f"weight_{part}_l{k}").detach() for part in ("ih", "hh")]
        weights[f"layers.{k}.weight"] = torch.cat(parts, 1).numpy()
        bias = getattr(lstm, f"bias_ih_l{k}") + getattr(lstm, f"bias_hh_l{k}")
        weights[f"layers.{k}.bias"] = bias.detach().numpy()
    layers = Layers(weights, lstm.num_layers)
    state = layers.initial_state()

    def step() -> np.ndarray:
        nonlocal state
        out, state = layers.step(inputs, state)
        return out

    return step


def lstm_step(lstm: torch.nn.LSTM, inputs: np.ndarray) -> Step:
    """Give one step of `nn.LSTM`."""
    batch = torch.from_numpy(inputs)[None, None]
    state = None

    def step() -> np.ndarray:
        nonlocal state
        with torch.inference_mode():
            out, state = lstm(batch, state)
        return out[0, 0].numpy()

    return step


def cells_step(lstm: torch.nn.LSTM, inputs: np.ndarray) -> Step:
    """Give one step of as many `nn.LSTMCell`."""
    cells = []
    for k in range(lstm.num_layers):
        cell = torch.nn.LSTMCell(lstm.input_size if k == 0 else lstm.hidden_size, lstm.hidden_size)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(cell, name).data = getattr(lstm, f"{name}_l{k}").data
        cells.append(cell)
    first = torch.from_numpy(inputs)[None]
    states: list[tuple[torch.Tensor, torch.Tensor] | None] = [None] * len(cells)

    def step() -> np.ndarray:
        out = first
        with torch.inference_mode():
            for k, cell in enumerate(cells):
                states[k] = cell(out, states[k])
                out = states[k][0]
        return out[0].numpy()

    return step


def notochord_step(hidden: int, layers: int) -> Step | None:
    """Give Notochord's `feed` with an LSTM of this size, None where it is not installed."""
    try:
        from notochord.model import Notochord
    except ImportError:
        return None
    network = Notochord(emb_size=hidden, rnn_hidden=hidden, rnn_layers=layers, kind="lstm")
    network.eval()
    network.reset()
    return lambda: network.feed(1, 60, 0.1, 100)


def steps_of(hidden: int, layers: int) -> Iterator[tuple[str, Step]]:
    """Build every network of a size and see that they agree."""
    torch.manual_seed(1)
    lstm = torch.nn.LSTM(hidden, hidden, layers).eval()
    inputs = np.random.default_rng(1).normal(size=hidden).astype(np.float32)
    makers = {
        "daw-bridge, numpy": numpy_step,
        "torch nn.LSTM": lstm_step,
        "torch nn.LSTMCell": cells_step,
    }
    built = {name: make(lstm, inputs) for name, make in makers.items()}
    outputs = [[step() for step in built.values()] for _ in range(5)]
    for ours, *others in outputs:
        for other in others:
            np.testing.assert_allclose(ours, other, atol=1e-5)
    yield from built.items()
    if (step := notochord_step(hidden, layers)) is not None:
        yield "Notochord, feed", step


def measure(rounds: int) -> list[dict[str, object]]:
    """Time all networks; give a row for each, in microseconds."""
    rows = []
    for hidden, layers in SIZES:
        steps = dict(steps_of(hidden, layers))
        times: dict[str, list[float]] = {name: [] for name in steps}
        for turn in range(rounds + 1):
            for name, step in steps.items():
                for _ in range(STEPS):
                    begin = time.perf_counter()
                    step()
                    if turn:  # the first turn warms up
                        times[name].append((time.perf_counter() - begin) * 1e6)
        medians = {name: statistics.median(each) for name, each in times.items()}
        for name, each in times.items():
            rows.append(
                {
                    "size": f"{hidden} x {layers}",
                    "network": name,
                    "median_us": round(medians[name], 1),
                    "p90_us": round(statistics.quantiles(each, n=10)[-1], 1),
                    "of_nn_lstm": round(medians[name] / medians["torch nn.LSTM"], 4),
                }
            )
            print(rows[-1])
    return rows


def table(rows: list[dict[str, object]]) -> str:
    """Write the rows as a table."""
    lines = [
        "| size | network | median µs | 90th percentile µs | of nn.LSTM |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['size']} | {row['network']} | {row['median_us']:,} | {row['p90_us']:,} "
        f"| {row['of_nn_lstm']:.3f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    with threadpool_limits(1):
        rows = measure(rounds)
    last = [row for row in rows if row["size"] == "512 x 3"]
    ours = next(row for row in last if row["network"].startswith("daw-bridge"))
    result = {
        "command": f"python benchmarks/policy_step.py --rounds {rounds}",
        "machine": describe("torch", "numpy", "notochord"),
        "target": f"at most {TARGET} of nn.LSTM at 512 x 3",
        "reached": ours["of_nn_lstm"] <= TARGET,
        "rows": rows,
    }
    record("policy_step", result, table(rows))


if __name__ == "__main__":
    main()
