"""Write docs/models.md: for every model a picture of four bars, its figures and its licences.

    python benchmarks/models.py

Bars are drawn with seed 1 under the settings of `SETTINGS`; figures are those that the cards hold,
as `daw-bridge evaluate MODEL DATA --card` wrote them. Writes their summary, results/models.json and
.md, as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from record import record

from daw_bridge.config.files import find, names
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.source import bars_of
from daw_bridge.evaluation.card import table
from daw_bridge.jam.ask import Ask
from daw_bridge.pictures import drum_grid as drum_picture
from daw_bridge.pictures import roll as roll_picture
from daw_bridge.policies.card import read as read_card
from daw_bridge.policies.load import codec_of, load
from daw_bridge.training.publish import before_and_after

OUT = Path(__file__).parents[1] / "docs" / "bars"
BARS = 4
BASELINES = ("n-gram that copies", "copy of the last bar", "random")
SETTINGS = {
    "groove-drums": {"bpm": 100, "conditions": {"style": "funk"}},
    "groove-drums-rl": {"bpm": 100, "conditions": {"style": "funk"}},
    "lead": {"bpm": 96, "conditions": {"key": "G major"}},
    "lead-rl": {"bpm": 96, "conditions": {"key": "G major"}},
    "chorale": {"bpm": 72, "conditions": {"key": "G major"}},
    "chip": {"bpm": 140, "conditions": {"key": "A minor"}},
}


def draw(name: str) -> Path:
    """Draw a model's bars."""
    policy = load(find("models", name))
    file = JamFile(model=name, temperature=0.9, top_p=0.95, **SETTINGS.get(name, {}))
    source = bars_of(policy, file)
    bars = [source.bar(Ask(number, meter=file.meter)) for number in range(BARS)]
    path = OUT / f"{name}.png"
    title = f"{name}, seed {file.seed}"
    if codec_of(policy.card).kind == "drums":
        length = file.meter.bar_length()
        strokes = [
            drum_picture.Stroke(number * length + note.start, note.pitch, note.velocity)
            for number, bar in enumerate(bars)
            for note in bar.notes
        ]
        drum_picture.draw(strokes, path, bars=BARS, meter=file.meter, title=title, caption="")
    else:
        voices = policy.card.voices
        drums = voices.index("noise") if "noise" in voices else -1
        roll_picture.draw(bars, path, title=title, voices=voices, drums=drums)
    return path


def page() -> str:
    """Return the page of all models."""
    lines = [
        "# The models",
        "",
        "Every figure is from a model's card, which says how it was made.",
        "",
    ]
    for name in names("models"):
        facts = read_card(find("models", name)).facts
        lines += [
            f"## {name}",
            "",
            f"{facts['title']}.",
            "",
            f"![Four bars of {name}](bars/{name}.png)",
        ]
        lines += [
            "",
            "```",
            f"daw-bridge generate {name} --bars 8 --count 4 --out takes",
            "```",
            "",
        ]
        lines += _figures(facts.get("evaluation"))
        if tuned := facts.get("tuned"):
            lines += [f"Tuned from {facts['tuned_from']['model']} by {tuned['by']}:", ""]
            lines += [*before_and_after(tuned["figures"]), ""]
        lines += ["Trained on:", ""]
        lines += [f"* {source['name']}: {source['licence']}" for source in facts["data"]]
        lines += [""]
    return "\n".join(lines)


def _figures(evaluation: dict[str, Any] | None) -> list[str]:
    if not evaluation:
        return []
    where = f"{evaluation['pieces']} pieces, {evaluation['bars']} bars, split {evaluation['split']}"
    lines = [f"Held-out music: {where}.", "", table(evaluation["rows"]), ""]
    if heard := evaluation.get("heard"):
        count = f"{evaluation['excerpts']} excerpts of {evaluation['bars_each']} bars"
        lines += [f"What is heard in {count}, as the jam preset plays:", "", table(heard), ""]
    return lines


def figures() -> list[dict[str, Any]]:
    """Return for each model its likelihood and likeness to held-out music, and the baselines'."""
    rows = []
    for name in names("models"):
        folder = find("models", name)
        if (evaluation := read_card(folder).facts.get("evaluation")) is None:
            continue  # tuned from another
        of, unit = evaluation["rows"], evaluation["unit"]
        rows.append(
            {
                "model": name,
                "unit": unit.replace("_", " "),
                "ours": of[name][unit],
                **{each: of[each][unit] for each in BASELINES},
                "overlap": [of[each]["overlap"] for each in ("held-out music", name, BASELINES[0])],
                "vendi": [of[each]["vendi"] for each in ("held-out music", name)],
                "megabytes": (folder / "model.safetensors").stat().st_size / 1e6,
            }
        )
    return rows


def summary(rows: list[dict[str, Any]]) -> str:
    """Return a table of them."""
    lines = [
        "| model | likelihood, in | model | n-gram that copies | copy of the last bar | random "
        "| overlap: held-out music | model | n-gram | Vendi: held-out music | model | MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [f"[{row['model']}](../models/{row['model']})", row["unit"]]
        cells += [f"{row[each]:.3f}" for each in ("ours", *BASELINES)]
        cells += [f"{value:.2f}" for value in row["overlap"]]
        cells += [f"{value:.1f}" for value in row["vendi"]]
        lines.append("| " + " | ".join([*cells, f"{row['megabytes']:.1f}"]) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for model in names("models"):
        print(draw(model))
    found = figures()
    record("models", {"rows": found}, summary(found))
    (OUT.parent / "models.md").write_text(page(), encoding="utf-8")
