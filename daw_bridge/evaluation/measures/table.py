"""Which measures are taken of what a model plays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from daw_bridge.encoding.kind import Kind
from daw_bridge.evaluation.measures import chip, chorale, drums, dynamics, line, pitch
from daw_bridge.evaluation.measures.take import Take

Measure = Callable[[Sequence[Take]], dict[str, float]]

MEASURES: Mapping[Kind, Sequence[Measure]] = {
    "drums": (drums.figures, dynamics.figures),
    "polyphony": (chorale.figures, pitch.figures, line.repeats, dynamics.figures, dynamics.phrases),
    "choir": (chorale.figures, pitch.figures, line.repeats, dynamics.figures, dynamics.phrases),
    "chip": (chip.figures, pitch.figures, line.repeats, dynamics.figures, dynamics.phrases),
    "line": (line.figures, pitch.figures, line.repeats, dynamics.figures, dynamics.phrases),
}


def figures(takes: Sequence[Take]) -> dict[str, float]:
    """Return all figures of takes, which are of one kind, by name."""
    found: dict[str, float] = {}
    for measure in MEASURES.get(takes[0].kind, ()) if takes else ():
        found |= measure(takes)
    return found
