"""A folder of tracks: resumed after a kill, alone in its folder, and right about each job."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from daw_bridge.corpora.parallel import silent
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.render import factory, track
from daw_bridge.render.child import Child
from daw_bridge.render.factory import MANIFEST, SHEET, WORK, read_manifest, run
from daw_bridge.render.job import Job
from daw_bridge.render.pool import TRIES, make_all
from daw_bridge.render.track import Entry, Order
from tests.render.test_child import BROKEN
from tests.render.tunes import job_of, tune

NOTES = [(0, 200, 60, 100, 0), (480, 200, 67, 100, 1)]


@pytest.fixture
def folder(tmp_path):
    """Give a folder of three tunes, beside an output folder that is not there yet."""
    for i, name in enumerate(("a", "b", "c ü '\"<&> d")):
        tune(tmp_path / "in" / f"{name}.mid", [(s, d, p + i, v, c) for s, d, p, v, c in NOTES])
    return tmp_path


def orders_of(folder: Path, to: str = "out", **fields) -> list[Order]:
    out = folder / to
    midis = sorted((folder / "in").glob("*.mid"))
    jobs = [job_of(each, rate=8000, **fields) for each in midis]
    return [
        Order(f"{midi.stem}.wav", dataclasses.replace(job, out=out / f"{midi.stem}.wav"), out)
        for midi, job in zip(midis, jobs, strict=True)
    ]


def made(folder: Path, orders=None, *, workers=1, force=False) -> tuple[list[Entry], int]:
    orders = orders_of(folder) if orders is None else orders
    return run(orders, folder / "out", workers=workers, force=force, progress=silent)


def stamps(folder: Path) -> dict[str, int]:
    return {each.name: each.stat().st_mtime_ns for each in (folder / "out").glob("*.wav")}


def test_every_track_has_a_sound_a_line_and_a_row(folder):
    entries, there = made(folder)
    assert [each.state for each in entries] == ["done"] * 3
    assert there == 0
    out = folder / "out"
    names = [each.file for each in entries]
    assert sorted(each.name for each in out.iterdir()) == sorted([*names, MANIFEST, SHEET])
    lines = [json.loads(line) for line in (out / MANIFEST).read_text().splitlines()]
    assert [line["file"] for line in lines] == sorted(names)
    assert all(line["version"].startswith("daw-bridge ") for line in lines)
    assert {line["engine"] for line in lines} == {"pyo"}
    assert all(line["bytes"] == (out / line["file"]).stat().st_size for line in lines)
    sheet = (out / SHEET).read_text()
    assert sheet.count("<svg") == sheet.count("<audio") == 3
    assert 'value="c ü &#x27;&quot;&lt;&amp;&gt; d.wav"' in sheet
    assert "c%20%C3%BC%20%27%22%3C%26%3E%20d.wav" in sheet


def test_what_is_there_is_not_done_again(folder):
    made(folder)
    before = stamps(folder)
    entries, there = made(folder)
    assert (there, stamps(folder)) == (3, before)
    assert [each.state for each in entries] == ["done"] * 3
    (folder / "out" / "b.wav").write_bytes(b"half a fi")
    _, there = made(folder, force=True)
    assert there == 2
    after = stamps(folder)
    assert {name for name in before if after[name] != before[name]} == {"b.wav"}


def test_a_cut_off_line_of_the_manifest_costs_one_track(folder):
    made(folder)
    manifest = folder / "out" / MANIFEST
    manifest.write_text(manifest.read_text()[:-20])
    assert len(read_manifest(manifest)) == 2
    entries, there = made(folder, force=True)
    assert (there, len(entries), len(read_manifest(manifest))) == (2, 3, 3)


def test_a_sound_made_otherwise_is_not_replaced_unasked(folder):
    made(folder)
    before = stamps(folder)
    with pytest.raises(UserErrors) as caught:
        made(folder, orders_of(folder, lufs=-16.0))
    assert len(caught.value.errors) == 3
    assert "made otherwise: add --force" in str(caught.value)
    assert stamps(folder) == before
    made(folder, orders_of(folder, lufs=-16.0), force=True)
    assert all(stamps(folder)[name] != before[name] for name in before)


def test_a_stranger_in_the_way_is_not_replaced(folder):
    (folder / "out").mkdir()
    (folder / "out" / "a.wav").write_text("mine")
    with pytest.raises(UserErrors, match="of another origin"):
        made(folder)
    assert (folder / "out" / "a.wav").read_text() == "mine"
    assert not (folder / "out" / WORK).exists()


def test_another_manifest_is_not_replaced(folder):
    (folder / "out").mkdir()
    (folder / "out" / MANIFEST).write_text('{"file": "a.mid", "model_hash": "x"}\n')
    with pytest.raises(UserError, match=r"line 1 .*name another folder"):
        made(folder)


def test_a_new_tune_is_added_to_the_others(folder):
    made(folder, orders_of(folder)[:2])
    made(folder)
    assert len(read_manifest(folder / "out" / MANIFEST)) == 3


def test_a_file_without_notes_and_one_that_is_none_fail_alone(folder):
    tune(folder / "in" / "empty.mid", [])
    (folder / "in" / "none.mid").write_bytes(b"MThd nothing")
    entries, _ = made(folder)
    states = {each.file: (each.state, each.why) for each in entries}
    assert states["empty.wav"][0] == states["none.wav"][0] == "failed"
    assert "a MIDI file with notes" in states["empty.wav"][1]
    assert "none.mid" in states["none.wav"][1]
    assert [each.state for each in entries].count("done") == 3
    said = factory.failures(entries)
    assert [line.split(":")[0] for line in said] == ["empty.wav", "none.wav"]
    sheet = (folder / "out" / SHEET).read_text()
    assert sheet.count('class="failed"') == 2
    tune(folder / "in" / "empty.mid", NOTES)
    tune(folder / "in" / "none.mid", NOTES)
    entries, there = made(folder)
    assert (there, [each.state for each in entries]) == (3, ["done"] * 5)


@pytest.fixture
def broken(monkeypatch):
    """Let tracks be rendered by the engines of `broken_engines`."""
    monkeypatch.chdir(Path(__file__).parents[2])
    monkeypatch.setattr(track, "Child", lambda: Child(BROKEN))


def test_engines_that_crash_hang_refuse_or_are_silent_end_their_own_job(folder, broken):
    engines = {"a": ("crash", 60), "b": ("hang", 0.1), "c ü '\"<&> d": ("beep", 60)}
    orders = []
    for each in orders_of(folder):
        engine, limit_s = engines[each.job.midi.stem]
        job = dataclasses.replace(each.job, engine=engine, settings={}, limit_s=limit_s)
        orders.append(dataclasses.replace(each, job=job))
    entries, _ = made(folder, orders)
    assert [each.state for each in entries] == ["crashed", "hung", "done"]
    assert sorted(stamps(folder)) == ["c ü '\"<&> d.wav"]
    assert not (folder / "out" / WORK).exists()
    silent_one = dataclasses.replace(orders[0].job, engine="silent", limit_s=60)
    entries, _ = made(folder, [dataclasses.replace(orders[0], job=silent_one)])
    assert (entries[0].state, "2 notes" in entries[0].why) == ("silent", True)


def test_a_full_disk_fails_a_track_and_leaves_nothing_half_done(folder, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("daw_bridge.render.finish.sound_files.write", full)
    entries, _ = made(folder)
    assert {each.state for each in entries} == {"failed"}
    assert "No space left" in entries[0].why
    assert sorted(each.name for each in (folder / "out").iterdir()) == [SHEET, MANIFEST]


def test_each_job_renders_in_an_empty_folder_of_its_own_by_its_full_path(folder, monkeypatch):
    real, places = Child.ask, []

    def ask(self: Child, job, out: Path) -> None:
        places.append(out.parent)
        assert out.is_absolute()  # Ardour takes no other
        assert not any(out.parent.iterdir())
        real(self, job, out)

    monkeypatch.setattr(Child, "ask", ask)
    monkeypatch.chdir(folder)
    entries, _ = made(Path())
    assert [each.state for each in entries] == ["done"] * 3
    assert len(set(places)) == 3


def test_while_one_is_rendered_the_next_is_made_ready_and_the_last_finished(folder, monkeypatch):
    did: list[str] = []

    def noted(what: str, real):
        def call(*args):
            jobs = [each.job if isinstance(each, Order) else each for each in args]
            names = [each.out.stem[:1] for each in jobs if isinstance(each, Job)]
            did.append(" ".join([what, *names]))
            return real(*args)

        return call

    monkeypatch.setattr(Order, "key", noted("begin", Order.key))
    monkeypatch.setattr(Child, "ask", noted("ask", Child.ask))
    monkeypatch.setattr(Child, "answer", noted("answer", Child.answer))
    monkeypatch.setattr(track, "finish", noted("finish", track.finish))
    with track.Maker() as maker:
        entries = list(maker.make_all(orders_of(folder)))
    assert [each.state for each in entries] == ["done"] * 3
    assert did == [
        *("begin a", "ask a", "begin b", "answer", "ask b", "finish a"),
        *("begin c", "answer", "ask c", "finish b", "answer", "finish c"),
    ]


def test_two_at_once_in_one_folder_are_refused(folder):
    inside = threading.Event()
    refused: list[str] = []

    def progress(done: int, total: int) -> None:
        if not inside.is_set():
            inside.set()
            with pytest.raises(UserError) as caught:
                made(folder)
            refused.append(str(caught.value))

    run(orders_of(folder), folder / "out", workers=1, force=False, progress=progress)
    assert ["another at work" in each for each in refused] == [True]
    assert len(read_manifest(folder / "out" / MANIFEST)) == 3


def test_several_processes_make_the_same_bytes(folder):
    made(folder)
    first = {each.name: each.read_bytes() for each in (folder / "out").glob("*.wav")}
    for each in (folder / "out").iterdir():
        each.unlink()
    entries, _ = made(folder, workers=2)
    assert [each.state for each in entries] == ["done"] * 3
    assert {each.name: each.read_bytes() for each in (folder / "out").glob("*.wav")} == first


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.render.test_factory import orders_of
from daw_bridge.render.factory import run

def progress(done, total):
    if done == 2:
        print(flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    run(orders_of(folder), folder / "out", workers=int(sys.argv[2]), force=False, progress=progress)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_is_killed_is_finished_by_the_next(folder, workers):
    command = [sys.executable, "-c", KILLED, str(folder), str(workers)]
    killed = subprocess.run(command, cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    kept = stamps(folder)
    known = read_manifest(folder / "out" / MANIFEST)
    assert len(known) == 2
    entries, there = made(folder)
    assert (there, [each.state for each in entries]) == (2, ["done"] * 3)
    assert all(stamps(folder)[name] == kept[name] for name in known)
    names = {each.name for each in (folder / "out").iterdir()}
    assert names == {each.file for each in entries} | {MANIFEST, SHEET}


def test_what_a_killed_daw_has_left_is_taken_away(folder):
    left = folder / "out" / WORK / "home" / ".config"
    left.mkdir(parents=True)
    (left / "lmmsrc.xml").touch()
    entries, _ = made(folder)
    assert [each.state for each in entries] == ["done"] * 3
    assert not (folder / "out" / WORK).exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_after_ctrl_c_there_is_a_page_of_what_is_there(folder, workers):
    def progress(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(orders_of(folder), folder / "out", workers=workers, force=False, progress=progress)
    assert (folder / "out" / SHEET).read_text().count("<audio") == 2
    entries, there = made(folder)
    assert (there, len(entries)) == (2, 3)


class Deadly(Order):
    """A track whose process is killed, for want of memory say, as often as there is a file."""

    def key(self) -> str:
        if deaths := sorted(self.folder.glob("death*")):
            deaths[0].unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().key()


def with_deaths(folder: Path, number: int) -> list[Order]:
    """Give six tracks, the third of which kills so many processes."""
    for name in "efg":
        tune(folder / "in" / f"{name}.mid", NOTES)
    (folder / "out" / WORK).mkdir(parents=True)
    for i in range(number):
        (folder / "out" / f"death {i}").touch()
    orders = orders_of(folder)
    return [*orders[:2], Deadly(orders[2].name, orders[2].job, orders[2].folder), *orders[3:]]


def test_a_worker_that_is_killed_costs_no_track(folder):
    orders = with_deaths(folder, 2)
    entries = list(make_all(orders, 2))
    assert not list((folder / "out").glob("death*"))
    states = sorted((each.file, each.state) for each in entries)
    assert states == sorted((order.name, "done") for order in orders)


def test_a_track_that_kills_whoever_makes_it_is_told_of_and_costs_no_other(folder):
    orders = with_deaths(folder, 20)
    entries = {each.file: each for each in make_all(orders, 2)}
    states = {name: each.state for name, each in entries.items()}
    assert states == {order.name: "done" for order in orders} | {orders[2].name: "crashed"}
    assert "free memory" in entries[orders[2].name].why
    assert len(list((folder / "out").glob("death*"))) == 20 - 1 - TRIES


def test_a_read_only_folder_is_told_before_any_work(folder, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UserError, match="read-only"):
        made(folder)
    assert not (folder / "out").exists()


BROWSER = """
const kept = new Map(JSON.parse(process.argv[2]));
const page = require("fs").readFileSync(process.argv[1], "utf8");
const boxes = [...page.matchAll(/value="([^"]*)" data-key="([^"]*)"/g)].map(
  (found) => ({ value: found[1], dataset: { key: found[2] }, checked: false }));
