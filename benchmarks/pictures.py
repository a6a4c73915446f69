"""Draw four bars of every model for the documents.

    python benchmarks/pictures.py

Bars are drawn with seed 1 under the settings of `SETTINGS`. Writes docs/bars/NAME.png.
"""

from __future__ import annotations

from pathlib import Path

from daw_bridge.cli.bars import bars_of
from daw_bridge.config.files import find, names
from daw_bridge.config.jam import JamFile
from daw_bridge.music.time import Meter
from daw_bridge.policies.load import load
from daw_bridge.render import drum_picture, roll_picture

OUT = Path(__file__).parents[1] / "docs" / "bars"
BARS = 4
SETTINGS = {
    "groove-drums": {"bpm": 100, "conditions": {"style": "funk"}},
    "lead": {"bpm": 96, "conditions": {"key": "G major"}},
    "chorale": {"bpm": 72, "conditions": {"key": "G major"}},
    "chip": {"bpm": 140, "conditions": {"key": "A minor"}},
}


def draw(name: str) -> Path:
    """Draw a model's bars."""
    policy = load(find("models", name))
    file = JamFile(model=name, temperature=0.9, top_p=0.95, **SETTINGS.get(name, {}))
    source = bars_of(policy, file)
    bars = [source.next_bar() for _ in range(BARS)]
    path = OUT / f"{name}.png"
    title = f"{name}, seed {file.seed}"
    if policy.card.codec.startswith("drum-"):
        length = Meter.parse(file.meter).bar_length()
        strokes = [
            drum_picture.Stroke(number * length + note.start, note.pitch, note.velocity)
            for number, bar in enumerate(bars)
            for note in bar.notes
        ]
        meter = Meter.parse(file.meter)
        drum_picture.draw(strokes, path, bars=BARS, meter=meter, title=title, caption="")
    else:
        voices = policy.card.voices
        drums = voices.index("noise") if "noise" in voices else -1
        roll_picture.draw(bars, path, title=title, voices=voices, drums=drums)
    return path


if __name__ == "__main__":
    for model in names("models"):
        print(draw(model))
