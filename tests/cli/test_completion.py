"""Completion in a shell: commands, options, names of presets, maps, models, ports and drums."""

import os
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete

from daw_bridge.cli.main import cli
from daw_bridge.errors import UserError
from daw_bridge.ports.backend import PortInfo


def completed(*words: str) -> list[str]:
    """Give what the last word may become."""
    shell = BashComplete(cli, {}, "daw-bridge", "_DAW_BRIDGE_COMPLETE")
    items = shell.get_completions(list(words[:-1]), words[-1])
    return [each.value if each.type == "plain" else f"({each.type})" for each in items]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path))
    for kind in ("jams", "drum_maps", "training"):
        (tmp_path / "presets" / kind).mkdir(parents=True)
        (tmp_path / "presets" / kind / f"mine-{kind}.yaml").write_text("")
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "models" / "mine" / "README.md").write_text("")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ja"], ["jam"]),
        (["drums", "de"], ["detect"]),
        (["jam", "m"], ["mine-jams"]),
        (["show", "gr"], ["groove"]),
        (["generate", "gr"], ["groove-drums", "groove-drums-rl"]),
        (["evaluate", "mi"], ["mine"]),
        (["train", "mi"], ["mine-training"]),
        (["jam", "--model", "mi"], ["mine"]),
        (["jam", "--drum-map", "mi"], ["mine-drum_maps"]),
        (["drums", "show", "ezdrummer-3"], ["ezdrummer-3"]),
        (["drums", "convert", "--from", "mi"], ["mine-drum_maps"]),
        (["jam", "--mute", "op"], ["open-hat"]),
        (["jam", "--late", "re"], ["repeat", "rest"]),
        (["jam", "--prim"], ["--primer-pitches", "--primer-melody", "--primer-drums",
                             "--primer-midi"]),
        (["jam", "./pre"], ["(file)"]),
        (["jam", "--mute", "./pre"], []),
    ],
)  # fmt: skip
def test_what_there_is_completes_a_word(words, found):
    assert completed(*words) == found


def test_ports_that_can_be_played_into_are_listed(monkeypatch):
    ports = [PortInfo("jack", "out", "synth:in"), PortInfo("jack", "in", "keys:out")]
    monkeypatch.setattr("daw_bridge.ports.open.list_ports", lambda: ports)
    assert completed("jam", "--port", "") == ["synth:in"]


def test_where_no_midi_system_answers_there_is_nothing_to_list(monkeypatch):
    def none():
        raise UserError("a MIDI system", "none", "start one")

    monkeypatch.setattr("daw_bridge.ports.open.list_ports", none)
    assert completed("jam", "--port", "") == []


def test_a_shell_is_answered_without_importing_what_a_command_needs():
    code = (
        "import sys, atexit; from daw_bridge.cli.main import main;"
        "heavy = {'numpy', 'pydantic', 'yaml', 'rich', 'torch'};"
        "atexit.register(lambda: print(sorted(heavy & set(sys.modules)))); main()"
    )
    asked = {"_DAW_BRIDGE_COMPLETE": "bash_complete", "COMP_WORDS": "daw-bridge ja"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, **asked, "COMP_CWORD": "1"},
    )  # fmt: skip
    assert done.stdout.split() == ["plain,jam", "[]"]
