"""A policy that harmonises what is played, as it is played: token by token, and not bar by bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from daw_bridge.encoding.codec import Bools, Codec, holds
from daw_bridge.errors import UserError
from daw_bridge.music.form import UNKNOWN
from daw_bridge.music.keys import Key
from daw_bridge.music.time import PPQ, Meter, Ticks
from daw_bridge.policies.policy import Logits, Policy
from daw_bridge.policies.sampling import Sampler

MELODY = 0
"""The voice that is played; the others are drawn beneath it."""


class PolicyHarmony:
    """Chords under a melody, from a policy whose voices play one note at a time.

    The network goes on with the time, a step of its grid after the other; while a step is open, a
    note that is struck in it is taken as the highest voice, and the others are drawn under it, each
    no higher than the one before. What chance has in a chord hangs on the seed and its number. It
    goes on from `now`, what comes next and the state before it; None: from the beginning. To the
    policy a bar of a meter that it does not know is bars of `meter`, the last of them cut off.

    Raises:
        UserError: the model has no voices to play under another.
    """

    def __init__(
        self,
        policy: Policy,
        codec: Codec,
        sampler: Sampler,
        in_key: Callable[[Codec, Key], Codec],
        now: tuple[Logits, Any] | None = None,
        meter: Meter = Meter(),
    ) -> None:
        tokens = codec.tokens
        drums = set(tokens.voice[tokens.drums > 0].tolist())
        self._others = [v for v in range(1, int(tokens.voice.max()) + 1) if v not in drums]
        if not self._others:
            what = "a model of several voices, to follow a player"
            raise UserError(what, policy.card.name, "choose another, such as chorale")
        self.length = Ticks(PPQ // tokens.steps_per_quarter)
        """How long a step is."""
        self._policy, self._codec, self._sampler, self._in_key = policy, codec, sampler, in_key
        self._meter, self._left, self._left_of_bar = meter, 0, 0
        self._number = 0
        self._sounding: dict[int, int] = {}
        self._chord: dict[int, int] = {}
        self._open: list[int] = []
        self._struck: tuple[int, ...] = ()
        self._at_line = False
        self._step = int(np.flatnonzero(tokens.ends_step & (tokens.voice < 0))[0])
        ends = np.flatnonzero(tokens.ends_voice >= 0)
        self._ends = {int(tokens.ends_voice[token]): int(token) for token in ends}
        self._now = now or policy.step(codec.start_token, policy.initial_state())

    def begin_bar(self, meter: Meter, key: Key | None = None) -> None:
        """Open the first step of a bar, in a key, where it is another than before."""
        if key is not None:
            self._codec = self._in_key(self._codec, key)
        self._left = meter.steps(self.length)
        self._begin(meter if holds(self._codec, meter) else self._meter)

    def _begin(self, meter: Meter) -> None:
        """Open the first step of a bar that the policy knows."""
        self._left_of_bar = meter.steps(self.length)
        logits, state = self._now
        self._now = logits, self._policy.told(UNKNOWN, meter, state)
        grammar = self._codec.grammar(meter)
        while (allowed := grammar.allowed()) is not None and np.count_nonzero(allowed) == 1:
            token = int(allowed.argmax())
            self._push(token)
            grammar.push(token)
        self._at_line = True

    def pass_step(self) -> None:
        """Close the open step, with what was struck or ended in it, and open the next one."""
        said: Sequence[int] = self._struck
        if not said and self._at_line:
            said = self._tied()
        elif not said and not self._sounding:
            said = [self._ends[voice] for voice in self._open]
        if self._struck or self._at_line or not self._sounding:
            self._open = sorted(self._chord if self._struck else self._sounding)
        for token in (*said, self._step):
            self._push(token)
        self._struck, self._at_line = (), False
        self._left, self._left_of_bar = self._left - 1, self._left_of_bar - 1
        if self._left and not self._left_of_bar:
            self._begin(self._meter)

    def strike(self, pitch: int) -> dict[int, int]:
        """Return the pitches, by voice, that sound with a note that is struck now."""
        draw = self._sampler.of_bar(self._number)
        self._number += 1
        tokens = self._codec.tokens
        melody = self._note(MELODY, pitch)
        logits, state = self._policy.step(melody, self._now[1])
        struck, highest, chord = [melody], pitch, dict[int, int]()
        for voice in self._others:
            allowed: Bools = (tokens.voice == voice) & (tokens.pitch >= 0)
            allowed &= tokens.pitch <= min(highest, pitch - 1)
            if not allowed.any():
                continue
            token = draw(logits, allowed)
            logits, state = self._policy.step(token, state)
            struck.append(token)
            chord[voice] = highest = int(tokens.pitch[token])
        self._struck = tuple(struck)
        self._chord = self._sounding = {MELODY: pitch, **chord}
        return chord

    def release(self) -> None:
        """Learn that what sounds has ended."""
        self._sounding = {}

    def _tied(self) -> list[int]:
        """Return the tokens of what sounds on over a bar line."""
        ties = np.flatnonzero(self._codec.tokens.ties)
        return [
            token
            for voice, pitch in sorted(self._sounding.items())
            for token in (int(ties[voice]), self._note(voice, pitch))
        ]

    def _note(self, voice: int, pitch: int) -> int:
        """Return the token of a note, brought into the range of its voice by octaves."""
        tokens = self._codec.tokens
        played = np.flatnonzero((tokens.voice == voice) & (tokens.pitch >= 0))
        same = played[tokens.pitch[played] % 12 == pitch % 12]
        return int(same[np.abs(tokens.pitch[same] - pitch).argmin()])

    def _push(self, token: int) -> None:
        self._now = self._policy.step(token, self._now[1])
