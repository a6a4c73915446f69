"""The nodes of the synth language: their words, their arguments, and which kernel computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, nextafter
from typing import Any

from daw_bridge.envs.graph.kernels import envelopes, filters, sequences, sources

Kernel = Callable[..., Any]
"""See `kernels`."""

ABOVE_0 = nextafter(0.0, 1.0)

LONGEST_DELAY_S = 2
"""Of a delay whose length is a signal, or a number that changes."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A number of a node: its name, its bounds, and whether a signal may stand for it."""

    name: str
    low: float = -inf
    high: float = inf
    modulable: bool = False
    whole: bool = False

    def wrong(self, low: float, high: float) -> str:
        """Say what numbers are allowed, where not all of low..high are; "" where they are."""
        if self.low <= low and high <= self.high and not (self.whole and low % 1):
            return ""
        kind = "a whole number" if self.whole else "a number"
        if self.low == ABOVE_0:
            kind += " above 0"
        elif self.low > -inf:
            kind += f" of at least {self.low:g}"
        return kind + (f" up to {self.high:g}" if self.high < inf else "")


@dataclass(frozen=True, slots=True)
class Kind:
    """A node of the language.

    `kernel` computes it; it has `state` numbers of its own, all 0 at the start, and as many more
    as `ring` says seconds hold samples. `is_source`: it begins a chain; `follows`: what alone may
    stand before it in a chain.
    """

    kernel: Kernel
    arguments: tuple[Argument, ...] = ()
    state: int = 0
    ring: int = 0
    is_source: bool = False
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Compound:
    """A node that stands for others: chains of the language, in which `~in` is what comes in.

    The chain `out` is what goes out; `{}` are the arguments, in their order.
    """

    arguments: tuple[Argument, ...]
    code: str


def _hz(high: float = 20_000) -> Argument:
    return Argument("frequency", 0, high, modulable=True)


def _seconds(name: str) -> Argument:
    return Argument(name, 0, 60)


_Q = Argument("q", ABOVE_0)
_CUTOFF = Argument("cutoff", ABOVE_0, 20_000, modulable=True)
_AD = (_seconds("attack"), _seconds("decay"))
_LPF = Kind(filters.lpf, (_CUTOFF, _Q), 8)
_HPF = Kind(filters.hpf, (_CUTOFF, _Q), 8)
_NOISE = Kind(sources.noise, (Argument("seed", 0, 2**32, whole=True),), is_source=True)
_SIG = Kind(sources.sig, (Argument("value"),), is_source=True)

KINDS: Mapping[str, Kind] = {
    "sin": Kind(sources.sin, (_hz(),), 2, is_source=True),
    "saw": Kind(sources.saw, (_hz(),), 2, is_source=True),
    "squ": Kind(sources.squ, (_hz(),), 2, is_source=True),
    "tri": Kind(sources.tri, (_hz(),), 2, is_source=True),
    "noiz": _NOISE,
    "noise": _NOISE,
    "imp": Kind(sources.imp, (Argument("frequency", ABOVE_0, 8_000),), is_source=True),
    "sig": _SIG,
    "constsig": _SIG,
    "envperc": Kind(envelopes.envperc, _AD, 3),
    "adsr": Kind(envelopes.adsr, (*_AD, Argument("sustain", 0, 1), _seconds("release")), 5),
    "mul": Kind(sources.mul, (Argument("factor", modulable=True),)),
    "add": Kind(sources.add, (Argument("value", modulable=True),)),
    "lpf": _LPF,
    "hpf": _HPF,
    "rhpf": _HPF,
    "onepole": Kind(filters.onepole, (Argument("rate", 0, 1, modulable=True),), 1),
    "delayms": Kind(
        filters.delayms,
        (Argument("time", 0, LONGEST_DELAY_S * 1000, modulable=True),),
        1,
        LONGEST_DELAY_S,
    ),
    "delayn": Kind(
        filters.delayn,
        (Argument("samples", 0, LONGEST_DELAY_S * 8_000, whole=True),),
        1,
        LONGEST_DELAY_S,
    ),
    "speed": Kind(sources.sig, (Argument("factor", ABOVE_0, 64),), is_source=True),
    "seq": Kind(sequences.seq, (), 1, is_source=True, follows="speed"),
    "choose": Kind(sequences.choose, (), 1, is_source=True),
    "mix": Kind(sources.mix, (), is_source=True),
}
"""By their words; the arguments of the last four are lists, which `parse` knows."""

_DECAY = (_seconds("decay"),)
_SYNTH = "~hz: ~in >> mul 261.63; ~amp: ~in >> envperc {{}} {{}}; out: {} ~hz >> mul ~amp"

COMPOUNDS: Mapping[str, Compound] = {
    "bd": Compound(
        _DECAY,
        "~amp: ~in >> envperc 0.003 {}; ~hz: ~in >> envperc 0.01 0.1 >> mul 50.0 >> add 60.0;"
        "out: sin ~hz >> mul ~amp",
    ),
    "sn": Compound(
        _DECAY,
        "~amp: ~in >> envperc 0.001 {}; ~hz: ~in >> envperc 0.001 0.1 >> mul 55.0 >> add 60.0;"
        "~hiss: noiz 42 >> mul 0.3; out: sin ~hz >> add ~hiss >> mul ~amp",
    ),
    "hh": Compound(
        _DECAY, "~amp: ~in >> envperc 0.003 {}; out: noiz 42 >> hpf 15000.0 1.0 >> mul ~amp"
    ),
    "sawsynth": Compound(_AD, _SYNTH.format("saw")),
    "squsynth": Compound(_AD, _SYNTH.format("squ")),
    "trisynth": Compound(_AD, _SYNTH.format("tri")),
}

ELSEWHERE = {
    "pan": "a sound of ours has one channel: leave it out",
    "balance": "a sound of ours has one channel: write mul 0.5 and mix",
    **dict.fromkeys(
        ("apfmsgain", "sp", "meta", "arrange", "msgsynth", "psampler", "plate"),
        "leave it out: it is Glicol's, and not of the subset here",
    ),
}
"""Words of Glicol that are not for us, and what to do."""
