"""Bars of a MIDI file made anew, from what stands before them and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from daw_bridge.config.drawing import PrimerFile
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.primer import EARLY, given_by
from daw_bridge.daemon.settings import voices_of
from daw_bridge.daemon.source import codec_for
from daw_bridge.encoding.codec import Codec, Grammar, holds
from daw_bridge.encoding.limits import Within
from daw_bridge.encoding.playing import Playing
from daw_bridge.errors import UserError, near
from daw_bridge.jam.ask import Ask
from daw_bridge.midi import files, smf
from daw_bridge.midi.files import FileNote, Score
from daw_bridge.midi.messages import NOTE_OFF, NOTE_ON, note_off, note_on
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Meter, Ticks
from daw_bridge.policies.infill import Gap, chosen
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.sampling import generator
from daw_bridge.registry import CODECS

HEARD_BEFORE, HEARD_AFTER = 32, 4
"""Bars on both sides of the gap that are heard. What lies beyond says little of it."""

_TOUCH = 1
"""Of the seed's numbers: those of velocities, so that notes are the same without a touch."""

_DROPPED = {smf.END_OF_TRACK, smf.TRACK_NAME}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which bars, from 0 and up to before `end`, how they are found, and of which voice alone."""

    first: int
    end: int
    voice: str | None = None
    candidates: int = 16
    temperature: float = 1.0
    seed: int = 0
    best: bool = True


def infill(policy: Policy, midi: Path, wish: Wish, out: Path) -> None:
    """Write a MIDI file with some bars made anew; all else stays as it is.

    Raises:
        UserError: the file cannot be read or written, has not these bars, or the model cannot play
            them or has no such voice.
    """
    score = files.read(midi)
    bars, codec = heard(policy, midi, score)
    if not 0 <= wish.first < wish.end <= len(bars):
        found = f"{wish.first + 1}-{wish.end} in one of {len(bars)}"
        raise UserError(f"bars of {midi}", found, "name others with --bars")
    voice = None if wish.voice is None else _voice(policy, wish.voice)
    made = filled(policy, codec, bars, wish, voice)
    channels = {each.voice: each.channel - 1 for each in voices_of(policy.card)}
    _write(out, midi, score, wish, made, channels, voice)


def heard(policy: Policy, midi: Path, score: Score) -> tuple[list[Bar], Codec]:
    """Return the bars of a file as a model hears them, with its codec.

    Raises:
        UserError: it holds nothing for such a model.
    """
    kind = CODECS.find(policy.card.codec).kind
    bars = given_by(PrimerFile(midi=str(midi)), Meter(), kind).bars
    jam = JamFile(model=policy.card.name, bpm=score.tempos[0][1], meter=bars[0].meter)
    return list(bars), codec_for(policy.card, jam, bars)


def filled(
    policy: Policy, codec: Codec, bars: Sequence[Bar], wish: Wish, voice: int | None
) -> list[Bar]:
    """Return what stands in the gap: played by the model's touch, if it has one.

    Raises:
        UserError: the model has no bars of their meter.
    """
    gap = bars[wish.first : wish.end]
    if strange := {str(bar.meter) for bar in gap if not holds(codec, bar.meter)}:
        known = f"a model of bars in {', '.join(strange)}"
        raise UserError(known, policy.card.name, "name other bars, or another model")
    before = _near(codec, reversed(bars[max(wish.first - HEARD_BEFORE, 0) : wish.first]))[::-1]
    after = _near(codec, iter(bars[wish.end : wish.end + HEARD_AFTER]))
    written = [codec.quantise(bar) for bar in gap]

    def narrow(grammar: Grammar, number: int) -> Grammar:
        if voice is None:
            return grammar
        others = tuple(note for note in written[number].notes if note.voice != voice)
        bar = replace(written[number], notes=others)
        within = Within(codec, edge="top")(grammar, Ask(meter=bar.meter, heard=bar))
        return Playing(within, codec.tokens, {voice, *(note.voice for note in others)})

    meters = [bar.meter for bar in gap]
    rng = generator(wish.seed)
    music = Gap(policy, codec, before, meters, after, narrow=narrow, temperature=wish.temperature)
    *_, last = music.candidates(wish.candidates, rng)
    made = list(chosen(last, rng, best=wish.best).bars)
    return _touched(policy, made, bars[: wish.first][-HEARD_BEFORE:], wish.seed)


def _near(codec: Codec, bars: Iterator[Bar]) -> list[Bar]:
    """Return the bars up to the first one that the codec cannot hold."""
    found: list[Bar] = []
    for bar in bars:
        if not holds(codec, bar.meter):
            break
        found.append(codec.quantise(bar))
    return found


def _touched(policy: Policy, made: list[Bar], before: Sequence[Bar], seed: int) -> list[Bar]:
    touch = policy.card.touch
    if touch is None:
        return made
    state = touch.initial_state()
    for bar in before:
        state = touch.hear(bar, state)
    out = []
    for number, bar in enumerate(made):
        played, state = touch.play(bar, state, generator(seed, number, _TOUCH))
        out.append(played)
    return out


def _voice(policy: Policy, name: str) -> int:
    names = policy.card.voices
    if name not in names:
        raise UserError(f"a voice of {policy.card.name}", repr(name), near(name, names))
    return names.index(name)


def _write(
    out: Path,
    midi: Path,
    score: Score,
    wish: Wish,
    made: Sequence[Bar],
    channels: Mapping[int, int],
    voice: int | None,
) -> None:
    """Write the file: its events, its notes but for those of the gap, and the new ones."""
    starts = [start for start, _ in score.bar_lines()]
    starts.append(Ticks(starts[-1] + score.bar_lines()[-1][1].bar_length()))
    begin, end = starts[wish.first], starts[wish.end]
    ours = set(channels.values()) if voice is None else {channels[voice]}
    notes = [part for note in score.notes for part in _kept(note, begin, end, ours)]
    events: list[tuple[Ticks, bytes]] = []
    for note in notes:
        events.append((note.start, note_on(note.channel, note.pitch, note.velocity)))
        after = Ticks(note.start + note.duration)
        events.append((after, note_off(note.channel, note.pitch)))
    for at, bar in zip(starts[wish.first : wish.end], made, strict=True):
        for new in bar.notes:
            if voice is None or new.voice == voice:
                events += _played(new, at, channels.get(new.voice, 0))
    events += _others(midi)
    files.write(out, events, name=score.name, length=score.length)


def _kept(note: FileNote, begin: Ticks, end: Ticks, ours: set[int]) -> Iterator[FileNote]:
    """Yield what of a note lies outside of the gap; what is held out of it is struck behind it."""
    stop = note.start + note.duration
    if note.channel not in ours or stop <= begin or note.start >= end - EARLY:
        yield note
        return
    if note.start < begin - EARLY:
        yield replace(note, duration=Ticks(begin - note.start))
    if stop > end + EARLY:
        yield replace(note, start=end, duration=Ticks(stop - end))


def _played(note: Note, at: Ticks, channel: int) -> list[tuple[Ticks, bytes]]:
    start = Ticks(at + note.start)
    return [
        (start, note_on(channel, note.pitch, note.velocity)),
        (Ticks(start + note.duration), note_off(channel, note.pitch)),
    ]


def _others(midi: Path) -> Iterator[tuple[Ticks, bytes]]:
    """Yield what of a file is no note: programs, controllers, tempo, meters, texts."""
    file = files.unpack(midi)
    for track in file.tracks:
        for event in track:
            is_note = event.status & 0xF0 in (NOTE_ON, NOTE_OFF) and event.status < 0xF0
            if not is_note and not (event.status == smf.META and event.meta in _DROPPED):
                tick = round(event.tick * PPQ / file.division)
                yield Ticks(tick), smf.message_of(event)
