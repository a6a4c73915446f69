"""`daw-bridge jam` and `daw-bridge ports` where MIDI is real, and where there is none."""

import pytest

from daw_bridge.cli.main import run
from daw_bridge.cli.status import clicks, playing_into
from daw_bridge.daemon import opening, performance
from daw_bridge.daemon.part import Part
from daw_bridge.jam.ask import Ask
from daw_bridge.midi import files
from daw_bridge.midi.messages import ends_note, starts_note
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks
from daw_bridge.ports.backend import Counts, PortSettings
from tests.ports.receiver import Receiver
from tests.tiny_model import write_tiny_model

NOTES = f"{PortSettings().client}:notes"


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path))
    return str(write_tiny_model(tmp_path / "tiny"))


def jam(model: str, *options: str, bars: str = "1") -> int:
    return run(
        ["jam", "--model", model, "--bars", bars, "--bpm", "960", "--sync", "internal", *options]
    )


@pytest.mark.jack
def test_a_jam_says_its_ports_the_clicks_and_how_it_went(jack_server, tiny, capsys):
    assert jam(tiny, "--backend", "jack") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("tiny at 960, 4/4, seed 1; Ctrl-C ends it")
    assert lines[1].split(": ")[0].strip() == "notes"
    port = lines[1].split(": ")[1]
    assert any(line.startswith("REAPER: 1 ") and repr(port) in line for line in lines)
    assert any(line.startswith("Live: 1 ") and repr(port) in line for line in lines)
    assert lines[-1].startswith("all bars played: 1 bar (0 late)")


@pytest.mark.jack
def test_a_port_that_is_not_there_is_one_line(jack_server, tiny, capsys):
    assert jam(tiny, "--backend", "jack", "--port", "nowhere") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("expected a port whose name contains 'nowhere', found ")
    assert err.count("\n") == 1


@pytest.mark.jack
def test_ports_tells_that_a_server_runs(jack_server, capsys):
    assert run(["ports"]) == 0
    assert capsys.readouterr().out.startswith("JACK: a server runs\n")


class Fails:
    """A source whose fourth bar fails, each time that it is loaded."""

    def __init__(self) -> None:
        self._made = 0

    def bar(self, ask: Ask) -> Bar:
        self._made += 1
        if self._made > 3:
            raise RuntimeError("out of ideas")
        return Bar.of([Note(Ticks(0), 36, Ticks(1900), 100)])

    def hear(self, number: int, bar: Bar | None) -> None:
        pass


@pytest.mark.jack
def test_on_error_stop_ends_the_jam_with_what_the_model_raised(
    jack_server, tiny, tmp_path, monkeypatch
):
    monkeypatch.setattr(Part, "__call__", lambda *_: Fails())
    take = tmp_path / "take.mid"
    with Receiver(NOTES) as ear:
        with pytest.raises(RuntimeError, match="out of ideas"):  # a traceback, and exit code 1
            jam(
                tiny,
                "--backend",
                "jack",
                "--on-error",
                "stop",
                "--record",
                str(take),
                "--bpm",
                "480",
                bars="99",
            )
        ear.wait_for("# disconnected")
    heard = [data for _, data in ear.events if starts_note(data) or ends_note(data)]
    assert heard
    assert all(ends_note(data) for data in {data[1]: data for data in heard}.values())
    assert {note.pitch for note in files.read(take).notes} == {36}


def test_without_a_jack_server_it_says_what_to_start_and_offers_virtual_time(
    tiny, capsys, monkeypatch
):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none-of-this-name")
    assert jam(tiny, "--backend", "jack") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("expected a JACK server, found none")
    assert "--backend rtmidi" in err
    assert "--backend offline" in err
    assert err.count("\n") == 1
    assert run(["ports"]) == 0
    assert capsys.readouterr().out.startswith("JACK: no server\n")


def test_notes_that_may_sound_are_named_and_the_jam_has_failed(tiny, capsys, monkeypatch):
    counts = Counts(sent=9, late=2, xruns=0, stale=4)
    left = (("notes", 9, 36), ("bass", 0, 60))
    report = performance.Report("stopped by SIGINT", 3, 0, counts, left)
    monkeypatch.setattr(opening, "jam", lambda *_arguments, **_options: report)
    assert jam(tiny, "--backend", "jack") == 1
    out, err = capsys.readouterr()
    assert out.endswith(
        "stopped by SIGINT: 3 bars (0 late), 9 messages (2 late, 4 too late to play), 0 xruns\n"
    )
    assert err == (
        "the ports could not confirm the end of notes, which may sound: 36 (C2 REAPER, C1 Live) "
        "on channel 10 of 'notes'; 60 (C4 REAPER, C3 Live) on channel 1 of 'bass'\n"
    )


def test_the_clicks_name_the_port_unless_it_is_the_users_own():
    assert all("'A:notes'" in line for line in clicks("A:notes")[:2])
    assert "'loopMIDI Port'" in playing_into("loopMIDI Port")[0]
