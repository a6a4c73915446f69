"""Drums of a file as words of text, and bars of text as messages for a kit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from daw_bridge.drums.remap import drum_channel
from daw_bridge.encoding.drum_text import DrumText, from_text, to_text, tokens_of
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.midi.files import Score
from daw_bridge.midi.messages import DRUM_CHANNEL, note_off, note_on
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks

Result = TypeVar("Result")

Became = Counter[tuple[int, int | None]]
"""How many hits of a canonical note were sent as a note of a kit; None: it has none for them."""


def words_of(
    score: Score, codec: DrumText, drum_map: DrumMap | None, channel: int | None
) -> tuple[str, Counter[int]]:
    """Write the drums of a score as text, up to the last bar with a hit.

    A hit goes to the nearest step of the whole piece, so one before a bar line may fall on it.

    Returns:
        The text, and by note the hits of what is none of the nine drums.

    Raises:
        UserError: it has no drums on that channel (0..15; None: the one that drums are on).
    """
    place = drum_channel({note.channel for note in score.notes}, channel)
    early = Ticks(codec.step // 2 + 1)
    bars = [
        codec.encode(_canonical(bar, drum_map)) for bar in score.bars(channel=place, early=early)
    ]
    while bars and not bars[-1][:-1].any():
        bars.pop()
    if not bars:
        known = "the nine" if drum_map is None else drum_map.name
        found = f"notes that are none of {known}"
        raise UserError("drums", found, "name the map that they are in with --drum-map")
    struck = (note.pitch for note in score.notes if note.channel == place)
    lost = Counter(note for note in struck if _drum(note, drum_map) not in CLASS_OF)
    return to_text(int(token) for bar in bars for token in bar), lost


def _drum(note: int, drum_map: DrumMap | None) -> int | None:
    return note if drum_map is None else drum_map.to_canonical(note)


def _canonical(bar: Bar, drum_map: DrumMap | None) -> Bar:
    pairs = ((note, _drum(note.pitch, drum_map)) for note in bar.notes)
    return Bar.of([replace(note, pitch=p) for note, p in pairs if p is not None], bar.meter)


def bars_of(text: str, codec: DrumText) -> list[Bar]:
    """Read text as bars of one meter.

    Raises:
        UserError: something is no word, there is no bar, or bars differ in length.
        ValueError: bars of no known meter.
    """
    bars = [codec.decode(each) for each in from_text(text)]
    if not bars:
        raise UserError("a bar of words", "none", "write words such as 0b100000000 before BAR")
    for number, bar in enumerate(bars, 1):
        if bar.meter != bars[0].meter:
            raise UserError(
                f"bars of {bars[0].meter} throughout, as the first",
                f"one of {bar.meter} as bar {number}",
                "mend the text, or give --meter and --resolution",
            )
    return bars


def pieces_of(
    name: str, lines: Sequence[tuple[int, str]], codec: DrumText, *, each_line: bool
) -> list[list[Bar]]:
    """Read pieces from numbered lines, one a line, or all lines as one piece.

    Raises:
        UserErrors: a line for each that is wrong, beginning with the name of the text.
    """
    if not each_line:
        _read(name, lines, lambda line: list(tokens_of(line)))
        lines = [(lines[-1][0], " ".join(line for _, line in lines))]
    return _read(name, lines, lambda line: bars_of(line, codec))


def _read(
    name: str, lines: Iterable[tuple[int, str]], reader: Callable[[str], Result]
) -> list[Result]:
    results: list[Result] = []
    errors: list[str] = []
    for number, line in lines:
        try:
            results.append(reader(line))
        except (UserError, ValueError) as error:
            errors.append(f"{name}:{number}: {error}")
    if errors:
        raise UserErrors(errors)
    return results


def messages_of(
    bars: Sequence[Bar], drum_map: DrumMap
) -> tuple[list[tuple[Ticks, bytes]], Ticks, Became]:
    """Return the messages of bars of one meter on a kit, their length, and what became of hits."""
    became: Became = Counter()
    length = bars[0].meter.bar_length()
    messages: list[tuple[Ticks, bytes]] = []
    for number, bar in enumerate(bars):
        for note in bar.notes:
            pitch = drum_map.to_device(note.pitch)
            became[note.pitch, pitch] += 1
            if pitch is not None:
                start = number * length + note.start
                messages.append((Ticks(start), note_on(DRUM_CHANNEL, pitch, note.velocity)))
                messages.append((Ticks(start + note.duration), note_off(DRUM_CHANNEL, pitch)))
    return messages, Ticks(len(bars) * length), became
