"""Voices do not go in parallel fifths, octaves and unisons."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.parallels import NoParallels
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks
from tests.encoding.walks import walk

SEEDS = st.integers(0, 10_000)


def sounding(bars: list[Bar]) -> Iterator[dict[int, int]]:
    """Yield for each 16th what each voice plays; noise is none."""
    for bar in bars:
        for step in range(bar.meter.steps()):
            yield {
                n.voice: n.pitch
                for n in bar.notes
                if n.start <= step * SIXTEENTH < n.start + n.duration
            }


def parallels(bars: list[Bar], voices: int) -> int:
    """Count pairs of voices that both move, alike, from a fifth or an octave to the same."""
    found = 0
    for was, now in pairwise(sounding(bars)):
        both = sorted(was.keys() & now.keys() & set(range(voices)))
        for one, other in combinations([v for v in both if was[v] != now[v]], 2):
            interval = (was[one] - was[other]) % 12
            alike = (now[one] > was[one]) == (now[other] > was[other])
            found += alike and interval in (0, 7) and (now[one] - now[other]) % 12 == interval
    return found


@pytest.mark.parametrize(("codec", "voices"), [(ChoirVoices(), 4), (ChipVoices(), 3)])
@settings(max_examples=30)
@given(seed=SEEDS)
def test_no_walk_goes_in_parallels_over_the_bar_line_either(
    codec: Codec, voices: int, seed: int
) -> None:
    first = walk(codec, seed, NoParallels(codec))
    second = walk(codec, seed + 1, NoParallels(codec), before=first)
    assert parallels([first, second], voices) == 0


def test_only_the_notes_that_would_be_parallel_are_left_out() -> None:
    codec = ChoirVoices()
    tokens, voices = codec.tokens, codec.voices
    fifth = [Note(Ticks(0), 67, Ticks(1920), 90, 0), Note(Ticks(0), 60, Ticks(1920), 90, 1)]
    grammar = NoParallels(codec)(codec.grammar(Meter()), Ask(before=Bar.of(fifth, Meter())))
    free = codec.grammar(Meter())
    for token in (*codec.conditions(Meter()), voices.note_token(0, 69)):
        grammar.push(token)
        free.push(token)
    allowed, before = grammar.allowed(), free.allowed()
    assert allowed is not None
    assert before is not None
    left_out = {tokens.names[token] for token in (before & ~allowed).nonzero()[0]}
    assert left_out == {f"NOTE_1_{pitch}" for pitch in (62, 74, 86, 98)}


@pytest.mark.parametrize("codec", [Line(), Polyphony()], ids=lambda codec: codec.name)
def test_one_voice_has_no_parallels_to_leave_out(codec: Codec) -> None:
    with pytest.raises(UserError, match="several voices"):
        NoParallels(codec)
