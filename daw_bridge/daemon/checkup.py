"""What a jam needs of a machine, looked at and measured: for `daw-bridge doctor`."""

from __future__ import annotations

import math
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import metadata
from statistics import median

from daw_bridge import __version__
from daw_bridge.config.files import names
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.settings import ready, source_of
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.margins import AHEAD, MOST_AHEAD
from daw_bridge.jam.outgoing import LOOKAHEAD_S
from daw_bridge.music.time import HIGHEST_QPM, USUAL_QPM
from daw_bridge.ports.backend import PortInfo
from daw_bridge.ports.jack_server import JackServer, jack_server
from daw_bridge.ports.measuring import Loop, SentClock, hear_clocks, measure_loop
from daw_bridge.ports.open import systems
from daw_bridge.ports.priority import may_be_raised
from daw_bridge.registry import BACKENDS

PACKAGES = ("numpy", "JACK-Client", "python-rtmidi", "aalink", "torch")
"""Of which the versions are told, where they are installed."""

WARM_UP, BARS = 1, 8
"""How many bars of a model are made, and how many of them are timed."""

USED = 0.5
"""How much of its own length making a bar may take at most, where a tempo counts as safe."""

JITTER_MS = 1.0
"""A loop or a clock that is farther off than this is one that is heard."""


class Level(StrEnum):
    """How bad a finding is."""

    WELL = "well"
    MIND = "mind"
    STOPS = "stops"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about something, and what to do about it; "" where that is nothing."""

    about: str
    level: Level
    found: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class ModelSpeed:
    """How long a model takes for a bar of 4/4 here, in milliseconds, and what follows from it.

    Up to `safe_qpm` the slowest bar took half of its own length at most, and at the usual tempo
    `ahead` bars made beforehand are enough.
    """

    model: str
    load_ms: float
    bar_ms: float
    worst_ms: float

    @property
    def safe_qpm(self) -> float:
        """The highest tempo that is safe."""
        return min(HIGHEST_QPM, math.floor(4 * 60_000 * USED / self.worst_ms))

    @property
    def ahead(self) -> int:
        """How many bars must be made ahead at the usual tempo."""
        return min(MOST_AHEAD, max(AHEAD, math.ceil(self.worst_ms * USUAL_QPM / 240_000) + 1))


@dataclass(slots=True)
class CheckUp:
    """All that was found."""

    machine: dict[str, str | int | float] = field(default_factory=dict)
    jack: JackServer | None = None
    ports: list[PortInfo] = field(default_factory=list)
    realtime: bool = False
    loops: dict[str, Loop] = field(default_factory=dict)
    clocks: list[SentClock] = field(default_factory=list)
    models: list[ModelSpeed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether nothing stops a jam."""
        return all(each.level is not Level.STOPS for each in self.findings)

    def find(self, about: str, level: Level, found: str, do: str = "") -> None:
        """Take down a finding."""
        self.findings.append(Finding(about, level, found, do))


def check_up(told: Callable[[int, int], None] = lambda _done, _total: None) -> CheckUp:
    """Look at all there is; `told` learns how many steps are done, and of how many."""
    seen = CheckUp()
    steps = [_machine, _systems, _realtime, _feedback, _loops, _clocks]
    models = names("models")
    total = len(steps) + len(models)
    for done, step in enumerate(steps):
        told(done, total)
        step(seen)
    for done, model in enumerate(models, len(steps)):
        told(done, total)
        _model(seen, model)
    if not models:
        seen.find("models", Level.STOPS, "none", "install daw-bridge anew, or train a model")
    told(total, total)
    return seen


def _machine(seen: CheckUp) -> None:
    seen.machine = {
        "daw-bridge": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores(),
        **dict(_versions()),
    }
    if hasattr(os, "getloadavg"):
        seen.machine["load"] = load = round(os.getloadavg()[0], 1)
        busy = load > int(seen.machine["cores"])
        seen.find(
            "machine",
            Level.MIND if busy else Level.WELL,
            f"{seen.machine['cores']} cores, load {seen.machine['load']}",
            "close what computes beside the DAW: what is measured below suffers" if busy else "",
        )


def _cores() -> int:
    return os.cpu_count() or 1


def _versions() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            continue


def _working() -> list[str]:
    """Name the MIDI systems that answer."""
    found = []
    for name, backend in systems().items():
        try:
            backend.system()
        except UserError:
            continue
        found.append(name)
    return found


def _systems(seen: CheckUp) -> None:
    """Look at each MIDI system and the ports of others on it."""
    why: UserError | None = None
    for name, backend in systems().items():
        title = BACKENDS.words()[name]
        try:
            what = backend.system()
        except UserError as error:
            why = error
            seen.find(title, Level.WELL, error.found)
            continue
        seen.find(title, Level.WELL, what)
        seen.ports += backend.list_ports()
    if not _working() and why is not None:
        seen.find("MIDI", Level.STOPS, "no MIDI system answers", why.do)
    for direction, title, do in (
        ("out", "ports to play into", "none is needed where the DAW listens to ours"),
        ("in", "ports to listen to", "none is needed but for a DAW's clock or a keyboard"),
    ):
        found = sum(port.direction == direction for port in seen.ports)
        seen.find(title, Level.WELL, str(found or "none"), "" if found else do)


