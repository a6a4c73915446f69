"""Draw docs/endurance/PRESET-{first,middle,last}.png: sixteen bars each of a jam of 2,000.

    python docs/draw_long_jams.py [--bars 2000] [PRESET ...]

The jam is the long one that `benchmarks/endurance.py` measures: the preset as it is shipped.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from daw_bridge.config.files import find
from daw_bridge.config.jam import load_jam, played_alone
from daw_bridge.corpora.voices import NOISE
from daw_bridge.evaluation.free_running import Run, play
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks
from daw_bridge.pictures import drum_grid, roll
from daw_bridge.policies.card import read
from daw_bridge.policies.load import codec_of

OUT = Path(__file__).with_name("endurance")
SHOWN = 16


def parts(n_bars: int) -> dict[str, int]:
    """Return where the first, the middle and the last sixteen bars begin."""
    return {"first": 0, "middle": (n_bars - SHOWN) // 2, "last": n_bars - SHOWN}


def draw(name: str, n_bars: int) -> None:
    """Play a preset and draw it."""
    jam = load_jam(name).read_from(None)
    folder = find("models", jam.model)
    card = read(folder)
    kind = codec_of(card).kind
    (played,) = play(folder, [Run(jam, n_bars)], workers=1)
    for part, begin in parts(n_bars).items():
        bars = played.bars[begin : begin + SHOWN]
        path = OUT / f"{name}-{part}.png"
        title = f"{name}: bars {begin + 1:,} to {begin + SHOWN:,}"
        if kind == "drums":
            caption = "Darker is louder; what lies beside its line rushes or drags."
            drum_grid.draw(
                strokes(bars), path, bars=SHOWN, meter=jam.meter, title=title, caption=caption
            )
        else:
            drums = NOISE if kind == "chip" else -1
            roll.draw(bars, path, title=title, voices=card.voices, drums=drums)


def strokes(bars: Sequence[Bar]) -> list[drum_grid.Stroke]:
    """Return the hits of some bars, from the first bar line on."""
    lines = accumulate((bar.meter.bar_length() for bar in bars), initial=0)
    return [
        drum_grid.Stroke(Ticks(line + note.start), note.pitch, note.velocity)
        for line, bar in zip(lines, bars, strict=False)
        for note in bar.notes
    ]


def main() -> None:
    """Draw every jam preset that is shipped, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("presets", nargs="*", default=played_alone())
    parser.add_argument("--bars", type=int, default=2000)
    asked = parser.parse_args()
    for name in asked.presets:
        draw(name, asked.bars)


if __name__ == "__main__":
    main()
