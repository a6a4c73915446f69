"""A score of Pently is played through."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.corpora.pieces import VOICE
from tests.corpora.sources import pieces_of

PENTLY = """
durations stick
drum kick kicksfx
drum clhat hatsfx
instrument piano
  volume 9 8
song small
  time 3/4
  tempo 100
  scale 8
  pattern tune on pulse1 with piano
    relative
    c'4 e g c2 w4
  pattern low on triangle
    c'2.
  pattern beat
    kick4 clhat clhat
  at 1
  play tune
  play low
  play beat
  at 5
  fine
"""


def test_a_score_of_pently_is_played_through(tmp_path: Path) -> None:
    (tmp_path / "a.pently").write_text(PENTLY)
    (piece,) = pieces_of(tmp_path, "chip")
    assert piece.n_bars == 4
    assert piece.meters.tolist() == [[3, 4]] * 4
    assert piece.tempo_qpm == 100
    by_voice = {
        voice: piece.notes[piece.notes[:, VOICE] == voice][:4, :4].tolist() for voice in range(4)
    }
    assert by_voice == {
        0: [[0, 0, 60, 480], [0, 480, 64, 480], [0, 960, 67, 480], [1, 0, 72, 1440]],
        1: [],
        2: [[0, 0, 48, 1440], [1, 0, 48, 1440], [2, 0, 48, 1440], [3, 0, 48, 1440]],
        3: [[0, 0, 36, 480], [0, 480, 42, 480], [0, 960, 42, 480], [1, 0, 36, 480]],
    }
