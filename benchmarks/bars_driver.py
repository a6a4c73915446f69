"""Make bars when asked to, and say how long each took: what bars.py starts for each side.

    PYTHONPATH=CHECKOUT python benchmarks/bars_driver.py

Lines of JSON come in, `{"jam": NAME, "model": NAME, "bars": N}`: a preset, or where `jam` is null
a model at temperature 1. Each is answered by a line. Whatever the age of the checkout, its own way
of asking for a bar is used, so that old code and new are measured by one program.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sys
import time
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

Make = Callable[[], Any]


def maker(model: str, jam: str | None) -> tuple[Make, float]:
    """Begin a jam; give what makes its next bar, and how long it took to load, in milliseconds."""
    config, files = import_module("daw_bridge.config.jam"), import_module("daw_bridge.config.files")
    load = import_module("daw_bridge.policies.load").load
    file = config.load_jam(jam) if jam else config.JamFile(model=model)
    folder = files.find("models", file.model)
    begin = time.perf_counter()
    policy = load(folder)
    loaded_ms = 1000 * (time.perf_counter() - begin)
    source = _first("daw_bridge.daemon.source", "daw_bridge.cli.bars").bars_of(policy, file)
    return _asking(source, file.meter), loaded_ms


def _first(*modules: str) -> Any:
    """Import the first of these modules that this checkout has."""
    for name in modules:
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"expected one of {', '.join(modules)}, found none: choose a later revision")


def _asking(source: Any, meter: Any) -> Make:
    """Give what makes the next bar of a source: where it takes one, by an `Ask`."""
    if hasattr(source, "next_bar"):
        make: Make = source.next_bar
        return make
    ask_type = import_module("daw_bridge.jam.ask").Ask
    if isinstance(meter, str):
        meter = import_module("daw_bridge.music.time").Meter.parse(meter)
    number, before = 0, None

    def next_bar() -> Any:
        nonlocal number, before
        before = source.bar(ask_type(number=number, meter=meter, before=before))
        number += 1
        return before

    return next_bar


@cache
def begun(model: str, jam: str | None) -> tuple[Make, float]:
    """Begin each jam once."""
    return maker(model, jam)


def main() -> None:
    """Answer line after line."""
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        make, load_ms = begun(asked["model"], asked["jam"])
        wall_ms, cpu_ms, played = [], [], hashlib.sha256()
        for _ in range(asked["bars"]):
            wall, cpu = time.perf_counter(), time.process_time()
            bar = make()
            cpu_ms.append(1000 * (time.process_time() - cpu))
            wall_ms.append(1000 * (time.perf_counter() - wall))
            played.update(repr(bar).encode())
        answer = {"wall_ms": wall_ms, "cpu_ms": cpu_ms, "load_ms": load_ms}
        print(json.dumps(answer | {"played": played.hexdigest()}), flush=True)


if __name__ == "__main__":
    main()
