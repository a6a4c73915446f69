"""What is there is read, whatever the header says; what cannot be read is left out and told."""

from __future__ import annotations

import random
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.errors import UserError
from daw_bridge.midi import files, reading
from daw_bridge.midi.smf import SmfError
from daw_bridge.music.time import Meter
from tests.midi.smf_bytes import END, HEAD, KICK_OFF, KICK_ON, TEMPO_120, chunk, header, track

SNARE_ON, SNARE_OFF = b"\0\x99\x26\x64", b"\x60\x89\x26\0"
KICK = track(TEMPO_120, KICK_ON, KICK_OFF, END)
SNARE = track(SNARE_ON, SNARE_OFF, END)
NO_END = track(TEMPO_120, KICK_ON, KICK_OFF)


def riff(data: bytes, *, size: int | None = None, before: bytes = b"", after: bytes = b"") -> bytes:
    data = b"data" + struct.pack("<I", len(data) if size is None else size) + data
    body = b"RMID" + before + data + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def read(raw: bytes) -> tuple[list[tuple[int, int, int]], str]:
    """Give the notes as (start, pitch, length), and what was said."""
    score = files.parse(raw)
    return [(n.start, n.pitch, n.duration) for n in score.notes], "; ".join(score.damage)


EVENT = reading._event
KICK_NOTE, SNARE_NOTE = (0, 36, 96), (0, 38, 96)


@pytest.mark.parametrize(
    ("raw", "notes", "said"),
    [
        (header(1, 1) + KICK + SNARE, "ks", "the header says 1 track(s), there are 2"),
        (header(0, 1) + track(TEMPO_120, END) + SNARE, "s", "says 1 track(s), there are 2"),
        (header(1, 0) + KICK, "k", "the header says 0 track(s), there are 1"),
        (header(1, 9) + KICK + SNARE, "ks", "the header says 9 track(s), there are 2"),
        (header(0, 2) + KICK + SNARE, "ks", "format 0 with 2 track(s)"),
        (header(2, 2) + KICK + SNARE, "ks", "format 2 with 2 track(s)"),
        (header(7, 1) + KICK, "k", "format 7 with 1 track(s)"),
        (header(2, 1) + KICK, "k", ""),
        # the header's own length
        (b"MThd\0\0\0\x0a" + HEAD[8:] + b"more" + KICK, "k", ""),
        (b"MThd\0\0\0\x0a" + HEAD[8:] + KICK, "k", "the header says 10 bytes and has 6"),
        (b"MThd\0\0\0\0" + HEAD[8:] + KICK, "k", "the header says 0 bytes and has 6"),
        (b"MThd\xff\xff\xff\xff" + HEAD[8:] + KICK, "k", "the header says 4294967295 bytes"),
        (HEAD + b"more" + KICK, "k", "4 byte(s) that belong to no track"),
        (b"\0" * 128 + HEAD + KICK, "k", "128 bytes before the header"),
        # the lengths of tracks
        (HEAD + KICK[:4] + b"\0\0\0\0" + KICK[8:], "k", "track 1 says 0 bytes and has 19"),
        (HEAD + KICK[:4] + b"\0\0\0\x09" + KICK[8:], "k", "track 1 says 9 bytes and has 19"),
        (HEAD + KICK[:4] + b"\0\0\0\x14" + KICK[8:], "k", "track 1 says 20 bytes and has 19"),
        (HEAD + KICK[:4] + b"\xff\xff\xff\xff" + KICK[8:], "k", "track 1 says 4294967295 bytes"),
        *[
            (
                header(1, 2) + track(TEMPO_120, KICK_ON, KICK_OFF, END, length=n) + SNARE,
                "ks",
                f"track 1 says {n} bytes and has 19",
            )
            for n in (0, 1, 7, 11, 18, 20, 21, 23, 24, 27, 30, 42, 60, 1 << 20, 1 << 31)
        ],
        # a track without an end, whose length takes in the next one
        (header(1, 2) + track(TEMPO_120, KICK_ON, KICK_OFF, length=38) + SNARE, "ks", "says 38"),
        # no end of track at all
        (HEAD + NO_END, "k", ""),
        (header(1, 2) + NO_END + SNARE, "ks", ""),
        (HEAD + NO_END + b"junk", "k", "4 byte(s) that belong to no track"),
        # what is between tracks, and behind them
        (header(1, 2) + chunk(b"XFIH", b"!") + KICK + chunk(b"Cubs", b"") + SNARE, "ks", ""),
        (header(1, 2) + KICK + chunk(b"XFIH", b"!", 9999) + SNARE, "ks", "9 byte(s) that belong"),
        (header(1, 2) + KICK + b"\0\0\0" + SNARE, "ks", "3 byte(s) that belong to no track"),
        (HEAD + KICK + b"\0" * 100, "k", "100 byte(s) that belong to no track"),
        (HEAD + KICK + b"MTr", "k", "3 byte(s) that belong to no track"),
        # an end of track too early
        (HEAD + track(END, KICK_ON, KICK_OFF, END), "k", "goes on behind an end of track"),
        (HEAD + track(KICK_ON, KICK_OFF, END, b"\0" * 9), "k", "9 byte(s) behind the end"),
        # text that looks like a track
        (HEAD + track(b"\0\xff\1\4MTrk", KICK_ON, KICK_OFF, END), "k", ""),
        # truncated
        (header(1, 2) + KICK + SNARE[:-4], "ks", "track 2 says 12 bytes and has 8"),
        (header(1, 2) + KICK + SNARE[:11], "k", "1 event(s) of track 2 that cannot be read"),
        (header(1, 2) + KICK + SNARE[:8], "k", "track 2 says 12 bytes and has 0"),
        # RIFF
        (riff(HEAD + KICK), "k", ""),
        (riff(HEAD + KICK, after=b"\0LIST\x04\0\0\0INFO"), "k", ""),
        (riff(HEAD + KICK, before=b"DISP\x06\0\0\0\1\0\0\0ab"), "k", ""),
        (riff(HEAD + KICK, size=3), "k", ""),
        (riff(header(1, 2) + KICK + SNARE, size=1 << 30), "ks", ""),
    ],
)  # fmt: skip
def test_what_is_there_is_read_whatever_the_header_says(raw, notes, said):
    found, damage = read(raw)
    assert found == [{"k": KICK_NOTE, "s": SNARE_NOTE}[each] for each in notes]
    assert said in damage
    assert bool(said) == bool(damage)


