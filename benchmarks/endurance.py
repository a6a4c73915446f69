"""Whether the jams that are shipped live: windows of 32 bars of them, beside held-out music.

    python benchmarks/endurance.py [--data ../shared/data] [--jams 8] [--bars 256] [--long 2000]
                                   [--workers N] [PRESET ...]

Every jam preset that is played alone (or those that are named) plays as it is shipped, and at three
temperatures. Writes results/endurance.json and .md, and docs/endurance/PRESET.png: a strip a jam,
in which a bar that comes again has its first one's colour, and strips of real pieces. The bounds in
the results are those that `tests/test_endurance.py` holds the presets to.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from machine import describe
from record import RESULTS, record

from daw_bridge.config.files import find as find_file
from daw_bridge.config.jam import load_jam, played_alone
from daw_bridge.evaluation.endurance import Lengths, measure
from daw_bridge.evaluation.music import dynamics_of, find, preset_of
from daw_bridge.pictures import strips
from daw_bridge.policies.card import read
from daw_bridge.policies.load import vocabulary_of

PICTURES = Path(__file__).parents[1] / "docs" / "endurance"


def played(name: str, data: Path, lengths: Lengths, workers: int | None) -> dict[str, Any]:
    """Measure one jam preset, and draw it."""
    jam = load_jam(name).read_from(None)
    folder = find_file("models", jam.model)
    card = read(folder)
    preset = preset_of(card)
    part = data / "groove" if preset is not None and preset.data == "groove" else data
    music = find([part], vocabulary_of(card), preset=preset, tell=print)
    loud = dynamics_of(card, data, print)
    found = measure(
        folder, name, jam, music.pieces, dynamics=loud.pieces if loud is not None else (),
        lengths=lengths, workers=workers,
    )  # fmt: skip
    PICTURES.mkdir(exist_ok=True)
    title = f"{name}: a bar that comes again has its first one's colour"
    strips.draw(found.strips(), PICTURES / f"{name}.png", title=title, bars=lengths.bars)
    return found.plain()


def summary(jams: dict[str, Any]) -> str:
    """Return a table of all presets, a line for each setting."""
    lines = [
        "| jam | setting | different bars of 32: 5th, 50th percentile | real music | least share "
        "of windows within, and of what | longest run | real music | windows far below, of 1,000 "
        "| long jam: longest run | greatest drift | drawn again, of 100 bars |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, jam in jams.items():
        real = jam["real"]
        for setting, found in jam["settings"].items():
            seeds, long = found["seeds"], found["long"]
            own = seeds["figures"]["different_bars"]["percentiles"]
            least = min(seeds["figures"], key=lambda each: seeds["figures"][each]["within"])
            moved = max(found["drift"], key=lambda each: abs(found["drift"][each]))
            cells = [
                name,
                setting,
                f"{own[0]:.0f}, {own[1]:.0f}",
                "{:.0f}, {:.0f}".format(*real["percentiles"]["different_bars"][:2]),
                f"{seeds['figures'][least]['within']:.0%} {least.replace('_', ' ')}",
                str(seeds["longest_run"]),
                str(real["longest_run"]),
                f"{1000 * seeds['far_below'] / seeds['windows']:.0f}",
                str(long["longest_run"]),
                f"{found['drift'][moved]:+.2f} {moved.replace('_', ' ')}",
                f"{found['drawn_again_in_100_bars']:.1f}",
            ]
            lines.append("| " + " | ".join(cells) + " |")
    words = (
        "Windows begin at every bar. Within: from the 5th to the 95th percentile of the same "
        "windows of held-out music; far below: any figure under half the 5th. Drift: the last 256 "
        "bars of the long jam against its first, in spans from the 5th to the 95th percentile."
    )
    return "\n".join([*lines, "", words, ""])


def main() -> None:
    """Measure, and keep what was measured before of presets that are not named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("presets", nargs="*", default=played_alone())
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--jams", type=int, default=8)
    parser.add_argument("--bars", type=int, default=256)
    parser.add_argument("--long", type=int, default=2000)
    parser.add_argument("--workers", type=int)
    asked = parser.parse_args()
    lengths = Lengths(asked.jams, asked.bars, asked.long)
    path = RESULTS / "endurance.json"
    jams = json.loads(path.read_text())["jams"] if path.is_file() else {}
    for name in asked.presets:
        print(name)
        jams[name] = played(name, asked.data, lengths, asked.workers)
        result = {"machine": describe("daw-bridge", "numpy"), "jams": dict(sorted(jams.items()))}
        record("endurance", result, summary(result["jams"]))


if __name__ == "__main__":
    main()
