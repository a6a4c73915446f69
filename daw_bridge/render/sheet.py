"""The contact sheet: a page with player, piano roll and figures of each track, to pick from.

It is one file that loads nothing from elsewhere. What is checked becomes a `picks.txt`, and is
remembered by the browser until then: by what makes the track, so that another album of the same
names at the same address has marks of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from daw_bridge.errors import UserError
from daw_bridge.files import whole
from daw_bridge.render.played import Song, song_of
from daw_bridge.render.track import Entry

WIDTH, HEIGHT = 640, 96
MOST_NOTES = 4000
"""Of a roll; of a longer piece its beginning is shown."""

DRUM_CHANNEL = 9
COLOURS = ("#3b82f6", "#f59e0b", "#10b981", "#a855f7", "#ef4444", "#14b8a6")
DRUMS = "#64748b"


def write_sheet(path: Path, entries: Sequence[Entry]) -> None:
    """Write the page of some tracks, which lie beside it.

    Raises:
        UserError: it cannot be written.
    """
    ordered = sorted(entries, key=lambda entry: entry.file)
    rows = "\n".join(_row(path.parent, entry) for entry in ordered)
    done = sum(entry.is_done for entry in ordered)
    seconds = sum(float(entry.facts.get("seconds", 0)) for entry in ordered)
    said = f"{done} tracks, {_clock(seconds)}"
    if failed := len(ordered) - done:
        said += f"; {failed} failed"
    page = Template(_PAGE).substitute(
        title=escape(path.parent.resolve().name), said=said, rows=rows, place=json.dumps(path.stem)
    )
    with whole(path) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="replace")


def _row(folder: Path, entry: Entry) -> str:
    name = escape(entry.file, quote=True)
    if not entry.is_done:
        return f'<article class="failed"><h2>{name}</h2><p>{escape(entry.why)}</p></article>'
    source = escape(quote(os.fsencode(entry.file)), quote=True)
    try:
        roll = _roll(song_of(folder / entry.midi))
    except UserError:
        roll = ""
    figures = "".join(f"<span>{escape(each)}</span>" for each in _figures(entry))
    return (
        f'<article><h2><label><input type="checkbox" value="{name}" data-key="{entry.key[:16]}">'
        f" {name}</label></h2>"
        f'<audio controls preload="none" src="{source}"></audio>{roll}'
        f'<p class="figures">{figures}</p></article>'
    )


def _figures(entry: Entry) -> Iterator[str]:
    facts = entry.facts
    if "seed" in facts:
        yield f"seed {facts['seed']}"
    yield _clock(float(facts.get("seconds", 0)))
    yield f"{facts.get('notes', 0)} notes"
    yield f"peak {facts.get('peak_db')} dBFS"
    if facts.get("lufs") is not None:
        yield f"{facts['lufs']} LUFS"
    if facts.get("loop"):
        yield "loops"
    if facts.get("clipped"):
        yield f"clipped in {facts['clipped']} places"
    if facts.get("marks"):
        yield f"best of {len(facts['marks'])}, {max(facts['marks']):g}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _roll(song: Song) -> str:
    """Draw the notes: time from left to right, a colour for each channel, drums at the bottom."""
    notes = song.notes[:MOST_NOTES]
    length = song.length_s or 1.0
    pitches = [note.pitch for note in notes if note.channel != DRUM_CHANNEL] or [60]
    low, high = min(pitches), max(pitches)
    drums_high = 24 if any(note.channel == DRUM_CHANNEL for note in notes) else 0
    row = (HEIGHT - drums_high) / (high - low + 1)
    colours = {c: COLOURS[i % len(COLOURS)] for i, c in enumerate(song.channels)}
    by_colour: dict[str, list[str]] = {}
    for note in notes:
        x = WIDTH * note.start_s / length
        if note.channel == DRUM_CHANNEL:
            y, tall, wide, colour = HEIGHT - 2.0 - (note.pitch * 7) % 22, 2.0, 2.0, DRUMS
        else:
            y, tall, colour = (high - note.pitch) * row, max(row, 1.5), colours[note.channel]
            wide = max(WIDTH * (note.end_s - note.start_s) / length, 1.0)
        box = f"M{x:.1f} {y:.1f}h{wide:.1f}v{tall:.1f}h-{wide:.1f}z"
        by_colour.setdefault(colour, []).append(box)
    paths = "".join(
        f'<path fill="{colour}" d="{"".join(boxes)}"/>' for colour, boxes in by_colour.items()
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">{paths}</svg>'


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width">
<style>
:root { color-scheme: light dark; font: 15px system-ui, sans-serif; }
body { max-width: 760px; margin: 2rem auto; padding: 0 1rem; }
header { position: sticky; top: 0; padding: .5rem 0; background: Canvas; z-index: 1; }
h1 { margin: 0; font-size: 1.4rem; } h2 { font-size: 1rem; margin: 0 0 .4rem; }
article { border-top: 1px solid #8884; padding: 1rem 0; }
audio { width: 100%; } svg { width: 100%; height: 96px; background: #8881; }
.figures span { margin-right: 1rem; opacity: .75; } .failed p { color: #ef4444; }
</style></head><body>
<header><h1>$title</h1><p>$said
<button id="picks" type="button">picks.txt (<span id="count">0</span>)</button></p></header>
$rows
<script>
"use strict";
const boxes = [...document.querySelectorAll("input")], place = location.pathname + $place;
const picked = () => boxes.filter((box) => box.checked);
const count = () => { document.getElementById("count").textContent = picked().length; };
try {
  const kept = JSON.parse(localStorage.getItem(place) || "[]");
  for (const box of boxes) box.checked = kept.includes(box.dataset.key);
} catch { /* a browser that keeps nothing of a file's page */ }
count();
document.addEventListener("change", () => {
  count();
  const keys = picked().map((box) => box.dataset.key);
  try { localStorage.setItem(place, JSON.stringify(keys)); } catch { /* as above */ }
});
document.addEventListener("play", (event) => {
  for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
}, true);
document.getElementById("picks").addEventListener("click", () => {
  const link = document.createElement("a");
  const text = picked().map((box) => box.value + "\\n").join("");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = "picks.txt";
  link.click();
});
</script></body></html>
"""
