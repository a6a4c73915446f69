"""REAPER's scripts under a real Lua, in a small project that refuses what its API has not."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import mido
import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks

lua54 = pytest.importorskip("lupa.lua54", reason="no Lua (the test extra)")

SCRIPTS = Path(__file__).parents[2] / "reaper_scripts"
STUB = Path(__file__).with_name("stub.lua")
NAMES = sorted(path.stem.removeprefix("DAW Bridge - ") for path in SCRIPTS.glob("DAW Bridge - *"))


class Reaper:
    """REAPER, as far as scripts see it; `p` is the project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lua = lua54.LuaRuntime(unpack_returned_tuples=True)
        self.p = self.lua.execute(STUB.read_text())
        self.p.resource = str(folder)
        assert run(["reaper", "install", "--folder", str(folder)]) == 0
        (folder / "daw-bridge").mkdir()

    def run(self, name: str) -> None:
        path = self.folder / "Scripts" / "DAW Bridge" / f"DAW Bridge - {name}.lua"
        self.lua.eval("function(path) dofile(path) end")(str(path))
        assert self.p.undo == 0, "a block of undo is left open"

    @property
    def told(self) -> list[str]:
        return list(self.p.told.values())

    @property
    def ran(self) -> list[str]:
        """Give the words of each program that was run, without the program's path."""
        return [re.sub(r'^"[^"]*" ', "", each[1]) for each in self.p.ran.values()]

    def item(self, *notes: tuple[int, int, int, int, int], bars: int = 4):
        """Select an item of some bars at the start; notes are in 960 a quarter."""
        self.lua.execute(
            "P = ...; P.tracks[1] = {kind='track', values={}, names={}, effects={}}", self.p
        )
        self.p.selected_track = self.p.tracks[1]
        text = ", ".join(f"{{{', '.join(map(str, note))}}}" for note in notes)
        take = f"{{midi=true, at=0.0, notes={{{text}}}}}"
        item = f"{{D_POSITION=0.0, D_LENGTH={bars * 2.0}, take={take}}}"
        self.p.selected_item = self.lua.eval(item)
        return self.p.selected_item

    def notes(self, item) -> list[tuple[float, ...]]:
        return [tuple(map(round, note.values())) for note in item.take.notes.values()]


@pytest.fixture
def reaper(tmp_path, capsys) -> Reaper:
    folder = tmp_path / "é REAPER"
    folder.mkdir()
    return Reaper(folder)


def test_the_stub_refuses_what_there_is_not(reaper):
    for text in ("reaper.Nonsense()", "reaper.CountTracks()", "gfx.circle(1)"):
        with pytest.raises(lua54.LuaError):
            reaper.lua.execute(text)


def test_tracks_are_set_up_from_the_port_that_is_found_by_name(reaper):
    reaper.lua.execute("P = ...; P.inputs_after = {[3] = 'daw-bridge notes'}", reaper.p)
    reaper.run("Set up tracks")
    tracks = list(reaper.p.tracks.values())
    assert [t["values"].P_NAME for t in tracks] == ["pulse 1", "pulse 2", "triangle", "noise"]
    assert [t["values"].I_RECINPUT for t in tracks] == [4096 + 32 * 3 + c for c in (1, 2, 3, 10)]
    assert all(t["values"].I_RECARM == t["values"].I_RECMON == 1 for t in tracks)
    assert tracks[3].names[36] == "Kick"
    assert reaper.told == []


def test_without_the_port_and_the_instrument_it_is_told(reaper):
    settings = reaper.folder / "Scripts" / "DAW Bridge" / "daw_bridge_settings.lua"
    settings.write_text('return {port="daw", voices={{name="a", channel=1, instrument="VSTi: X"}}}')
    reaper.run("Set up tracks")
    assert reaper.p.tracks[1]["values"].I_RECINPUT == 4096 + 32 * 63 + 1
    assert 'No MIDI input is called "daw"' in reaper.told[0]
    assert "VSTi: X" in reaper.told[1]


def test_an_instrument_is_added_where_it_is_there(reaper):
    settings = reaper.folder / "Scripts" / "DAW Bridge" / "daw_bridge_settings.lua"
    settings.write_text('return {voices={{name="a", instrument="VSTi: X"}}}')
    reaper.lua.execute("P = ...; P.effects['VSTi: X'] = true; P.inputs[0] = 'daw-bridge'", reaper.p)
    reaper.run("Set up tracks")
    assert list(reaper.p.tracks[1].effects.values()) == ["VSTi: X"]
    assert reaper.told == []


