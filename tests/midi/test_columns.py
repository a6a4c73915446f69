"""Both ways of reading a track give the same, and an independent reader hears the same notes."""

from __future__ import annotations

import io
from itertools import accumulate
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.midi import columns, files
from daw_bridge.midi.columns import Columns, columns_of
from daw_bridge.midi.smf import SmfError
from tests.midi.smf_bytes import END, HEAD, KICK_OFF, KICK_ON, TEMPO_120, header, track


def same(one: Columns, other: Columns) -> bool:
    facts = [
        (c.division, c.tempos, c.meters, c.length, c.damage, c.mended, len(c.parts))
        for c in (one, other)
    ]
    names = ("start", "end", "pitch", "velocity", "channel", "program")
    return facts[0] == facts[1] and all(
        a.name == b.name and all(np.array_equal(getattr(a, n), getattr(b, n)) for n in names)
        for a, b in zip(one.parts, other.parts, strict=True)
    )


def both(raw: bytes) -> tuple[Columns | str, Columns | str]:
    """Read in bulk where that can be, and event by event throughout."""
    found = []
    for bulk in (columns._in_bulk, lambda *_: None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(columns, "_in_bulk", bulk)
            try:
                found.append(columns_of(raw))
            except SmfError as error:
                found.append(str(error))
    return found[0], found[1]


def agree(raw: bytes) -> bool:
    one, other = both(raw)
    return one == other if isinstance(one, str) or isinstance(other, str) else same(one, other)


numbers, bits = st.integers(0, 300), st.integers(0, 127)
channels = st.integers(0, 15)
messages = st.one_of(
    st.builds(lambda c, p, v: bytes((0x90 | c, p, v)), channels, st.integers(36, 38), bits),
    st.builds(lambda c, p: bytes((0x80 | c, p, 64)), channels, st.integers(36, 38)),
    st.builds(lambda s, a, b: bytes((s, a, b)), st.sampled_from((0xA3, 0xB0, 0xE9)), bits, bits),
    st.builds(lambda s, a: bytes((s, a)), st.sampled_from((0xC0, 0xC9, 0xD1)), bits),
    st.builds(lambda k, d: b"\xff" + bytes((k, len(d))) + d, bits, st.binary(max_size=9)),
    st.builds(lambda d: b"\xf0" + bytes((len(d) + 1,)) + d + b"\xf7", st.binary(max_size=5)),
    st.sampled_from((b"\xf8", END[1:], TEMPO_120[1:], b"\xff\x58\4\7\3\x18\x08", b"\xf0\0")),
)


@st.composite
def tracks(draw: st.DrawFn, kinds: st.SearchStrategy[bytes] = messages) -> bytes:
    """Draw a track with and without running status, also behind meta events."""
    out, running = bytearray(), 0
    for message in draw(st.lists(kinds, max_size=25)):
        delta = draw(numbers)
        out += bytes((0x80 | delta >> 7, delta & 0x7F) if delta > 127 else (delta,))
        repeated = message[0] == running and draw(st.booleans())
        out += message[1:] if repeated else message
        running = message[0] if message[0] < 0xF0 else running
    return track(bytes(out), draw(st.sampled_from((END, b"", b"\x83\x60" + END[1:]))))


@settings(max_examples=500)
@given(st.lists(tracks(), min_size=1, max_size=3), st.sampled_from((96, 480, 1024)))
def test_both_ways_agree_on_files_in_order(found, division):
    assert agree(header(1, len(found), division) + b"".join(found))


@settings(max_examples=500)
@given(tracks(), st.data())
def test_both_ways_agree_on_damaged_files(found, data):
    raw = bytearray(HEAD + found)
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(14, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert agree(bytes(raw))


ODD = {
    "no note-offs": (KICK_ON, b"\x78\x99\x24\x64" * 3, END),
    "running status behind a system exclusive": (KICK_ON, b"\0\xf0\2\1\xf7", b"\x60\x24\0", END),
    "running status behind a meta event": (KICK_ON, b"\0\xff\1\1a", b"\x60\x24\0", END),
    "programs by running status": (b"\0\xc9\1\0\2\0\3", KICK_ON, KICK_OFF, END),
    "programs by running status, later": (b"\0\xc9\1\x60\2\x60\3", KICK_ON, KICK_OFF, END),
    "pressure by running status behind text": (b"\0\xd9\1\0\xff\1\0\0\2", KICK_ON, KICK_OFF, END),
    "no status behind a meta event": (TEMPO_120, b"\0\x24\x64", KICK_ON, KICK_OFF, END),
    "no status at the end": (TEMPO_120, b"\0\x24\x64"),
    "no status": (b"\0\x24\x64", KICK_ON, KICK_OFF, END),
    "long text": (b"\0\xff\1\x81\x48" + b"\x90" * 200, KICK_ON, KICK_OFF, END),
    "a clock byte": (b"\0\xf8", KICK_ON, KICK_OFF, END),
    "two ends": (END, KICK_ON, KICK_OFF, END),
    "no end": (KICK_ON, KICK_OFF),
    "nothing": (),
    "a long delta": (b"\xff\xff\xff\x7f\x99\x24\x64", KICK_OFF, END),
    "a delta of five bytes": (b"\x80\x80\x80\x80\x60\x99\x24\x64", KICK_OFF, END),
}


@pytest.mark.parametrize("events", ODD.values(), ids=ODD)
def test_both_ways_agree_on_odd_tracks(events):
    assert agree(HEAD + track(*events))


def test_programs_are_those_of_the_channel_at_the_note():
    piano = (b"\0\xc3\5", b"\0\x93\x3c\1", b"\1\xc3\7", b"\0\x93\x3e\1", b"\0\x92\x3e\1")
    (part,) = columns_of(HEAD + track(*piano, END)).parts
    assert part.channel.tolist() == [3, 3, 2]
    assert part.program.tolist() == [5, 7, 0]


def test_halves_of_a_tick_go_upwards_at_both_ends():
    fine = header(0, 1, 960) + track(b"\1\x90\x3c\1", b"\2\x80\x3c\0", b"\0\x90\x3c\1", b"\0" + END)
    (part,) = columns_of(fine).at_480().parts
    assert (part.start.tolist(), part.end.tolist()) == ([1, 2], [2, 3])
    assert [(n.start, n.duration) for n in files.parse(fine).notes] == [(1, 1), (2, 1)]


def by_mido(raw: bytes) -> list[tuple[int, int, int, int]]:
    return sorted(
        (tick, message.note, message.velocity, message.channel)
        for one in mido.MidiFile(file=io.BytesIO(raw)).tracks
        for tick, message in zip(accumulate(m.time for m in one), one, strict=True)
        if message.type == "note_on" and message.velocity
    )


def started(found: Columns) -> list[tuple[int, int, int, int]]:
    return sorted(
        row
        for part in found.parts
        for row in zip(
            *(c.tolist() for c in (part.start, part.pitch, part.velocity, part.channel)),
            strict=True,
        )
    )


plain = st.one_of(
    st.builds(lambda c, p, v: bytes((0x90 | c, p, v)), channels, bits, bits),
    st.builds(lambda c, p: bytes((0x80 | c, p, 64)), channels, bits),
    st.builds(lambda s, a: bytes((s, a)), st.sampled_from((0xC0, 0xD1)), bits),
    st.builds(lambda d: b"\xff\1" + bytes((len(d),)) + d, st.binary(max_size=9)),
)


@given(st.lists(tracks(plain), min_size=1, max_size=3))
def test_an_independent_reader_hears_the_same_notes_start(found):
    raw = header(1, len(found)) + b"".join(found)
    assert started(columns_of(raw)) == by_mido(raw)


@pytest.mark.shared_data
def test_real_files_are_read_alike_by_all(shared_data: Path):
    symusic = pytest.importorskip("symusic")
    paths = sorted(shared_data.rglob("*.mid"))[::80]
    assert len(paths) >= 20
    for path in paths:
        raw = path.read_bytes()
        assert agree(raw), path
        assert started(columns_of(raw)) == by_mido(raw), path
        tracks = symusic.Score.from_midi(raw).tracks
        heard = sorted((n.time, n.pitch, n.velocity) for t in tracks for n in t.notes)
        assert [(at, p, v) for at, p, v, _ in started(columns_of(raw))] == heard, path
