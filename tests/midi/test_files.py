"""MIDI files: what is written comes back, what is damaged is told, nothing escapes as a crash."""

import io
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.errors import UserError
from daw_bridge.midi import files, smf
from daw_bridge.midi.files import FileNote
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.midi.reading import unpack
from daw_bridge.music.notes import Note
from daw_bridge.music.time import Meter
from tests.midi.smf_bytes import END, HEAD, KICK_OFF, KICK_ON, TEMPO_120, track

GROOVE = Path(__file__).parents[3] / "shared" / "data" / "groove"


def test_a_small_performance_is_these_bytes(tmp_path):
    events = [
        (120, note_off(9, 36)),
        (0, note_on(9, 36, 100)),
        (120, note_on(9, 36, 90)),
        (-5, note_on(9, 49, 80)),
        (240, note_off(9, 36)),
        (60, note_off(9, 49)),
    ]
    path = tmp_path / "a.mid"
    files.write(path, events, tempo_qpm=90, meter=Meter(7, 8), name="beat", length=1680)
    assert path.read_bytes().hex(" ") == (
        "4d 54 68 64 00 00 00 06 00 00 00 01 01 e0 4d 54 72 6b 00 00 00 34 "
        "00 ff 03 04 62 65 61 74 00 ff 51 03 0a 2c 2b 00 ff 58 04 07 03 0c 08 "
        "00 99 24 64 00 99 31 50 3c 89 31 00 3c 89 24 00 00 99 24 5a 78 89 24 00 "
        "8b 20 ff 2f 00"
    )


def test_changes_of_tempo_and_meter_stand_before_what_sounds_at_their_tick(tmp_path):
    path = tmp_path / "a.mid"
    hits = [(480, note_on(9, 36, 90)), (600, note_off(9, 36)), (0, note_on(9, 36, 90))]
    changes = [(480, smf.meter(3, 4)), (480, smf.tempo(60)), (480, note_off(9, 36))]
    files.write(path, [*hits, *changes], tempo_qpm=120, meter=Meter(1, 4), name="", length=1920)
    assert [message for _, message in _messages(path)][3:8] == [
        note_on(9, 36, 90),
        smf.meter(3, 4),
        smf.tempo(60),
        note_off(9, 36),
        note_on(9, 36, 90),
    ]
    files.write(path, [*hits, *changes, (0, note_on(0, 60, 1)), (5, note_off(0, 60))], name="")
    score = files.read(path)
    assert score.meters == ((0, Meter()), (480, Meter(3, 4)))
    assert {(note.track, note.channel) for note in score.notes} == {(1, 0), (2, 9)}


def _messages(path):
    return [(event.tick, smf.message_of(event)) for event in files.unpack(path).tracks[0]]


def test_what_a_file_says_of_tempo_and_meter_is_known_from_what_is_assumed():
    meter = b"\0\xff\x58\4\7\3\x18\x08"
    for metas, says in (
        ((), (False, False)),
        ((TEMPO_120,), (True, False)),
        ((meter,), (False, True)),
    ):
        score = files.parse(HEAD + track(*metas, KICK_ON, KICK_OFF, END))
        assert (score.says_tempo, score.says_meter) == says


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "a.mid"
    events = [(10, note_on(0, 60, 1)), (2000, note_off(0, 60)), (5, note_on(9, 38, 127))]
    events.append((6, note_off(9, 38)))
    files.write(path, events, tempo_qpm=133.7, meter=Meter(3, 4), name="Lied ü", length=2880)
    score = files.read(path)
    assert score.notes == (FileNote(5, 38, 1, 127, 9, 2), FileNote(10, 60, 1990, 1, 0, 1))
    assert score.tempos == ((0, pytest.approx(133.7, abs=1e-3)),)
    assert (score.meters, score.length) == (((0, Meter(3, 4)),), 2880)
    assert (score.name, score.remarks) == ("Lied ü", ())


def test_a_name_that_is_no_text_and_a_length_beyond_one_gap_are_written(tmp_path):
    length = 3 * smf.LONGEST_DELTA
    path = tmp_path / "silence.mid"
    files.write(path, [], tempo_qpm=120, meter=Meter(), name="take \udcff", length=length)
    raw = path.read_bytes()
    assert unpack(raw).tracks[0][0].data == b"take ?"
    assert files.parse(raw).length == length


