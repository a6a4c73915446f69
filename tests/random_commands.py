"""Commands at random, of every kind: some that a jam takes, and some that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.jam.commands import (
    Change,
    Command,
    Keep,
    Panic,
    Reject,
    SetDrumMap,
    SetMeter,
    SetMode,
    SetTempo,
    Undo,
)
from daw_bridge.music.time import Meter

MAPS = {name: load_drum_map(name) for name in ("gm", "ezdrummer-3", "superior-drummer-3")}
MODES = "solo", "loop", "vary", "accompany", "call-response", "tarantella"
METERS = Meter(), Meter(3, 4), Meter(7, 8)


def kinds(chance: Random, models: Sequence[str]) -> list[Callable[[], Command]]:
    """List what there is to be told, each at random within its kind."""
    pick, within = chance.choice, chance.uniform
    return [
        Panic,
        Undo,
        Keep,
        Reject,
        lambda: SetMode(pick(MODES)),
        lambda: SetTempo(within(150, 250), pick(("now", "bar"))),
        lambda: SetMeter(pick(METERS)),
        lambda: SetDrumMap(MAPS[pick(list(MAPS))], pick(("now", "bar"))),
        lambda: Change((("temperature", within(0, 1.5)), ("top_p", within(0.5, 1)))),
        lambda: Change((("seed", chance.randrange(1000)), ("density", pick((None, 1, 12))))),
        lambda: Change((("mute", pick(((), ("kick",), ("snare", "crash")))),)),
        lambda: Change((("conditions.style", pick(("funk", "rock", "jazz", "polka"))),)),
        lambda: Change((("fill", pick(("any", "every 4"))),)),
        lambda: Change((("form", pick(("A8 B8", "free", "nonsense"))), ("novelty", within(0, 1)))),
        lambda: Change((("voices.0.channel", chance.randrange(1, 19)),)),
        lambda: Change((("turns.bars", pick(("1", "3", "auto", "17"))),)),
        lambda: Change((("drum_map", pick((*MAPS, "no"))),)),
        lambda: Change((("best_of", pick((1, 2, 3))), ("judge", pick(("typical", "variety"))))),
        lambda: Change((("model", pick(models)),)),
        lambda: Change((("preset", pick(("groove", "chorale", "none"))),)),
    ]
