"""Events of NES songs are those of the published benchmark."""

from __future__ import annotations

import numpy as np

from daw_bridge.encoding import tx1
from daw_bridge.encoding.tx1 import Tx1, off_token, on_token, quantised, tokens_of


def test_there_are_370_waits_and_260_events_of_notes() -> None:
    assert (tx1.N_WAITS, tx1.VOCAB_SIZE) == (370, 370 + 260 + 1)
    waits = np.array([1, 100, 104, 105, 1049, 1050, 99_400, 99_500, 400_000])
    rounded = [1, 100, 100, 110, 1000, 1100, 99_000, 100_000, 100_000]
    assert quantised(waits).tolist() == rounded


def test_a_song_is_waits_and_notes() -> None:
    pulse = [(10, 110, 60), (110, 200, 62)]
    noise = [(10, 60, 5)]
    wait = tx1.WAITS.tolist().index
    assert tokens_of([pulse, [], [], noise], 250).tolist() == [
        wait(10),
        on_token(0, 60),
        on_token(3, 5),
        wait(50),
        off_token(3),
        wait(50),
        on_token(0, 62),
        wait(90),
        off_token(0),
        wait(50),
    ]


def test_only_pitches_move() -> None:
    pitches = Tx1().tokens.pitch
    assert pitches[on_token(2, 21)] == 21
    assert pitches[on_token(1, 108)] == 108
    assert pitches[on_token(3, 4)] == pitches[off_token(1)] == pitches[0] == -1
