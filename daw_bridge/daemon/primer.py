"""From what a preset or flags give as a primer to what a session begins with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from daw_bridge.config.drawing import PrimerFile
from daw_bridge.config.jam import JamFile
from daw_bridge.encoding.chip_voices import NOISE, PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.encoding.kind import Kind
from daw_bridge.errors import UserError
from daw_bridge.jam.primer import Bars, Primer, of_chord, of_drums, of_melody
from daw_bridge.midi import files
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks
from daw_bridge.policies.card import Card
from daw_bridge.registry import CODECS

_EARLY = Ticks(SIXTEENTH // 2 + 1)
CHIP_CHANNELS = {0: PULSE_1, 1: PULSE_2, 2: TRIANGLE, DRUM_CHANNEL: NOISE}
"""The voice of each channel of a file, as a chip is played; other channels are the first voice."""


def primer_of(card: Card, file: JamFile) -> Primer:
    """Read the primer of a jam for a model.

    Raises:
        UserError: it cannot be read, or holds nothing for such a model.
    """
    given = file.primer
    bars = bars_of_primer(given, file.meter, CODECS.find(card.codec).kind)
    return Primer(bars, given.condition, given.inject, given.keep)


def bars_of_primer(given: PrimerFile, meter: Meter, kind: Kind) -> Bars:
    """Return the bars of a primer, the last one filled up with silence; none where there is none.

    Of a MIDI file, channel 10 is for drums, all others for what is pitched. For a chip, drums are
    noise, a chord is for the other voices from the top, and channels are as a chip is played.

    Raises:
        UserError: the file cannot be read, or holds nothing for such a model.
    """
    chip = kind == "chip"
    if given.midi:
        path, voices = Path(given.midi), CHIP_CHANNELS if chip else {}
        return _of_file(path, drums=kind == "drums", voices=voices)
    if given.pitches:
        return of_chord(given.pitches, meter, voices=TRIANGLE + 1 if chip else 1)
    if given.melody:
        return of_melody(given.melody, meter)
    return of_drums(given.drums, meter, voice=NOISE if chip else 0)


def _of_file(path: Path, *, drums: bool, voices: Mapping[int, int]) -> Bars:
    score = files.read(path)
    channel = score.drum_channel()
    if drums:
        bars = score.bars(channel=channel, early=_EARLY) if channel is not None else ()
    else:
        counts = tuple(n for n in score.notes if n.channel != DRUM_CHANNEL or n.channel in voices)
        score = files.Score(counts, score.tempos, score.meters, score.length)
        bars = score.bars(early=_EARLY, voices=voices)
    if not any(bar.notes for bar in bars):
        what = "drums on channel 10" if drums else "pitched notes"
        raise UserError(f"a primer with {what}", f"none in {path}", "name another file")
    return bars
