"""What a network over plain tokens observes of the music so far.

Melodies, chorales and chip tunes repeat themselves, at other distances than drums do, and several
tokens may fall on one step. So a network is shown the steps that were played a little and whole
bars before, what of them comes next at the place within the step that has been reached, and how
long the music has agreed with the music at that distance. One set of functions builds this from
arrays, over a whole piece; in play `recall_tokens` does, a step at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.policies.layout import MATCHES, N_COMPARED, N_KEPT, N_NOTES, Layout
from daw_bridge.policies.observe_form import Form, observe_form
from daw_bridge.policies.observe_place import places_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_BACK = np.arange(1, N_COMPARED + 1)

N_FEATURES = 4
"""How well a bar that may be copied agrees, before the step; within it there is one more number."""


class Steps(NamedTuple):
    """What was played: `tokens` [n, kept] of each step, padded, and its `ids` [n].

    Equal steps have equal ids.
    """

    tokens: Ints
    ids: Ints


class Sources(NamedTuple):
    """What may be copied: `tokens` [m, n_copied, kept] of steps, and how they rank in them."""

    tokens: Ints
    order: Ints


class Parsed(NamedTuple):
    """A sequence by steps; arrays have a row for each token and tell what came before it.

    `step` is the one that the token falls on or stands before; `rank` the order of the one before
    it there, -1 for none, and `last` that token; `counts` how many tokens it has so far; `place`
    is its number in the bar, which has `n_steps`, and `row` its row in `observe_place.Places`.
    `begins` [n] says on which steps notes begin.
    """

    steps: Steps
    step: Ints
    rank: Ints
    last: Ints
    counts: Ints
    place: Ints
    row: Ints
    n_steps: Ints
    begins: NDArray[np.bool_]


class Sight(NamedTuple):
    """What is observed at m steps.

    `seen` [m, n_seen] and `source` [m, n_copied] number steps, below 0 for none. `features`
    [m, n_copied, 4] say how well each source has agreed: 1 where there is one, the length of the
    exact match, the share of equal steps among the last eight, and among all that are compared.
    """

    seen: Ints
    source: Ints
    features: Floats


def parse(tokens: Ints, layout: Layout) -> Parsed:
    """Put the tokens of a piece on their steps."""
    order, closes = layout.tokens.rank[tokens], layout.tokens.ends_step[tokens]
    step = np.concatenate([[0], np.cumsum(closes)[:-1]])
    on_step = (order >= 0).astype(np.int64)
    opening = np.concatenate([[0], layout.tokens.bar_steps[tokens][:-1]])  # known once it was drawn
    latest = np.maximum.accumulate(np.where(opening > 0, np.arange(len(tokens)), -1))
    known = latest >= 0
    n_steps = np.where(known, opening[np.maximum(latest, 0)], 1)
    place = np.where(known, step - step[np.maximum(latest, 0)], 0) % n_steps
    row = np.where(known, places_of(layout.tokens).first[tokens[np.maximum(latest - 1, 0)]], 0)
    inside_step = np.concatenate([[False], (order[:-1] >= 0) & ~closes[:-1]])
    before = np.concatenate([[0], np.arange(len(tokens) - 1)])
    rank = np.where(inside_step, order[before], -1)
    last = np.where(inside_step, tokens[before], layout.nothing)
    total = np.cumsum(on_step) - on_step
    begins = np.searchsorted(step, step)
    count = total - total[begins]
    kept = np.full((int(closes.sum()) + 1, layout.kept), layout.nothing)
    inside = (on_step > 0) & (count < layout.kept)
    kept[step[inside], count[inside]] = tokens[inside]
    tied = np.concatenate([[False], layout.tokens.ties[tokens[:-1]]])
    struck = np.zeros(len(kept), np.bool_)
    struck[step[(layout.tokens.strikes[tokens] > 0) & (order >= 0) & ~tied]] = True
    steps = Steps(kept, identify(kept, layout))
    return Parsed(steps, step, rank, last, count, place, row + place, n_steps, struck)


class Observation(NamedTuple):
    """What is observed of a piece: first before each of n steps, then before each of m tokens.

    `seen` [n, n_seen, kept] are tokens, `features` float32 [n, n_copied, N_FEATURES] as in
    `Sight`, `place` [n] the row of `observe_place.Places` that says where the step is, `key` [n]
    (0 for any), and `form` as in `observe_form`. Of the tokens that fall on steps, `step` [m] is
    in order, `target` [m] are they themselves, `last` as in `Parsed`, `played` [m, kept] what the
    step held before them, `notes` [m, n_voices] the last note that each voice has begun, `copies`
    and `alike` [m, n_copied] as `candidates` gives them.
    """

    seen: Ints
    features: Floats
    place: Ints
    key: Ints
    form: Form
    step: Ints
    target: Ints
    last: Ints
    played: Ints
    notes: Ints
    copies: Ints
    alike: Floats


def observe(tokens: Ints, layout: Layout) -> Observation:
    """Observe the music before every step of a piece, and before every token on it."""
    parsed = parse(tokens, layout)
    on = np.flatnonzero(layout.tokens.rank[tokens] >= 0)
    step = parsed.step[on]
    opens = on[np.searchsorted(step, np.arange(step[-1] + 1))] if len(on) else on
    n_steps, place = parsed.n_steps[opens], parsed.place[opens]
    ids, n_opened = parsed.steps.ids, len(opens)
    bars = np.flatnonzero(place == 0) if layout.told else np.zeros(0, np.int64)
    form = observe_form(ids[:n_opened], parsed.begins[:n_opened], bars)
    sight = look(ids, np.arange(n_opened), n_steps, layout, form.told)
    so_far = np.arange(layout.kept) < parsed.counts[on, None]
    played = np.where(so_far, parsed.steps.tokens[step], layout.nothing)
    there = sources(parsed.steps, sight.source[step], layout)
    copies, alike = candidates(there, parsed.rank[on], played, layout)
    first, end = layout.keys
    is_key = (tokens >= first) & (tokens < end)
    latest = np.maximum.accumulate(np.where(is_key, np.arange(len(tokens)), -1))[opens]
    key = np.where(latest >= 0, tokens[np.maximum(latest, 0)] - first, 0)
    seen = seen_tokens(parsed.steps, sight.seen, layout)
    if layout.n_voices:
        opening = np.full((n_opened, N_NOTES, layout.kept), layout.nothing)
        for back in range(N_NOTES):
            opening[:, back, : layout.n_voices] = _last_notes(tokens, opens, layout, back)
        seen = np.concatenate([seen, opening], 1)
    return Observation(
        seen,
        sight.features,
        parsed.row[opens],
        key,
        form,
        step,
        tokens[on],
        parsed.last[on],
        played,
        _last_notes(tokens, on, layout),
        copies,
        alike,
    )


def identify(tokens: Ints, layout: Layout) -> Ints:
    """Return one number for the tokens of each step: equal for steps that pass for one another."""
    tokens = tokens if layout.alike is None else layout.alike[tokens]
    primes = np.array([1_000_003**k % (2**61 - 1) for k in range(1, N_KEPT + 1)], np.int64)
    primes = primes[: tokens.shape[-1]]
    with np.errstate(over="ignore"):
        out: Ints = ((tokens + 1) * primes).sum(-1)
    return out


def look(ids: Ints, at: Ints, n_steps: Ints, layout: Layout, told: Ints | None = None) -> Sight:
    """Look back from the steps `at` [m], in bars of `n_steps` [m], at what came before them.

    Where bars may be told to return, `told` [m] are the steps that each returns to, -1 for none.
    """
    lags = n_steps[:, None] * np.array(layout.copied, np.int64)
    matching = _matching(ids, at, layout.matches)
    returns = np.full((len(at), int(layout.told)), -1) if told is None else told[:, None]
    returns = returns[:, : int(layout.told)]
    source = np.concatenate([at[:, None] - lags, matching, returns], 1)
    exists = source >= 0
    here = at[:, None] - _BACK
    there = source[:, :, None] - _BACK
    same = ids[np.maximum(here, 0)][:, None, :] == ids[np.maximum(there, 0)]
    same &= there >= 0
    run = np.cumprod(same, 2, dtype=np.float32).sum(2)
    near, far = same[:, :, :8].sum(2) / 8, same.sum(2) / N_COMPARED
    length = np.log1p(run) / np.log1p(N_COMPARED)
    # Rounded to half precision, in which they are kept while a network learns from them.
    features = np.stack([exists, length, near, far], 2) * exists[:, :, None]
    found = ((length + near + far) * exists)[:, : len(layout.copied) + len(layout.matches)]
    best = source[np.arange(len(at)), np.argmax(found, 1)]
    short = at[:, None] - np.array(layout.near)
    bars = at[:, None] - n_steps[:, None] * np.array(layout.bars)
    seen = np.concatenate([short, bars, best[:, None], returns], 1)
    return Sight(seen, source, features.astype(np.float16).astype(np.float32))


def _matching(ids: Ints, at: Ints, lengths: tuple[int, ...]) -> Ints:
    """Return for each length the last step that came after the same steps, -1 for none: [m, n]."""
    columns = [np.full((len(at), 0), -1)]
    for length in lengths:
        ends = np.arange(length, int(at.max(initial=0)) + 1)
        if not len(ends):
            columns.append(np.full((len(at), 1), -1))
            continue
        windows = np.lib.stride_tricks.sliding_window_view(ids[: ends[-1]], length)
        with np.errstate(over="ignore"):
            mixed = (windows ^ (windows >> 29)) * _MIX[:length]
            hashes = (mixed ^ (mixed >> 31)).sum(1)
        order = np.argsort(hashes, kind="stable")
        again = hashes[order[1:]] == hashes[order[:-1]]
        found = np.full(ends[-1] + 1, -1)
        found[ends[order[1:][again]]] = ends[order[:-1][again]]
        columns.append(found[at][:, None])
    return np.concatenate(columns, 1)


_MIX = np.random.default_rng(0).integers(1, 2**62, max(MATCHES) * 2) | 1


def sources(steps: Steps, source: Ints, layout: Layout) -> Sources:
    """Return what was played at the steps [m, n_copied] that may be copied from."""
    tokens = seen_tokens(steps, source, layout)
    return Sources(tokens, np.append(layout.tokens.rank, -1)[tokens])


def candidates(there: Sources, rank: Ints, played: Ints, layout: Layout) -> tuple[Ints, Floats]:
    """Return what comes next at each source [m, n_copied], and whether all before it was alike.

    `rank` [m] is how far the step has come, `played` [m, kept] what was played in it so far.
    """
    follows = there.order > rank[:, None, None]
    first = follows.argmax(2)
    rows, columns = np.ogrid[: first.shape[0], : first.shape[1]]
    found = follows.any(2)
    token = np.where(found, there.tokens[rows, columns, first], layout.nothing)
    outside = played == layout.nothing
    alike = ((there.tokens == played[:, None, :]) | outside[:, None, :]).all(2)
    return token, (alike & found).astype(np.float32)


def _last_notes(tokens: Ints, places: Ints, layout: Layout, back: int = 0) -> Ints:
    """Return the last note that each voice began before n tokens of a piece: [n, n_voices].

    `back` counts the notes after it.
    """
    out = np.full((len(places), layout.n_voices), layout.nothing)
    notes = layout.tokens.strikes[tokens] > 0
    for voice in range(layout.n_voices):
        at = np.flatnonzero(notes & (layout.tokens.voice[tokens] == voice))
        before = np.searchsorted(at, places) - 1 - back
        known = before >= 0
        out[known, voice] = tokens[at[before[known]]]
    return out


def seen_tokens(steps: Steps, seen: Ints, layout: Layout) -> Ints:
    """Return the tokens of the steps that are looked at: [m, n_seen, kept]."""
    return np.where((seen >= 0)[:, :, None], steps.tokens[np.maximum(seen, 0)], layout.nothing)