def test_nothing_at_all_is_still_a_file(tmp_path):
    path = tmp_path / "a.mid"
    files.write(path, [], tempo_qpm=120, meter=Meter(), name="", length=1920)
    assert files.read(path).length == 1920
    assert [len(bar.notes) for bar in files.read(path).bars()] == [0]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "expected a MIDI file, found an empty one"),
        (b"RIFFxxxxWAVE", "found a recording (RIFF) without MIDI in it"),
        (b"PK\3\4abc", "found a zip"),
        (b"hello", "expected a MIDI file, which begins with MThd, found b'hell'"),
        (HEAD[:9], "found a file of 9 bytes, truncated"),
        (HEAD, "expected a track, found none behind the header"),
        (HEAD + b"tail", "expected a track, found none behind the header"),
        (HEAD[:12] + b"\0\0" + track(END), "expected a division in ticks"),
        (HEAD[:12] + b"\xe7\x28" + track(END), "found film frames (SMPTE)"),
    ],
)
def test_what_is_no_midi_file_is_one_line_with_advice_of_its_own(tmp_path, raw, said):
    path = tmp_path / "bad.mid"
    path.write_bytes(raw)
    with pytest.raises(UserError) as caught:
        files.read(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "format 0 or 1" not in caught.value.do


def test_a_file_that_is_not_there_or_too_large_is_one_line(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        files.read(tmp_path / "none.mid")
    with pytest.raises(UserError, match="a folder"):
        files.read(tmp_path)
    (tmp_path / "large.mid").write_bytes(bytes(files.LARGEST_BYTES + 1))
    with pytest.raises(UserError, match="at most 4 MB"):
        files.read(tmp_path / "large.mid")


@pytest.mark.parametrize(
    ("events", "notes", "remarks"),
    [
        ((KICK_ON, KICK_OFF, END), [(0, 96)], ("no tempo",)),
        ((TEMPO_120, KICK_ON, b"\0\x89\x24\0", END), [(0, 1)], ("1 notes of length 0",)),
        ((TEMPO_120, KICK_ON, b"\x60\xff\x2f\0"), [(0, 96)], ("1 notes never ended",)),
        ((TEMPO_120, KICK_ON, KICK_OFF), [(0, 96)], ()),
        (
            (TEMPO_120, KICK_ON, b"\x60\x24\0", b"\0\x24\x50", b"\x20\x24\0"),
            [(0, 96), (96, 32)],
            (),
        ),
        ((TEMPO_120, KICK_ON, b"\0\xf0\2\1\xf7", b"\x60\x24\0", END), [(0, 96)], ()),
        ((TEMPO_120, KICK_ON, b"\x20\x99\x24\x40", KICK_OFF, END), [(0, 32), (32, 96)], ()),
        ((TEMPO_120, b"\0\xf8", b"\0\xc9\1", b"\0\xd9\1", KICK_ON, KICK_OFF), [(0, 96)], ()),
        (
            (TEMPO_120, b"\0\xff\x7f\2\1\2", KICK_ON, KICK_OFF, END, b"junk"),
            [(0, 96)],
            ("4 byte(s) behind the end of track 1",),
        ),
        ((TEMPO_120, KICK_OFF, END), [], ()),
    ],
)
def test_what_is_harmless_is_mended_and_told(events, notes, remarks):
    score = files.parse(HEAD + track(*events))
    assert [(note.start, note.duration) for note in score.notes] == notes
    assert len(score.remarks) == len(remarks)
    assert all(text in said for text, said in zip(remarks, score.remarks, strict=True))


def test_without_tempo_120_is_assumed():
    assert files.parse(HEAD + track(KICK_ON, KICK_OFF)).tempos == ((0, 120.0),)


def test_unknown_chunks_and_bytes_behind_the_last_track_are_passed_over():
    raw = HEAD + b"XFIH\0\0\0\1!" + track(TEMPO_120, KICK_ON, KICK_OFF, END) + b"tail"
    assert len(files.parse(raw).notes) == 1


def test_other_divisions_become_480_without_touching_neighbours():
    head = HEAD[:12] + (96).to_bytes(2, "big")
    triplets = b"".join(b"\0\x99\x24\x64\x20\x89\x24\0" for _ in range(6))
    starts = [note.start for note in files.parse(head + track(TEMPO_120, triplets)).notes]
    assert starts == [0, 160, 320, 480, 640, 800]


def test_bars_follow_the_meters_and_take_in_what_rushes():
    meters = (b"\0\xff\x58\4\3\2\x18\x08", b"\x8b\x20\xff\x58\4\4\2\x18\x08")
    early = (
        b"\x8e\x6c",  # 20 ticks before its bar line
        b"\x99\x24\x64",
        b"\x1e\x89\x24\0",
    )
    score = files.parse(HEAD + track(TEMPO_120, *meters, *early, END))
    assert score.notes[0].start == 1440 + 1900
    assert [str(bar.meter) for bar in score.bars()] == ["3/4", "4/4", "4/4"]
    late, taken = score.bars(), score.bars(early=60)
    assert [bar.notes for bar in late] == [(), (Note(1900, 36, 20, 100),), ()]
    assert [bar.notes for bar in taken] == [(), (), (Note(-20, 36, 30, 100),)]


def test_a_held_note_is_tied_over_bar_lines_and_a_drum_is_not():
    held = track(TEMPO_120, b"\x87\x40\x90\x3c\x50", b"\0\x99\x24\x50", b"\x9e\0\x80\x3c\0", END)
    bars = files.parse(HEAD + held).bars()
    assert [bar.notes for bar in bars] == [
        (Note(960, 36, 960, 80), Note(960, 60, 960, 80)),
        (Note(0, 60, 1920, 80, tied=True),),
        (Note(0, 60, 960, 80, tied=True),),
    ]
    assert [len(bar.notes) for bar in files.parse(HEAD + held).bars(channel=9)] == [1, 0, 0]


def test_the_drum_channel_is_the_tenth_or_the_only_one():
    def channel_of(*statuses: int) -> int | None:
        events = [bytes((0, status, 36, 99, 96, status, 36, 0)) for status in statuses]
        return files.parse(HEAD + track(*events)).drum_channel()

    assert [channel_of(*each) for each in [(0x90, 0x99), (0x93,), (0x90, 0x91), ()]] == [
        9,
        3,
        None,
        None,
    ]


def test_a_small_file_cannot_ask_for_endless_bars_or_ties():
    long = [b"\xff\xff\xff\x7f\xff\x06\0"] * 200
    with pytest.raises(UserError, match="at most 100000 bars"):
        files.parse(HEAD + track(TEMPO_120, *long, END)).bars()
    notes = [bytes((0, 0x90 | channel, pitch, 1)) for channel in range(9) for pitch in range(128)]
    with pytest.raises(UserError, match="notes that end"):
        files.parse(HEAD + track(*notes, b"\xa0\x80\x80\0\xff\x2f\0")).bars()


def test_every_truncation_is_told_and_what_is_left_is_read():
    raw = HEAD + track(TEMPO_120, KICK_ON, KICK_OFF, b"\0\xf0\2\1\xf7", END)
    for length in range(len(raw)):
        try:
            score = files.parse(raw[:length])
        except smf.SmfError:
            assert length < len(HEAD) + 4
        else:
            assert score.damage
            assert len(score.notes) == (length >= raw.index(KICK_ON) + len(KICK_ON))


@settings(max_examples=300)
@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_crash_the_reader(junk, as_track):
    raw = HEAD + track(junk) if as_track else junk
    with suppress(smf.SmfError):
        score = files.parse(raw)
        assert all(note.duration >= 1 for note in score.notes)
        assert all(note.start + note.duration <= score.length for note in score.notes)


@settings(max_examples=200)
@given(st.data())
def test_no_flipped_byte_crashes_the_reader_or_the_bars(data):
    raw = bytearray(HEAD + track(TEMPO_120, *[KICK_ON, KICK_OFF] * 4, END))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(8, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(smf.SmfError, UserError):
        assert len(files.parse(bytes(raw)).bars(early=60)) <= files.MOST_BARS + 1


events_of_a_note = st.tuples(
    st.integers(0, 4000), st.integers(1, 500), st.integers(0, 127), st.integers(1, 127)
)


@given(st.lists(events_of_a_note, max_size=30, unique_by=lambda each: each[2]))
def test_notes_come_back_and_an_independent_reader_agrees(tmp_path_factory, notes):
    path = tmp_path_factory.mktemp("midi") / "a.mid"
    events = [(start, note_on(3, pitch, velocity)) for start, _, pitch, velocity in notes]
    events += [(start + long, note_off(3, pitch)) for start, long, pitch, _ in notes]
    files.write(path, events, tempo_qpm=120, meter=Meter(), name="x")
    want = sorted(FileNote(s, p, d, v, 3) for s, d, p, v in notes)
    assert list(files.read(path).notes) == want
    assert _by_mido(path) == [(note.start, note.pitch, note.velocity) for note in want]


def _by_mido(path: Path) -> list[tuple[int, int, int]]:
    found = []
    for one in mido.MidiFile(file=io.BytesIO(path.read_bytes())).tracks:
        ticks = accumulate(message.time for message in one)
        found += [
            (tick, message.note, message.velocity)
            for tick, message in zip(ticks, one, strict=True)
            if message.type == "note_on" and message.velocity
        ]
    return sorted(found)


@pytest.mark.shared_data
@pytest.mark.skipif(
    not GROOVE.is_dir(), reason="the Groove MIDI Dataset is not beside the checkout"
)
def test_real_takes_are_read_as_an_independent_reader_reads_them():
    paths = sorted(GROOVE.rglob("*.mid"))[::100]
    assert len(paths) >= 5
    for path in paths:
        notes = files.read(path).notes
        assert [(note.start, note.pitch, note.velocity) for note in notes] == _by_mido(path)