def test_a_selected_item_becomes_a_primer(reaper):
    reaper.item((0, 960, 0, 60, 100), (960, 1920, 9, 36, 1), bars=1)
    reaper.p.tempo = 90
    reaper.p.selected_item.D_LENGTH = 4 * 60 / 90
    reaper.run("Send selected item as primer")
    path = reaper.folder / "daw-bridge" / "primer.mid"
    assert reaper.ran == [
        '"ctl" "stop"',
        f'"jam" "--model" "chip" "--primer-midi" "{path}"',
    ]
    score = files.read(path)
    assert score.tempos[0][1] == pytest.approx(90, abs=1e-3)
    assert [(n.start, n.pitch, n.duration, n.velocity, n.channel) for n in score.notes] == [
        (0, 60, 480, 100, 0),
        (480, 36, 480, 1, 9),
    ]
    assert (score.length, score.damage) == (1920, ())
    assert sum(1 for _ in mido.MidiFile(path).tracks[0]) == 7


@pytest.mark.parametrize("name", ["Send selected item as primer", "Fill selected bars"])
def test_without_an_item_it_is_told(reaper, name):
    reaper.run(name)
    assert reaper.told == ["Select a MIDI item first."]
    assert reaper.ran == []


def test_the_last_bars_become_an_item(reaper):
    reaper.item()
    reaper.p.input = "2"
    reaper.p.cursor = 4.0
    reaper.p.answer = (
        "0\nbar 7 1920\nnote -10 240 72 90 0\nnote 480 240 38 80 3\nbar 8 1440\nnote 0 480 60 1 1\n"
    )
    reaper.run("Fetch last bars")
    assert reaper.ran == ['"ctl" "bars" "--count" "2"']
    (item,) = reaper.p["items"].values()
    assert (item.D_POSITION, item.D_LENGTH) == (4.0, 3.5)
    assert reaper.notes(item) == [
        (0, 460, 0, 72, 90),
        (960, 1440, 9, 38, 80),
        (3840, 4800, 1, 60, 1),
    ]


def test_what_the_program_refuses_is_told(reaper):
    reaper.item()
    reaper.p.input = "2"
    reaper.p.answer = "2\nexpected a running jam, found none\n"
    reaper.run("Fetch last bars")
    assert "expected a running jam, found none" in reaper.told[0]
    assert not list(reaper.p["items"].values())


def test_selected_bars_are_filled_and_the_others_stay(reaper):
    item = reaper.item(*((3840 * bar, 3840 * bar + 960, 0, 60 + bar, 100) for bar in range(4)))
    reaper.lua.execute("P = ...; P.selection = {2.0, 6.0}", reaper.p)
    made = reaper.folder / "daw-bridge" / "filled.mid"

    def on_run(command: str) -> None:
        given = files.read(reaper.folder / "daw-bridge" / "to_fill.mid")
        assert [n.pitch for n in given.notes] == [60, 61, 62, 63]
        events = []
        for bar in range(4):
            at = Ticks(1920 * bar + 240)
            events += [(at, note_on(1, 80 + bar, 77)), (Ticks(at + 240), note_off(1, 80 + bar))]
        files.write(made, events, tempo_qpm=120, meter=Meter(), name="x", length=Ticks(7680))

    reaper.p.on_run = on_run
    reaper.run("Fill selected bars")
    assert reaper.ran == [
        f'"infill" "{reaper.folder}/daw-bridge/to_fill.mid" "--model" "chip" "--bars" "2-3" '
        f'"--out" "{made}" "--force"'
    ]
    assert reaper.notes(item) == [
        (0, 960, 0, 60, 100),
        (4320, 4800, 1, 81, 77),
        (8160, 8640, 1, 82, 77),
        (11520, 12480, 0, 63, 100),
    ]