const script = /<script>([^]*)<\\/script>/.exec(page)[1];
const acts = {}, texts = [];
const element = { addEventListener: (name, act) => { acts[name] = act; }, click: () => {} };
globalThis.document = { querySelectorAll: () => boxes, getElementById: () => element,
  createElement: () => element, addEventListener: (name, act) => { acts[name] = act; } };
globalThis.Blob = class { constructor(parts) { texts.push(...parts); } };
globalThis.URL = { createObjectURL: () => "" };
globalThis.location = { pathname: "/" };
globalThis.localStorage = { getItem: (at) => kept.get(at),
  setItem: (at, what) => kept.set(at, what) };
(0, eval)(script);
const before = boxes.filter((box) => box.checked).map((box) => box.value);
boxes[0].checked = true;
acts.change();
acts.click();
console.log(JSON.stringify([before, [...kept], texts, element.download]));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, for the page's script")
def test_two_albums_of_the_same_names_have_marks_of_their_own(folder):
    def opened(kept: list) -> list:
        command = ["node", "-e", BROWSER, str(folder / "out" / SHEET), json.dumps(kept)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    made(folder)
    unmarked, kept, text, name = opened([])
    assert (unmarked, text, name) == ([], ["a.wav\n"], "picks.txt")
    assert opened(kept)[0] == ["a.wav"]
    made(folder, orders_of(folder, lufs=-16.0), force=True)
    assert opened(kept)[0] == []