CC = b"\0\xb0\x07\x64"


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (b"\0\xb0\x07\xe4", "1 event(s) of track 1 with a byte above 127"),
        (b"\0\xb0\xe4\x07", "1 event(s) of track 1 with a byte above 127"),
        (b"\0\xb0\x07\xe4" * 6, "6 event(s) of track 1 with a byte above 127"),
        (b"\0\xb0\x07\xe4" + b"\0\x07\xff" * 3, "4 event(s) of track 1 with a byte above 127"),
        (b"\0\xc3\x80", "1 event(s) of track 1 with a byte above 127"),
        (b"\0\xe3\x80\x40", "1 event(s) of track 1 with a byte above 127"),
        (b"\0\x93\x40\xff", "1 event(s) of track 1 with a byte above 127"),
        (b"\0\xc0\x85\0\xb0\x07\xe4", "2 event(s) of track 1 with a byte above 127"),
        (b"\0\xa3\x90\x20\0\xd3\x90", "2 event(s) of track 1 with a byte above 127"),
        (
            b"".join(b"\0%c\x07\xc8" % status for status in range(0xB0, 0xC0)),
            "16 event(s) of track 1 with a byte above 127",
        ),
        (b"\0\xf4", "1 event(s) of track 1 with a status that there is not"),
        (b"\0\xff\x01\x7fabc", "1 event(s) of track 1 that cannot be read"),
        (b"\0\xf0\x7f\x41\x10", "1 event(s) of track 1 that cannot be read"),
        (b"\0\xff\x01\x81\x80\x80\x80\x00", "1 event(s) of track 1 that cannot be read"),
        (b"\0\xff\x51\3\0\0\0", "1 tempo(s) of 0: left out"),
        (b"\0\xff\x51\1\7", "1 tempo(s) of 0: left out"),
        (b"\0\xff\x58\4\0\2\x18\x08", "1 meter(s) that there are not: left out"),
        (b"\0\xff\x58\4\4\7\x18\x08", "1 meter(s) that there are not: left out"),
        (b"\0\xff\x58\4\4\xff\x18\x08", "1 meter(s) that there are not: left out"),
        (b"\0\xff\x58\1\4", "1 meter(s) that there are not: left out"),
        (b"\0\xff\x59\2\xff\xff", ""),
        (b"\0\xff\x03\2\xff\xfe", ""),
    ],
)
@pytest.mark.parametrize("after", range(4))
def test_one_bad_event_is_left_out_and_told_and_all_notes_stay(events, said, after):
    notes = [KICK_ON, KICK_OFF, SNARE_ON, SNARE_OFF]
    found, damage = read(HEAD + track(TEMPO_120, CC, *notes[:after], events, *notes[after:], END))
    assert found == [KICK_NOTE, (96, 38, 96)]
    assert damage.startswith(said)
    assert bool(said) == bool(damage)


@pytest.mark.parametrize("apart", range(5))
@pytest.mark.parametrize("other", [b"\0\xb2\xff\xff", b"\0\xe1\x80\x40", b"\0\xa3\x40\xff"])
def test_two_bad_events_of_different_kinds_cost_no_note(other, apart):
    notes = [KICK_ON, KICK_OFF, SNARE_ON, SNARE_OFF]
    found, damage = read(HEAD + track(b"\0\xd3\xff", *notes[:apart], other, *notes[apart:], END))
    assert found == [KICK_NOTE, (96, 38, 96)]
    assert damage == "2 event(s) of track 1 with a byte above 127: left out"


