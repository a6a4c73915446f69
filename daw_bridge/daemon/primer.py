"""From what a preset or flags give as a primer to what a session begins with."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from daw_bridge.config.drawing import PrimerFile
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.hearing import CHIP_CHANNELS, CHOIR_CHANNELS
from daw_bridge.daemon.source import codec_for
from daw_bridge.encoding.chip_voices import NOISE, TRIANGLE
from daw_bridge.encoding.choir_voices import CHOIR
from daw_bridge.encoding.codec import holds
from daw_bridge.encoding.kind import Kind
from daw_bridge.errors import UserError
from daw_bridge.jam.primer import Bars, Primer, of_chord, of_drums, of_melody, parted
from daw_bridge.midi import files
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.music.time import (
    HIGHEST_QPM,
    LOWEST_QPM,
    SIXTEENTH,
    Meter,
    TempoChanges,
    Ticks,
)
from daw_bridge.policies.card import Card
from daw_bridge.registry import CODECS

EARLY = Ticks(SIXTEENTH // 2 + 1)
"""A note so many ticks before a bar line announces the bar behind it."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a primer is, whatever becomes of it.

    `meter` is the one that is in force at its end, None where it says none; `tempos` are those of
    each bar, from the start of the first one on, none where it says none. `remarks` say what could
    not be kept.
    """

    bars: Bars
    meter: Meter | None = None
    tempos: tuple[TempoChanges, ...] = ()
    remarks: tuple[str, ...] = ()


def primed(
    file: JamFile, card: Card, stated: Collection[str]
) -> tuple[JamFile, Primer, tuple[str, ...]]:
    """Read the primer of a jam for a model.

    The jam gets its last tempo and meter, where the primer says them and they are not `stated`.
    What is played of the primer or with it keeps its meters in any case, and its tempos unless one
    is stated.

    Returns:
        The jam, the primer, and a line for each thing that cannot be as the primer has it.

    Raises:
        UserError: it cannot be read or played, or holds nothing for such a model.
    """
    said = file.primer
    given = given_by(said, file.meter, CODECS.find(card.codec).kind)
    if given.meter is not None and "meter" not in stated:
        file = file.model_copy(update={"meter": given.meter})
    primer = Primer(given.bars, said.condition, said.inject, said.keep)
    if given.tempos and "bpm" not in stated:
        changes = [tempo for bar in given.tempos for _, tempo in bar]
        _check_tempos(changes)
        file = file.model_copy(update={"bpm": changes[-1]})
        if primer.inject or primer.keep:
            first, *others = given.tempos
            tempos = (first[1:], *others)
            primer = replace(primer, tempo_qpm=changes[0], tempos=tempos)
    return file, primer, (*given.remarks, *_unheard(file, card, primer))


def given_by(said: PrimerFile, meter: Meter, kind: Kind) -> Given:
    """Return what a primer is; its last bar is filled up with silence.

    Of a MIDI file, channel 10 is for drums, all others for what is pitched. For a chip, drums are
    noise, a chord is for the other voices from the top, and channels are as a chip is played. Of a
    choir a channel is a voice; where all is on one, chords are parted. What says no meter has bars
    of the jam's.

    Raises:
        UserError: the file cannot be read, or holds nothing for such a model.
    """
    chip = kind == "chip"
    if said.midi:
        voices = {"chip": CHIP_CHANNELS, "choir": CHOIR_CHANNELS}.get(kind, {})
        given = _of_file(Path(said.midi), meter, drums=kind == "drums", voices=voices)
        if kind != "choir" or len({note.voice for bar in given.bars for note in bar.notes}) > 1:
            return given
        return replace(given, bars=parted(given.bars, CHOIR))
    if said.pitches:
        if kind == "choir":
            return Given(parted(of_chord(said.pitches, meter), CHOIR))
        return Given(of_chord(said.pitches, meter, voices=TRIANGLE + 1 if chip else 1))
    if said.melody:
        return Given(of_melody(said.melody, meter))
    return Given(of_drums(said.drums, meter, voice=NOISE if chip else 0))


def _of_file(path: Path, meter: Meter, *, drums: bool, voices: Mapping[int, int]) -> Given:
    score = files.read(path)
    if not score.says_meter:
        score = replace(score, meters=((Ticks(0), meter),))
    last, _ = score.bar_lines()[-1]
    if last and score.length - last < EARLY:  # a track that ends a little late begins no bar
        score = replace(score, length=last)
    channel = score.drum_channel()
    if drums:
        bars = score.bars(channel=channel, early=EARLY) if channel is not None else ()
    else:
        counts = tuple(n for n in score.notes if n.channel != DRUM_CHANNEL or n.channel in voices)
        bars = replace(score, notes=counts).bars(early=EARLY, voices=voices)
    if not any(bar.notes for bar in bars):
        what = "drums on channel 10" if drums else "pitched notes"
        raise UserError(f"a primer with {what}", f"none in {path}", "name another file")
    starts, meters = zip(*score.bar_lines(), strict=True)
    bars, odd = _cut_short(bars, starts)
    return Given(
        bars,
        meters[-1] if score.says_meter else None,
        _tempos_of(score, starts) if score.says_tempo else (),
        tuple(_lost(path, score, odd)),
    )


def _cut_short(bars: Bars, starts: Sequence[Ticks]) -> tuple[Bars, list[int]]:
    """Give bars that end early, where the meter changes, a meter of that length: pickups stay so.

    Returns:
        The bars, and the numbers, from 1, of those whose length no meter has.
    """
    out, odd = list(bars), list[int]()
    for i, (start, end) in enumerate(pairwise(starts)):
        if end - start < bars[i].meter.bar_length():
            out[i] = replace(bars[i], meter=bars[i].meter.cut_to(Ticks(end - start)))
        if end - start < out[i].meter.bar_length():
            odd.append(i + 1)
    return tuple(out), odd


def _lost(path: Path, score: files.Score, odd: Sequence[int]) -> Iterator[str]:
    """Say what of a file could not be read, and what could not be kept of its bars."""
    if score.damage:
        yield f"{path} is damaged: {'; '.join(score.damage)}"
    if odd:
        more = f" ({len(odd) - 1} more like it)" if odd[1:] else ""
        yield f"{path}: bar {odd[0]} ends where no meter does: it lasts to the next 64th{more}"


def _tempos_of(score: files.Score, starts: Sequence[Ticks]) -> tuple[TempoChanges, ...]:
    """Return the tempos of each bar, by its ticks; one at the end of the file is of none."""
    tempos: list[list[tuple[Ticks, float]]] = [[] for _ in starts]
    for tick, tempo in score.tempos:
        if not tick or tick < score.length:
            i = bisect_right(starts, tick) - 1
            tempos[i].append((Ticks(tick - starts[i]), tempo))
    return tuple(map(tuple, tempos))


def _check_tempos(tempos: Iterable[float]) -> None:
    for tempo in tempos:
        if not LOWEST_QPM <= tempo <= HIGHEST_QPM:
            raise UserError(
                f"a primer at {LOWEST_QPM} to {HIGHEST_QPM} quarter notes a minute",
                f"one at {tempo:g}",
                "say another tempo with --bpm",
            )


def _unheard(file: JamFile, card: Card, primer: Primer) -> list[str]:
    """Say which bars a model cannot hear.

    Raises:
        UserError: it cannot play bars that it is to play.
    """
    codec = codec_for(card, file)
    if not holds(codec, file.meter):
        found = f"{file.meter} after the primer"
        raise UserError(f"a meter that {card.name} plays", found, "say another with --meter")
    strange = {bar.meter for bar in primer.bars if not holds(codec, bar.meter)}
    names = ", ".join(sorted(map(str, strange))[:4]) + (", ..." if len(strange) > 4 else "")
    if strange and primer.inject:
        raise UserError(f"a primer in meters that {card.name} plays", names, "give another")
    if not strange or not primer.condition:
        return []
    count = sum(bar.meter in strange for bar in primer.bars)
    return [f"{card.name} knows no bars of {names}: {count} of the primer's it does not hear"]
