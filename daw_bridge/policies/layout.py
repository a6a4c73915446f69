"""How far back a network looks over the tokens of a vocabulary, and from where it may copy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from daw_bridge.encoding.codec import Ints, TokenTable, Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.music.form import FARTHEST

N_KEPT = 10
"""How many tokens of a step are kept, at most: not looked at is what is below the tenth of a
chord."""

N_NOTES = 2
"""How many of the last notes of a voice are looked at: two make an interval."""

N_COMPARED = 32
"""How many steps back the comparison goes."""

LONG = 1024
"""How many steps back a match is looked for in play, which may go on for hours."""

BARS = (1, 2, 4)
MATCHES = (32, 12, 5)
COPIED = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16)
FRAMES_COPIED = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
EVENTS_MATCHES = (32, 16, 8, 4, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """What is looked at, and copied from, of music in the tokens of a table.

    Looked at are `near` steps back and `bars` bars back; compared, and copied from, are `copied`
    bars back, and for each of `matches` the last place where as many steps were played as have
    just been; and the bar that is told to return. Where voices play one note at a time, their last
    notes are looked at as well. Of each step as many tokens as `kept` are. `keys` are the first
    token of a key and the one after the last. `alike` [vocab_size + 1] gives tokens that pass for
    one another the same number; absent, none do. In play a match is looked for among the last
    `long` steps.
    """

    tokens: TokenTable
    near: tuple[int, ...]
    bars: tuple[int, ...]
    copied: tuple[int, ...]
    matches: tuple[int, ...]
    kept: int
    keys: tuple[int, int]
    alike: Ints | None = None
    long: int = LONG
    told: bool = False
    """Whether a bar may be told to return: only where tokens have bars."""
    begins: tuple[int, ...] = ()
    """Of each token, the voice that begins a note with it, -1 for none."""

    @classmethod
    def of(
        cls,
        tokens: TokenTable,
        *,
        near: tuple[int, ...],
        bars: tuple[int, ...],
        copied: tuple[int, ...],
        matches: tuple[int, ...] = (),
    ) -> Layout:
        """Lay out the tokens of a table."""
        ranks, keys = np.unique(tokens.rank[tokens.rank >= 0]), np.flatnonzero(tokens.key >= 0)
        known = (int(keys[0]), int(keys[-1]) + 1) if len(keys) else (0, 0)
        kept = min(len(ranks), N_KEPT)
        begins = tuple(np.where(tokens.strikes > 0, tokens.voice, -1).tolist())
        told = bool(known[1])
        return cls(tokens, near, bars, copied, matches, kept, known, told=told, begins=begins)

    @property
    def vocab_size(self) -> int:
        """The count of tokens."""
        return len(self.tokens.names)

    @property
    def nothing(self) -> int:
        """The token that stands where there is none."""
        return self.vocab_size

    @property
    def n_seen(self) -> int:
        """The count of steps that are looked at; the best matching and the told bar are of them.

        The last notes of voices are one more, and those before them another.
        """
        voices = N_NOTES if self.n_voices else 0
        return len(self.near) + len(self.bars) + 1 + self.told + voices

    @property
    def n_copied(self) -> int:
        """The count of places that are compared and copied from; the told bar is the last."""
        return len(self.copied) + len(self.matches) + self.told

    @property
    def n_voices(self) -> int:
        """The count of voices that play one note at a time, where there are bars."""
        return int(self.tokens.voice.max(initial=-1)) + 1 if self.told else 0

    def reach(self, n_steps: int) -> int:
        """Return how many steps must be remembered, in bars of `n_steps`."""
        told = FARTHEST if self.told else 0
        bars = n_steps * max(*self.bars, *self.copied, told) + max(self.near)
        return max(bars + N_COMPARED, self.long if self.matches else 0)

    def only_copying(self, copied: tuple[int, ...]) -> Layout:
        """Return the same layout, with other bars to compare and copy from, and nothing else."""
        return replace(self, copied=copied, matches=(), told=False)

    def moved(self, semitones: int) -> Ints:
        """Return the token that each becomes some semitones higher: [vocab_size + 1].

        A pitch that would leave the encoding's range comes back into it by an octave.
        """
        pitch, key = self.tokens.pitch, self.tokens.key
        table = np.arange(self.vocab_size + 1)
        families = np.cumsum(np.diff(pitch, prepend=-1) < 0).tolist()
        pitched = zip(families, pitch.tolist(), range(self.vocab_size), strict=True)
        places = {(family, pitch): token for family, pitch, token in pitched if pitch >= 0}
        for (family, place), token in places.items():
            wanted = (places.get((family, place + semitones + octave)) for octave in (0, 12, -12))
            table[token] = next(each for each in wanted if each is not None)
        for token in np.flatnonzero(key > 0).tolist():
            tonic = (int(key[token]) - 1) % 12
            table[token] += (tonic + semitones) % 12 - tonic
        return table

    def home(self) -> Ints:
        """Return for each key by how much music in it is moved to be in C, -6..5: [n_keys].

        Where no token names a key, that is the one key "any".
        """
        first, end = self.keys
        tonics = (self.tokens.key[first:end] if end else np.zeros(1, np.int64)) - 1
        return np.where(tonics < 0, 0, (6 - tonics) % 12 - 6)


def layout_of(vocabulary: Vocabulary) -> Layout:
    """Return the layout of a vocabulary.

    Raises:
        UserError: nothing in it has a pitch.
    """
    tokens = vocabulary.tokens
    if not (tokens.pitch >= 0).any():
        what = "a codec of pitched music"
        raise UserError(what, vocabulary.name, "use a network of kind lstm for it")
    if vocabulary.kind == "events":
        return _layout_of_events(tokens)
    if vocabulary.kind == "frames":
        near, bars = (1, 2, 3, 4), (6, 8, 16)
        return Layout.of(tokens, near=near, bars=bars, copied=FRAMES_COPIED, matches=(16, 8, 4))
    beat = tokens.steps_per_quarter
    near = (1, 2, beat, 2 * beat)
    return Layout.of(tokens, near=near, bars=BARS, copied=COPIED, matches=MATCHES)


def _layout_of_events(tokens: TokenTable) -> Layout:
    near, bars = (1, 2, 3, 4), (6, 8, 12)
    layout = Layout.of(tokens, near=near, bars=bars, copied=(), matches=EVENTS_MATCHES)
    # Waits are fine: a phrase that comes again seldom has all its waits again.
    waits = (tokens.strikes == 0) & (tokens.ends_voice < 0)
    alike = np.arange(layout.vocab_size + 1)
    alike[:-1][waits] = np.flatnonzero(waits)[0]
    # No jam plays these: they are heard to their end, as in training.
    return replace(layout, alike=alike, long=1 << 20)
