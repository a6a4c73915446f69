"""Which event ends a note: one answer for all that read, count or rewrite notes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Places = NDArray[np.int64]


def ends_of(ticks: ArrayLike, keys: ArrayLike, starts: ArrayLike) -> Places:
    """Find for each note-on of a track the place of the event that ends it; -1 where none does.

    The note-ons and note-offs stand as in the file: `ticks` [n] rise, `keys` [n] are equal for
    events of one pitch and channel, `starts` [n] marks the note-ons. What is no note-on has -1.

    * Note-offs end notes in the order in which those began. Where there are fewer note-offs than
      note-ons, the later notes have them.
    * A note-off ends what began before its tick, if anything sounds: notation programs write the
      next note-on before it. Only then does it end what begins at its tick, a note of no length.
    * A key that is struck again at a later tick ends what sounds on it, if that has not ended: the
      place is then that of the note-on. The note-off of what was ended so is used up.
    * Notes struck at one tick, as layered tracks have them, each have a note-off of their own;
      where one is missing, they end together.
    """
    tick, key, on = np.asarray(ticks, np.int64), np.asarray(keys), np.asarray(starts, bool)
    ends = np.full(len(tick), -1, np.int64)
    by_key = np.argsort(key, kind="stable")
    first = _changes(key[by_key])
    if _take_turns(on[by_key], first):
        ends[by_key[:-1]] = np.where(on[by_key][:-1] & ~first[1:], by_key[1:], -1)
        return ends
    order = by_key[_offs_first(tick[by_key], on[by_key], first)]
    begun, ended = _matched(on[order], first)
    own = np.full(len(tick), -1, np.int64)
    own[order[begun]] = order[ended]
    struck = order[on[order]]
    twin, again = _chords(tick[struck], key[struck])
    own = np.where(own[struck] < 0, own[struck[twin]], own[struck])
    cut = np.where(again < 0, -1, struck[again])
    too_late = (own < 0) | (tick[own] > tick[cut])
    ends[struck] = np.where((cut >= 0) & too_late, cut, own)
    return ends


def _changes(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Mark where a value is another than the one before it, the first one among them."""
    return np.append(np.ones(min(len(values), 1), bool), values[1:] != values[:-1])


def _take_turns(on: NDArray[np.bool_], first: NDArray[np.bool_]) -> bool:
    """Whether on every key note-ons and note-offs follow each other: nothing is to be decided."""
    return bool((on[first]).all() and ((on[1:] != on[:-1]) | first[1:]).all())


def _sounding(on: NDArray[np.bool_], first: NDArray[np.bool_]) -> Places:
    """Count what sounds after each event of its key; a note-off of nothing leaves it at none."""
    total = np.cumsum(np.where(on, 1, -1))
    section = np.cumsum(first) - 1
    since: Places = total - (total - np.where(on, 1, -1))[first][section]
    # Each section lies below the one before it, so that the lowest so far is the section's own.
    below = section * (len(on) + 1)
    lowest = np.minimum.accumulate(since - below) + below
    sounding: Places = since - np.minimum(lowest, 0)
    return sounding


def _offs_first(tick: Places, on: NDArray[np.bool_], first: NDArray[np.bool_]) -> Places:
    """Order events so that note-offs go before the note-ons of their tick, if they end anything."""
    moment = _changes(tick) | first
    number = np.cumsum(moment) - 1
    before = np.where(first, 0, np.append(0, _sounding(on, first)[:-1]))
    to_end = before[moment][number]
    offs: Places = np.cumsum(~on) - ~on
    early = ~on & (offs - offs[moment][number] < to_end)
    return np.lexsort((~early, number))


def _matched(on: NDArray[np.bool_], first: NDArray[np.bool_]) -> tuple[Places, Places]:
    """Find the note-ons that have a note-off and, in the same order, those note-offs."""
    last = np.append(first[1:], np.ones(min(len(on), 1), bool))
    left_over = ~on & (np.where(first, 0, np.append(0, _sounding(on, first)[:-1])) == 0)
    backwards = np.where(last[::-1], 0, np.append(0, _sounding(~on[::-1], last[::-1])[:-1]))
    never_ended = on & (backwards[::-1] == 0)
    return np.flatnonzero(on & ~never_ended), np.flatnonzero(~on & ~left_over)


def _chords(tick: Places, key: NDArray[np.generic]) -> tuple[Places, Places]:
    """Find the last of the note-ons of each one's key and tick, and the next after it or -1."""
    chord = _changes(tick) | _changes(key)
    following = np.append(np.flatnonzero(chord), len(tick))[np.cumsum(chord)]
    again = np.minimum(following, len(tick) - 1)
    same = (following < len(tick)) & (key[again] == key)
    return following - 1, np.where(same, following, -1)
