"""A file of drums from one map to another: the map it was in, and what became of its hits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from daw_bridge.drums.detect import Detection, detect
from daw_bridge.drums.remap import Remapped, note_counts, remap
from daw_bridge.errors import UserError
from daw_bridge.midi import smf
from daw_bridge.midi.files import Score
from daw_bridge.midi.messages import CONTROL_CHANGE, DRUM_CHANNEL
from daw_bridge.music.drum_map import DrumMap, translation


@dataclass(frozen=True, slots=True)
class Converted:
    """A file in its new map: its bytes, the two maps, and what became of its hits.

    `remark` says what the instrument misses in it, if anything.
    """

    raw: bytes
    source: DrumMap
    target: DrumMap
    counts: Remapped
    remark: str = ""

    def kept(self, before: int, after: int | None) -> bool:
        """Whether a note is on the target what another was on the source."""
        return after is not None and self.source.pad_at(before) == self.target.pad_at(after)

    def hits(self) -> Iterator[tuple[int, int | None, int]]:
        """Yield each note before, the note after or None where it was dropped, and how often."""
        yield from ((before, after, hits) for (before, after), hits in self.counts.sent.items())
        yield from ((before, None, hits) for before, hits in self.counts.dropped.items())


def convert(file: smf.Smf, source: DrumMap, target: DrumMap, channel: int) -> Converted:
    """Move the drums of a file that lie on a channel (0..15) to another map, on channel 10.

    Raises:
        UserError: they come from elsewhere, and there are notes on channel 10 already.
    """
    there = note_counts(file)[DRUM_CHANNEL]
    if channel != DRUM_CHANNEL and there:
        raise UserError(
            f"nothing on channel 10, where the drums of channel {channel + 1} go",
            f"{there} notes",
            "move them first",
        )
    raw, counts = remap(file, translation(source, target), channel)
    return Converted(raw, source, target, counts, _pedal_remark(file, channel, target, counts))


def _pedal_remark(file: smf.Smf, channel: int, target: DrumMap, counts: Remapped) -> str:
    """Warn where the target waits for the pedal to say how open the hi-hat is, and nobody does."""
    hat = target.hi_hat
    waiting = any(note in hat.controller_notes for _, note in counts.sent)
    pedal = any(
        event.status == CONTROL_CHANGE | channel and event.data[0] == hat.controller
        for track in file.tracks
        for event in track
    )
    if not waiting or pedal:
        return ""
    notes = " and ".join(map(str, hat.controller_notes))
    return f"{target.name} opens {notes} by CC{hat.controller}, which the file does not have"


def read_as(score: Score, channel: int, maps: Iterable[DrumMap]) -> Detection:
    """Detect the map that the drums of a score, on a channel (0..15), were made for."""
    hits = [(n.start, n.pitch, n.velocity) for n in score.notes if n.channel == channel]
    return detect(hits, score.meters[0][1].bar_length(), list(maps))


def surest(detection: Detection, maps: Mapping[str, DrumMap]) -> DrumMap:
    """Return the map that was detected.

    Raises:
        UserError: another reading fits about as well.
    """
    if not detection.sure and detection.runner_up:
        raise UserError(
            "a map that fits clearly best",
            f"{detection.best.name} and {detection.runner_up.name} to fit about as well",
            "say which with --from",
        )
    return maps[detection.best.name]