def _realtime(seen: CheckUp) -> None:
    seen.realtime = may_be_raised()
    seen.jack = jack_server()
    rights = "add yourself to the group `audio`, whose limits allow rtprio and memlock; log in anew"
    if sys.platform.startswith("linux"):
        seen.find(
            "real-time priority",
            Level.WELL if seen.realtime else Level.MIND,
            "allowed" if seen.realtime else "not allowed: notes may be late on a busy machine",
            "" if seen.realtime else rights,
        )
    if seen.jack is not None:
        period_ms = 1000 * seen.jack.period / seen.jack.rate
        how = "real-time" if seen.jack.realtime else "not real-time"
        seen.find(
            "JACK server",
            Level.WELL if seen.jack.realtime else Level.MIND,
            f"{how}, {seen.jack.rate} Hz, {seen.jack.period} frames ({period_ms:.1f} ms)",
            "" if seen.jack.realtime else "start it with -R; else periods are missed under load",
        )


def _feedback(seen: CheckUp) -> None:
    loops = seen.jack.loops if seen.jack is not None else ()
    for ours, other in loops:
        found = f"{ours} is connected to {other}"
        seen.find("feedback", Level.STOPS, found, "disconnect them: a jam would hear itself")
    if not loops:
        seen.find("feedback", Level.WELL, "none of our outputs is connected to an input of ours")


def _loops(seen: CheckUp) -> None:
    """Measure a loop through virtual ports of our own on each system."""
    for name in _working():
        title = f"loop through {BACKENDS.words()[name]}"
        try:
            loop = measure_loop(name)
        except (UserError, RuntimeError) as error:
            seen.find(*_no_virtual_ports(title, error))
            continue
        seen.loops[name] = loop
        seen.find(*_loop(title, loop))


def _no_virtual_ports(title: str, error: Exception) -> tuple[str, Level, str, str]:
    if isinstance(error, UserError):
        return title, Level.MIND, f"no virtual ports: {error.found}", error.do
    last = str(error).strip().rpartition("\n")[2]
    return title, Level.STOPS, last, "restart the MIDI system; report this where it stays"


def _loop(title: str, loop: Loop) -> tuple[str, Level, str, str]:
    if loop.lost == loop.sent:
        return title, Level.STOPS, "nothing came back", "restart the MIDI system"
    found = (
        f"{loop.sent - loop.lost} of {loop.sent} came, latency {loop.latency_ms:.2f} ms, "
        f"jitter {loop.jitter_ms:.2f} ms (worst {loop.worst_ms:.2f})"
    )
    if loop.lost:
        return title, Level.MIND, found, "make the buffer larger, or start JACK with -S or -R"
    if loop.jitter_ms > JITTER_MS:
        return (
            title,
            Level.MIND,
            found,
            "close what computes, or use JACK",
        )
    return title, Level.WELL, found, ""


def _clocks(seen: CheckUp) -> None:
    """Listen for MIDI clock on the ports of others."""
    for name in _working()[:1]:
        ports = [each.name for each in seen.ports if (each.backend, each.direction) == (name, "in")]
        try:
            seen.clocks += hear_clocks(name, ports)
        except (UserError, RuntimeError) as error:
            seen.find("clock", Level.MIND, str(error).strip().rpartition("\n")[2], "try again")
    for clock in seen.clocks:
        seen.find(
            "clock",
            Level.MIND if clock.jitter_ms > JITTER_MS else Level.WELL,
            f"{clock.port} sends {clock.tempo_qpm:.1f} bpm, jitter {clock.jitter_ms:.2f} ms "
            f"(worst {clock.worst_ms:.2f})",
            "" if clock.jitter_ms <= JITTER_MS else "a smaller buffer in the DAW makes it steadier",
        )
    if not seen.clocks:
        do = "to follow a DAW, let it play and send its clock while this runs"
        seen.find("clock", Level.WELL, "no DAW sends one now", do)


def _model(seen: CheckUp, name: str) -> None:
    """Time the bars of a model, as a jam of it makes them."""
    try:
        speed = timed(name)
    except UserError as error:
        seen.find(f"model {name}", Level.MIND, error.found, error.do)
        return
    seen.models.append(speed)
    slow = speed.safe_qpm < USUAL_QPM
    seen.find(
        f"model {name}",
        Level.MIND if slow else Level.WELL,
        f"{speed.bar_ms:.0f} ms a bar (worst {speed.worst_ms:.0f}), safe up to {speed.safe_qpm:g} "
        f"bpm with {speed.ahead} bars and {LOOKAHEAD_S * 1000:g} ms ahead",
        "play slower, or another model; close what computes beside it" if slow else "",
    )


def timed(name: str, now: Callable[[], float] = time.perf_counter) -> ModelSpeed:
    """Load a model and make bars of 4/4.

    Raises:
        UserError: it is not in order.
    """
    jam = ready(JamFile(model=name), {})
    begun = now()
    source = source_of(jam)
    load_ms = round(1000 * (now() - begun), 1)
    took = list(_made(lambda number: source.bar(Ask(number, meter=jam.file.meter)), now))
    return ModelSpeed(name, load_ms, median(took), max(took))


def _made(bar: Callable[[int], object], now: Callable[[], float]) -> Iterable[float]:
    """Make bars; yield the milliseconds that each took, but for the first."""
    for number in range(WARM_UP + BARS):
        begun = now()
        bar(number)
        if number >= WARM_UP:
            yield round(1000 * (now() - begun), 1)