def test_an_event_with_a_bad_byte_keeps_its_time():
    bad = b"\x60\xb0\x07\xe4"
    found, _ = read(HEAD + track(TEMPO_120, bad * 5, KICK_ON, KICK_OFF, END))
    assert found == [(480, 36, 96)]


def test_a_status_that_never_comes_costs_its_events_only():
    lost = b"\0\x24\x64\x60\x24\0"
    found, damage = read(HEAD + track(lost, KICK_ON, KICK_OFF, END))
    assert (found, damage) == ([KICK_NOTE], "1 event(s) of track 1 that cannot be read: left out")


def test_a_tempo_of_0_leaves_the_others():
    wrong = b"\x60\xff\x51\3\0\0\0"
    score = files.parse(HEAD + track(TEMPO_120, wrong, KICK_ON, KICK_OFF, END))
    assert score.tempos == ((0, 120.0),)
    other = files.parse(HEAD + track(b"\0" + wrong[1:], KICK_ON, KICK_OFF, END))
    assert other.tempos == ((0, 120.0),)
    assert "no tempo at the start" in other.mended[0]


def test_a_meter_that_there_is_not_leaves_the_one_before():
    three, none = b"\0\xff\x58\4\3\2\x18\x08", b"\0\xff\x58\4\0\2\x18\x08"
    score = files.parse(HEAD + track(TEMPO_120, three, none, KICK_ON, KICK_OFF, END))
    assert score.meters == ((0, Meter(3, 4)),)


@settings(max_examples=300)
@given(st.binary(max_size=200), st.booleans(), st.booleans())
def test_no_bytes_crash_the_reader(junk, as_track, in_riff):
    raw = HEAD + track(junk) if as_track else junk
    with suppress(SmfError):
        score = files.parse(riff(raw) if in_riff else raw)
        assert all(note.duration >= 1 for note in score.notes)
        assert all(note.start + note.duration <= score.length for note in score.notes)


@settings(max_examples=300)
@given(st.data())
def test_no_flipped_byte_crashes_the_reader_or_the_bars(data):
    raw = bytearray(header(1, 2) + KICK + track(TEMPO_120, *[KICK_ON, KICK_OFF] * 4, END))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(SmfError, UserError):
        assert len(files.parse(bytes(raw)).bars(early=60)) <= files.MOST_BARS + 1


@pytest.mark.shared_data
def test_a_flipped_byte_in_a_real_file_costs_a_few_notes_at_most(shared_data: Path):
    rng = random.Random(1)  # noqa: S311
    paths = sorted(shared_data.glob("*/*/*.mid"))[::60]
    assert len(paths) >= 10
    kept = []
    for path in paths:
        raw = path.read_bytes()
        whole = len(files.parse(raw).notes)
        for _ in range(5):
            broken = bytearray(raw)
            broken[rng.randrange(22, len(raw))] ^= 1 << rng.randrange(8)
            kept.append(len(files.parse(bytes(broken)).notes) / max(whole, 1))
    assert sorted(kept)[len(kept) // 10] > 0.9
    assert sum(kept) / len(kept) > 0.97


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"MTrk\0\0\0\0" * 5_000,
        HEAD + b"MTrk\0\0\0\1\0" * 5_000,
        HEAD + b"MTrk\0\x10\0\0\0\x99\x24\x64" * 5_000,
        HEAD + b"MTrk\0\x3f\xff\xff\x99\x24\x64\0" * 5_000 + END,
        HEAD + track(random.Random(1).randbytes(50_000)),  # noqa: S311
        HEAD + track(b"\xff" * 50_000),
        HEAD + track(END * 10_000),
        HEAD + track(b"\0\xff\x01\x7f" * 10_000),
        HEAD + track(b"\0\xb0\x7f\xff\0\xb1" * 10_000),
        HEAD + chunk(b"ABCD", b"") * 5_000,
        b"MThd" * 10_000,
    ],
    ids=range(11),
)
def test_no_byte_is_looked_at_more_than_a_few_times(raw, monkeypatch):
    """A reader that goes over the rest of the file for each fault would take hours for 4 MB."""
    looked = []
    monkeypatch.setattr(reading, "_event", lambda *args: looked.append(1) or EVENT(*args))
    with suppress(SmfError):
        files.parse(raw)
    assert len(looked) <= 8 * len(raw)


def test_more_tracks_than_a_header_can_say_are_no_music():
    with pytest.raises(SmfError, match="at most 65535 tracks"):
        files.parse(HEAD + b"MTrk\0\0\0\0" * 65_536)
