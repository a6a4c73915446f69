"""What may sound at a port process: never too little, and no longer than it is in doubt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.midi.messages import TimedMessage, note_off, note_on, rank_of
from daw_bridge.music.time import Seconds
from daw_bridge.ports.pending import Pending
from daw_bridge.ports.sounding_afar import SoundingAfar

RATE = 1_000


def at(due_s: float, data: bytes, port: str = "notes") -> TimedMessage:
    return TimedMessage(Seconds(due_s), rank_of(data), 0, port, data)


def test_what_was_told_and_what_began_since_may_sound() -> None:
    afar = SoundingAfar()
    assert afar.keys() == ()
    afar.commit([at(1.0, note_on(9, 36, 1)), at(1.1, note_off(9, 36)), at(3.0, note_on(0, 60, 1))])
    assert afar.keys() == (("notes", 9, 36), ("notes", 0, 60))
    afar.told(Seconds(2.5), [("bass", 1, 40)])
    assert afar.keys() == (("bass", 1, 40), ("notes", 0, 60))
    afar.told(Seconds(9.0), [("notes", 0, 60)])
    assert afar.keys() == (("notes", 0, 60),)
    assert list(afar.started) == [("notes", 9, 36), ("notes", 0, 60)]
    afar.ended()
    assert afar.keys() == ()
    assert list(afar.started) == [("notes", 9, 36), ("notes", 0, 60)]


@given(
    st.lists(st.tuples(st.integers(1, 800), st.booleans()), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 19), st.integers(-700, 300)), max_size=30),
)
def test_whatever_sounds_is_among_what_may(
    blocks: list[tuple[int, bool]], notes: list[tuple[int, int]]
) -> None:
    """Notes are sent before their block, early or late; what sounded at its end is told later."""
    afar, pending = SoundingAfar(), Pending(RATE)
    frame, listed = 0, pending.sounding.keys()
    for index, (length, tells) in enumerate(blocks):
        for pitch, (block, early) in enumerate(notes):
            if block == index:
                message = at((frame + early) / RATE, note_on(0, pitch, 1))
                afar.commit([message])
                pending.add([message])
        if tells:
            afar.told(Seconds(frame / RATE), listed)
        pending.drain(frame, length)
        frame += length
        listed = pending.sounding.keys()
        assert set(pending.sounding.keys()) <= set(afar.keys())