def test_a_folder_is_rendered_file_by_file(reaper, tmp_path):
    reaper.item()
    folder = tmp_path / "a b"
    for name, count in (("one.mid", 1), ("two.MID", 2)):
        events = []
        for i in range(count):
            events += [(Ticks(480 * i), note_on(0, 60, 9)), (Ticks(480 * i + 240), note_off(0, 60))]
        files.write(folder / name, events, tempo_qpm=120, name="x", length=Ticks(1920))
    (folder / "bad.mid").write_bytes(b"nothing")
    reaper.p.input = str(folder)
    reaper.p.listed = reaper.lua.eval("{'two.MID', 'bad.mid', 'one.mid', 'x.wav'}")
    reaper.run("Batch render folder")
    assert [(r.name, r.notes, r.stop) for r in reaper.p.rendered.values()] == [
        ("one", 1, 1.25),
        ("two", 2, 1.75),
    ]
    assert reaper.told == ["2 of 3 rendered; not: bad.mid"]
    assert not list(reaper.p["items"].values())


def test_meter_and_tempo_are_told_where_they_change(reaper):
    reaper.run("Follow project meter and tempo map")
    assert reaper.ran == [
        '"ctl" "meter" "4/4" "--at" "bar" "--no-wait"',
        '"ctl" "tempo" "120" "--at" "bar" "--no-wait"',
    ]
    reaper.p.deferred()
    assert len(reaper.ran) == 2
    reaper.p.numerator, reaper.p.denominator, reaper.p.tempo = 7, 8, 133.5
    reaper.p.deferred()
    assert reaper.ran[2:] == [
        '"ctl" "meter" "7/8" "--at" "bar" "--no-wait"',
        '"ctl" "tempo" "133.5" "--at" "bar" "--no-wait"',
    ]


@pytest.mark.parametrize("name", ["Keep", "Reject", "Panic"])
def test_a_word_is_said(reaper, name):
    reaper.run(name)
    assert reaper.ran == [f'"ctl" "{name.lower()}" "--no-wait"']


def click(reaper, x: int, y: int) -> None:
    gfx = reaper.lua.globals().gfx
    gfx.mouse_x, gfx.mouse_y = x, y
    for cap in (1, 0):
        gfx.mouse_cap = cap
        reaper.p.deferred()


def test_the_panel_says_what_is_clicked_and_shows_the_next_bars(reaper):
    reaper.run("Panel")
    assert reaper.p.drawn.drawstr >= 7
    click(reaper, 160, 37)  # the middle of temperature
    click(reaper, 20, 80)  # keep
    click(reaper, 160, 57)  # density
    for x in (20, 20, 160):  # mode, mode, model
        click(reaper, x, 15)
    place = reaper.folder / "daw-bridge" / "next_bars.txt"
    kept = f'"ctl" "bars" "--next" "--count" "4" "--into" "{place}"'
    assert reaper.ran == [
        kept,
        '"ctl" "temperature" "1.0" "--no-wait"',
        '"ctl" "keep" "--no-wait"',
        '"ctl" "density" "16" "--no-wait"',
        '"ctl" "mode" "continue" "--no-wait"',
        '"ctl" "mode" "call-response" "--no-wait"',
        '"ctl" "model" "chorale" "--no-wait"',
    ]
    before = reaper.p.drawn.rect
    reaper.p.deferred()
    plain = reaper.p.drawn.rect - before
    place.write_text("bar 7 1920\nnote 0 240 72 90 0\nnote 480 240 38 80 3\n")
    reaper.p.now = 0.3
    before = reaper.p.drawn.rect
    reaper.p.deferred()
    assert reaper.p.drawn.rect - before == plain + 2
    click(reaper, 330, 15)  # look
    assert (reaper.ran[-1], place.exists()) == (kept, False)
    place.touch()
    reaper.p.closed, reaper.p.deferred = True, None
    reaper.p.at_exit()
    assert (reaper.p.ext.dock, reaper.p.quit, place.exists()) == ("1", True, False)


def test_each_script_was_run_here():
    tested = Path(__file__).read_text()
    assert len(NAMES) == 10
    assert all(f'"{name}"' in tested for name in NAMES)


def test_the_index_lists_every_file():
    root = ET.fromstring((SCRIPTS / "index.xml").read_text())  # noqa: S314 -- our own
    listed = {each.get("name"): each for each in root.iter("reapack")}
    there = {path.name for path in SCRIPTS.iterdir() if path.suffix in (".lua", ".jsfx")}
    assert set(listed) == there
    for name, package in listed.items():
        (source,) = package.iter("source")
        assert unquote(source.text.rpartition("/")[2]) == name
        if name.startswith("DAW Bridge - "):
            head = (SCRIPTS / name).read_text()
            assert f"@description {package.get('desc')}\n" in head
            assert f"@version {package.find('version').get('name')}\n" in head
