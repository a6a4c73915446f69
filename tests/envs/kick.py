"""A kick of six numbers, five of them an agent's."""

import numpy as np

from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.player import Player

CODE = """
~env: imp 0.1 >> envperc {} {}
~hz: imp 0.1 >> envperc {} {} >> mul {} >> add {}
kick: sin ~hz >> mul ~env
"""
NUMBERS = [0.003, 0.25, 0.001, 0.08, 180.0, 50.0]
CHOICES = [
    ("exp", 0.0005, 0.02), ("exp", 0.05, 0.3), ("lin", 0.0, 0.01), ("exp", 0.01, 0.3),
    ("exp", 20, 800), ("exp", 30, 150),
]  # fmt: skip
SAMPLES = 13_230
"""0.3 s."""


def target() -> np.ndarray:
    return Player(Graph.of(CODE)).play(NUMBERS, SAMPLES).copy()


def settings(**others) -> dict:
    return {
        "code": CODE, "target": target(), "action_space": CHOICES, "total_step": 1,
        "step_len": 0.3, **others,
    }  # fmt: skip
