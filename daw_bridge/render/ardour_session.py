"""The text of an Ardour 7 session: what its Lua interpreter has no words for is written into it.

These are the notes, as files that regions play; tempo and meters; and how far the song goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from daw_bridge.midi.files import Score
from daw_bridge.music.tempo_map import TempoMap
from daw_bridge.music.time import PPQ, Ticks

TICKS_A_QUARTER = 1920
SUPERCLOCK = 282_240_000
"""Ardour's own parts of a second."""

FIRST_ID = 1_000_000
"""Above all numbers that a new session gives to its own parts."""

_REGION = (
    '<Region name={name} muted="0" opaque="1" locked="0" video-locked="0" automatic="0" '
    'whole-file="{whole}" import="0" external="0" sync-marked="0" left-of-split="0" '
    'right-of-split="0" hidden="0" position-locked="0" valid-transients="0" start="b0" '
    'length="b{length}@b0" sync-position="b0" ancestral-start="b0" ancestral-length="b0@b0" '
    'stretch="1" shift="1" layering-index="0" tags="" contents="0" id="{id}" type="midi" '
    'first-edit="nothing" source-0="{source}" master-source-0="{source}"/>'
)


def with_song(text: str, score: Score, files: Mapping[str, str]) -> str:
    """Return a session with a song in it, from the start.

    `files` says for tracks, by their names, which MIDI file they play, of those that lie with the
    session. The text is that of a session with one range, which becomes the song's.
    """
    length = _theirs(score.length)
    sources, regions = [], []
    for number, (track, file) in enumerate(files.items()):
        source = FIRST_ID + 3 * number
        name = quoteattr(file)
        sources.append(
            f'<Source name={name} take-id="" type="midi" flags="" id="{source}" '
            'natural-position="a0" captured-for="" origin=""/>'
        )
        about = {"name": name, "length": length, "source": source}
        regions.append(_REGION.format(whole=1, id=source + 1, **about))
        played = _REGION.format(whole=0, id=source + 2, **about)
        playlist = re.compile(rf"(<Playlist [^>]*name={re.escape(quoteattr(track))}[^>]*)/>")
        text = playlist.sub(lambda found, inside=played: f"{found[1]}>{inside}</Playlist>", text)  # type: ignore[misc]
    text = text.replace("<Sources/>", f"<Sources>{''.join(sources)}</Sources>")
    text = text.replace("<Regions/>", f"<Regions>{''.join(regions)}</Regions>")
    text = text.replace('flags="IsRangeMarker"', 'flags="IsSessionRange"')
    for kind, points in (("Tempos", _tempos(score)), ("Meters", _meters(score))):
        text = re.sub(
            f"<{kind}>.*?</{kind}>", f"<{kind}>{''.join(points)}</{kind}>", text, flags=re.DOTALL
        )
    return text


def _tempos(score: Score) -> list[str]:
    place = _Places(score)
    return [
        f'<Tempo npm="{tempo:.9g}" enpm="{tempo:.9g}" note-type="4" type="Tempo::Constant" '
        f'active="1" locked-to-meter="0" continuing="0" {place.of(tick)} omega="0"/>'
        for tick, tempo in score.tempos
    ]


def _meters(score: Score) -> list[str]:
    place = _Places(score)
    return [
        f'<Meter note-value="{meter.denominator}" divisions-per-bar="{meter.numerator}" '
        f"{place.of(tick)}/>"
        for tick, meter in score.meters
    ]


class _Places:
    """Where ticks are, in all the ways in which Ardour counts."""

    def __init__(self, score: Score) -> None:
        self._seconds_at = TempoMap(score.tempos).seconds_at
        self._bars = score.bar_lines()

    def of(self, tick: Ticks) -> str:
        number, (start, meter) = max(
            (i, bar) for i, bar in enumerate(self._bars) if bar[0] <= tick or i == 0
        )
        beat, left = divmod(tick - start, meter.beat)
        quarters, rest = divmod(tick, PPQ)
        return (
            f'sclock="{round(self._seconds_at(tick) * SUPERCLOCK)}" '
            f'quarters="{quarters}:{_theirs(Ticks(rest))}" '
            f'bbt="{number + 1}|{beat + 1}|{left * TICKS_A_QUARTER // meter.beat}"'
        )


def _theirs(tick: Ticks) -> int:
    return tick * (TICKS_A_QUARTER // PPQ)
