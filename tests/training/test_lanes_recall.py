"""What lanes look back at over hours, as meters come and go, is what one policy does."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding.drum_classes import classes_of
from daw_bridge.encoding.line import HOLD, Line
from daw_bridge.music.form import FARTHEST
from daw_bridge.music.time import SIXTEENTH, Meter
from daw_bridge.policies import recall_drums, recall_tokens
from daw_bridge.policies.layout import layout_of
from daw_bridge.policies.observe_place import place_rows

pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch

METERS = [Meter(2, 4), Meter(4, 4), Meter(7, 4), Meter(9, 8)]
LANES = 3


def test_drums() -> None:
    from daw_bridge.training.lanes.recall_drums import Memory

    lanes = np.arange(LANES)
    many, alone = Memory(LANES), [recall_drums.Memory.of_nothing() for _ in lanes]
    rng = np.random.default_rng(2)
    n_steps, rows = np.zeros(LANES, np.int64), [np.zeros((0, 0))] * LANES
    for step in range(1600):
        for lane in lanes.tolist() if step % 97 == 0 else ():
            rows[lane] = place_rows(METERS[int(rng.integers(len(METERS)))], SIXTEENTH)
            n_steps[lane] = len(rows[lane])
            many.reaching(lane, int(n_steps[lane]))
            alone[lane] = alone[lane].reaching(int(n_steps[lane]))
        told = rng.integers(0, FARTHEST + 1, LANES) * (rng.random(LANES) < 0.5)
        places = np.stack([each[step % len(each)] for each in rows])
        if step % 5 == 0:
            sight = many.look(places, n_steps, told, lanes)
            felt = many.feel(sight.seen, n_steps, lanes)
            for k, memory in enumerate(alone):
                one = recall_drums.look(memory, places[k], int(n_steps[k]), int(told[k]))
                for ours, theirs in zip(sight, one, strict=True):
                    if ours is not sight.seen:
                        assert np.array_equal(ours[k], theirs)
                theirs = recall_drums.feel(memory, one.seen, int(n_steps[k]))
                assert np.allclose(felt[k], theirs, rtol=0, atol=1e-6)
                assert np.array_equal(many.before(lanes)[k], recall_drums.before(memory))
        words = rng.choice([0, 0, 256, 64, 320], LANES)
        hits = [[(drum, int(rng.integers(31)), 9) for drum in classes_of(int(w))] for w in words]
        many.after(words, np.stack([recall_drums.first_hits(each) for each in hits]), lanes)
        alone = [m.after(int(w), h) for m, w, h in zip(alone, words, hits, strict=True)]


def test_tokens() -> None:
    from daw_bridge.training.lanes.recall_tokens import Memory

    codec = Line(steps_per_quarter=12)  # so fine that bars are longer than what is matched
    layout = layout_of(codec)
    lanes = np.arange(LANES)
    many, alone = Memory(layout, LANES), [recall_tokens.Memory.of_nothing(layout) for _ in lanes]
    rng = np.random.default_rng(2)
    for step in range(3600):
        if step % 331 == 0:
            n_steps = codec.tokens.bar_steps[rng.choice(METER_TOKENS, LANES)]
        told = rng.integers(0, FARTHEST + 1, LANES) * (rng.random(LANES) < 0.5)
        if step % 7 == 0:
            sight = many.look(n_steps, told, lanes)
            for k, memory in enumerate(alone):
                one = recall_tokens.look(memory, int(n_steps[k]), layout, int(told[k]))
                for ours, theirs in (
                    (sight.seen[k], one.seen),
                    (sight.sources[k], [each.tokens for each in one.sources]),
                ):
                    found = [tuple(t for t in row if t != layout.nothing) for row in ours.tolist()]
                    assert found == theirs
                assert np.array_equal(sight.features[k], one.features)
        tokens = rng.choice([60, 62, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD], LANES)
        many.strike(tokens, lanes)
        many.after(np.stack([tokens, [layout.nothing] * LANES], 1), n_steps, lanes)
        alone = [
            m.after((int(token),), int(n), layout)
            for m, token, n in zip(alone, tokens, n_steps, strict=True)
        ]


METER_TOKENS = [k for k, meter in enumerate(Line().tokens.meters) if meter in METERS]
