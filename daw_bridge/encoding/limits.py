"""What may be drawn beyond what a grammar says: a scale, a range, a density, drums muted or kept.

A bar `Within` limits is drawn under a grammar that allows less, and can always be gone on from.
"""

from __future__ import annotations

import copy
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from daw_bridge.encoding.codec import Bools, Codec, Grammar, TokenTable
from daw_bridge.encoding.drum_classes import bit
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, Meter

if TYPE_CHECKING:
    from daw_bridge.jam.ask import Ask

Edge = Literal["top", "bottom"]

MIDDLE_C = 60


def edge_of(bars: Iterable[Bar]) -> Edge:
    """Tell a melody from a bass: the half of a melody's notes is at or above middle C."""
    pitches = [note.pitch for bar in bars for note in bar.notes]
    return "top" if not pitches or np.median(pitches) >= MIDDLE_C else "bottom"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be drawn; the defaults allow everything.

    `low`..`high` are MIDI notes, `scale` the pitch classes of a key. `density` is the most notes
    struck in a bar, `polyphony` the most that sound together. `mute` are drum classes (numbers of
    `drum_classes`) that never sound, `lock` those that play what they play in the bar that is kept.
    """

    scale: Key | None = None
    low: int = 0
    high: int = 127
    density: int | None = None
    polyphony: int | None = None
    mute: frozenset[int] = frozenset()
    lock: frozenset[int] = frozenset()

    @property
    def of_pitch(self) -> bool:
        """Whether any of them is about pitch."""
        return self.scale is not None or self.low > 0 or self.high < 127

    def pitches(self) -> Bools:
        """Return which of the 128 MIDI notes may sound.

        Raises:
            UserError: none may.
        """
        notes = np.arange(128)
        classes = self.scale.pitch_classes() if self.scale else frozenset(range(12))
        allowed: Bools = (notes >= self.low) & (notes <= self.high)
        allowed &= np.isin(notes % 12, list(classes))
        if not allowed.any():
            raise UserError(
                f"a note of {self.scale or 'any scale'} between {self.low} and {self.high}",
                "none",
                "widen the range",
            )
        return allowed


@dataclass(frozen=True, slots=True)
class Within:
    """The constraint that a bar keeps within limits.

    `kept` is the bar whose locked drums are played again. With an `edge`, every note that is heard
    comes, but for muted drums: it is what is to be harmonised or accompanied. Among chords it is
    their edge: a melody has no note above it, a bass none below, and so a chord is drawn in the
    knowledge of the melody over it. Where struck notes are counted, only what sounded at the end of
    the bar before is held, for a tie to nothing is a note struck.

    Raises:
        UserError: a limit is none for this codec, or leaves no note.
    """

    codec: Codec
    limits: Limits = Limits()
    kept: Bar | None = None
    edge: Edge | None = None

    def __post_init__(self) -> None:
        tokens = self.codec.tokens
        if self.limits.of_pitch and not (tokens.pitch >= 0).any():
            raise UserError("a pitched model for a scale or a range", "drums", "leave them out")
        if self.limits.mute | self.limits.lock and not tokens.drums.any():
            raise UserError("a model with drums to mute or lock", self.codec.name, "leave that out")
        if self.limits.lock and self.kept is None:
            raise UserError("a primer whose drums are locked", "none", "give a primer as well")
        self.limits.pitches()

    def __call__(self, grammar: Grammar, ask: Ask) -> LimitedGrammar:
        """Return the grammar of a bar within the limits."""
        required = self._events(ask.heard if self.edge else None, ask.meter)
        kept = self._events(self.kept if self.limits.lock else None, ask.meter)
        events = required, kept
        return LimitedGrammar(
            grammar,
            self.limits,
            self.codec.tokens,
            events,
            meter=ask.meter,
            edge=self.edge or "top",
            held=_held(None if self.limits.density is None else ask.before),
        )

    def _events(self, bar: Bar | None, meter: Meter) -> list[list[int]]:
        """Return what a bar plays step by step, as tokens: words, or notes, ties and ends."""
        if bar is None:
            return []
        tokens = self.codec.tokens
        acts = (tokens.strikes > 0) | (tokens.pitch >= 0) | (tokens.ends_voice >= 0) | tokens.ties
        acts |= tokens.thirds
        steps: list[list[int]] = [[]]
        inside = tuple(note for note in bar.notes if note.start < meter.bar_length())
        for token in self.codec.encode(Bar(inside, meter)).tolist():
            if acts[token]:
                steps[-1].append(token)
            if tokens.ends_step[token]:
                steps.append([])
        return steps


class LimitedGrammar:
    """The grammar of one bar, within limits.

    `events` are what is required, and what is kept of the locked drums, step by step.
    `held` are the notes, by voice and pitch, that may go on from the bar before. Of the notes that
    may be struck, each group of beats of the `meter` may have its share and what was left over:
    else the first beats would have them all.
    """

    def __init__(
        self,
        inner: Grammar,
        limits: Limits,
        tokens: TokenTable,
        events: tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]],
        *,
        meter: Meter,
        edge: Edge,
        held: frozenset[tuple[int, int]] = frozenset(),
    ) -> None:
        self._inner, self._limits, self._tokens = inner, limits, tokens
        self._required, self._kept = events
        self._meter, self._edge = meter, edge
        self._one_word_a_step = bool((tokens.strikes > 1).any())
        self._one_note_a_voice = bool((tokens.voice >= 0).any())
        self._beaten = frozenset(tokens.voice[tokens.drums > 0].tolist())
        self._place, self._struck, self._scripted = 0, 0, 0
        self._in_step = 0
        self._sounding: set[int] = set()
        self._tied = False
        self._muted, self._locked = _bits(limits.mute), _bits(limits.lock)
        self._free = _never_forbidden(limits, tokens)
        self._has_ties = bool(tokens.ties.any())
        if self._required or self._kept:
            self._taken = self._taken_by_scripts()
        if limits.density is not None:
            places = zip(tokens.voice.tolist(), tokens.pitch.tolist(), strict=True)
            self._holds: Bools = np.array([(max(v, 0), p) in held for v, p in places], np.bool_)

    def allowed(self) -> Bools | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete."""
        inner = self._inner.allowed()
        if inner is None:
            return None
        free = self._held_before(self._with_room(self._free))
        mask: Bools = inner & free
        if self._limits.density is not None and not self._tied:
            mask &= self._with_fewer(self._limits.density)
        if self._required or self._kept:
            narrow = self._words if self._one_word_a_step else self._scripts
            mask = narrow(mask, inner)
        else:
            self._drop_idle_ties(mask, free)
        return mask if mask.any() else inner

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        tokens = self._tokens
        self._inner.push(token)
        if self._required or self._kept:
            script = self._script()
            self._scripted += self._scripted < len(script) and token == script[self._scripted]
        if tokens.ends_voice[token] >= 0:
            self._sounding.discard(int(tokens.ends_voice[token]))
        elif tokens.voice[token] >= 0:
            self._sounding.add(int(tokens.voice[token]))
        self._struck += 0 if self._tied else int(tokens.strikes[token])
        self._in_step += bool(tokens.pitch[token] >= 0)
        self._tied = bool(tokens.ties[token])
        if tokens.ends_step[token]:
            self._place, self._in_step, self._scripted = self._place + 1, 0, 0
            self._sounding -= self._beaten

    def _with_fewer(self, density: int) -> Bools:
        """Mask what strikes no more notes than there may be.

        A word of drums has closed its step when the rest is told of it, such as a flam.
        """
        tokens = self._tokens
        here = tokens.strikes <= self._may_be_struck(density, self._place)
        if not self._one_word_a_step:
            return here
        in_word = tokens.strikes <= self._may_be_struck(density, max(self._place - 1, 0))
        return np.where(tokens.ends_step, here, in_word)

    def _may_be_struck(self, density: int, place: int) -> int:
        """Return how many more notes may be struck up to the end of a step's group of beats."""
        lines, length = self._meter.group_lines, self._meter.bar_length()
        now = place * PPQ // self._tokens.steps_per_quarter
        until = lines[min(bisect(lines, now), len(lines) - 1)]
        return max(-(-density * until // length) - self._struck, 0)

    def _with_room(self, free: Bools) -> Bools:
        """Take from a mask what would make too many notes sound together."""
        tokens, most = self._tokens, self._limits.polyphony
        if most is None:
            return free
        if self._one_note_a_voice:
            if len(self._sounding) < most:
                return free
            return free & (np.isin(tokens.voice, list(self._sounding)) | (tokens.voice < 0))
        return free & (tokens.pitch < 0) if self._in_step >= most else free

    def _held_before(self, free: Bools) -> Bools:
        """Take from a mask notes held or tied that did not sound before; only where notes count."""
        tokens = self._tokens
        if self._limits.density is None or self._place:
            return free
        held: Bools = (tokens.pitch >= 0) & ((tokens.strikes == 0) | self._tied)
        return free & (~held | self._holds)

    def _words(self, mask: Bools, inner: Bools) -> Bools:
        """Let pass the drum words that have all that is required, and the locked drums as kept.

        Where the other limits leave no such word, it is the one of just these drums.
        """
        tokens, required = self._tokens, self._due(self._required)
        wanted, kept = tokens.drums & required == required, 0
        if self._place < len(self._kept):
            kept = self._due(self._kept) & self._locked
            wanted &= tokens.drums & self._locked == kept
        words = mask & wanted
        if not (words & tokens.ends_step).any():
            words = inner & (tokens.drums == required | kept)
        return np.where(tokens.ends_step, words, mask)

    def _due(self, words: Sequence[Sequence[int]]) -> int:
        """Return the bits of the drums that are written for this step and not muted."""
        here = words[self._place] if self._place < len(words) else []
        return int(self._tokens.drums[here].sum()) & ~self._muted

    def _script(self) -> list[int]:
        """Return the tokens that must come in this step, in their order."""
        tokens, at = self._tokens, self._place
        required = self._required[at] if at < len(self._required) else []
        kept = self._kept[at] if at < len(self._kept) else []
        thirds = [token for token in (*required, *kept) if tokens.thirds[token]][:1]
        notes = [t for t in required if not (tokens.drums[t] & self._muted or tokens.thirds[t])]
        return thirds + notes + [t for t in kept if tokens.drums[t] & self._locked]

    def _scripts(self, mask: Bools, inner: Bools) -> Bools:
        """Let nothing pass over what must come, and leave its voices to it alone."""
        tokens, script = self._tokens, self._script()
        due = script[self._scripted :]
        if not (tokens.rank[inner] >= 0).any():
            return mask  # the bar is being opened or ended
        only = np.zeros_like(mask)
        if self._tied and self._scripted and tokens.ties[script[self._scripted - 1]]:
            only[due[0]] = True
            return only
        free = self._with_room(self._free) & ~self._taken & self._inside(script)
        if due:
            free &= tokens.rank < tokens.rank[due[0]]
            only[due[0]] = inner[due[0]]
        mask = mask & free
        self._drop_idle_ties(mask, free)
        mask |= only
        return mask

    def _inside(self, script: Sequence[int]) -> Bools:
        """Mask the notes that are not beyond what must sound in this step."""
        pitch = self._tokens.pitch
        if self._one_note_a_voice or not script:
            return np.ones(len(pitch), np.bool_)
        top = self._edge == "top"
        inside: Bools = (
            pitch <= pitch[script].max() if top else (pitch < 0) | (pitch >= pitch[script].min())
        )
        return inside

    def _taken_by_scripts(self) -> Bools:
        """Mask what a voice might play whose part is written already, and locked drums."""
        tokens = self._tokens
        theirs = {int(tokens.voice[token]) for step in self._required for token in step} - {-1}
        taken: Bools = np.isin(tokens.voice, list(theirs))
        taken |= np.isin(tokens.ends_voice, list(theirs))
        taken |= tokens.drums & self._locked != 0
        taken |= tokens.thirds
        return taken

    def _drop_idle_ties(self, mask: Bools, free: Bools) -> None:
        """Take from a mask the ties that no note which is free may follow."""
        if not self._has_ties:
            return
        if self._limits.density is not None:
            free = free & self._holds
        for tie in np.flatnonzero(mask & self._tokens.ties):
            ahead = copy.deepcopy(self._inner)
            ahead.push(int(tie))
            after = ahead.allowed()
            mask[tie] = after is not None and (after & free).any()


@lru_cache(maxsize=8)
def _never_forbidden(limits: Limits, tokens: TokenTable) -> Bools:
    """Mask the tokens that limits allow somewhere in a bar; the same for every bar of a jam."""
    may_sound = np.append(limits.pitches(), [True])  # the last is for tokens without a pitch
    free: Bools = may_sound[tokens.pitch] & (tokens.drums & _bits(limits.mute) == 0)
    if limits.polyphony is not None and not (tokens.voice >= 0).any():
        free &= tokens.strikes <= limits.polyphony
    free.flags.writeable = False
    return free


def _held(bar: Bar | None) -> frozenset[tuple[int, int]]:
    """Return the notes, by voice and pitch, that sound at the end of a bar."""
    notes = () if bar is None else bar.notes
    return frozenset(
        (note.voice, note.pitch)
        for note in notes
        if bar is not None and note.start + note.duration >= bar.meter.bar_length()
    )


def _bits(drums: Iterable[int]) -> int:
    return sum(bit(drum) for drum in drums)
