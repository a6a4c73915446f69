"""`daw-bridge mcp`: an assistant's tools, through the protocol, without a device."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.jam import JamFile
from daw_bridge.control.assistant import inside
from daw_bridge.control.names import table
from daw_bridge.control.open import Ways, controlled
from daw_bridge.errors import UserError
from tests.cli.test_ctl import Obedient
from tests.tiny_model import write_tiny_model

anyio = pytest.importorskip("anyio", reason="the extra mcp is not installed")
protocol = pytest.importorskip("mcp", reason="the extra mcp is not installed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    write_tiny_model(tmp_path / "home" / "models" / "tiny")
    (tmp_path / "takes").mkdir()
    return tmp_path / "takes"


def call(folder: Path, tool: str, /, **arguments: Any) -> Any:
    """Call a tool as an assistant does; return what it gives, or raise what it says is wrong."""
    from daw_bridge.cli.mcp import server_of

    async def ask() -> Any:
        async with protocol.Client(server_of(folder)) as client:
            return await client.call_tool(tool, arguments)

    told = anyio.run(ask)
    if told.is_error:
        raise LookupError(told.content[0].text)
    found = told.structured_content
    return found["result"] if found and set(found) == {"result"} else found


def test_a_jam_is_told_and_asked(folder: Path) -> None:
    inbox = Obedient()
    with controlled(Ways("groove"), JamFile(model="groove-drums"), inbox) as desk:
        inbox.desk = desk
        assert call(folder, "jams") == ["groove"]
        assert call(folder, "tell", name="temperature", value=0.7)["what"] == "temperature"
        assert call(folder, "tell", name="tempo", value="90", at="bar")["event"] == "changed"
        assert call(folder, "status")["settings"]["top-p"] == 1.0
    assert len(inbox.taken) == 2


def test_every_name_is_told_of(folder: Path) -> None:
    assert {each["name"] for each in call(folder, "names")} == set(table())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "temprature", "value": "1"}, "did you mean 'temperature'?"),
        ({"name": "temperature", "value": "99"}, "at most 10.0"),
        ({"name": "temperature", "value": 99}, "at most 10.0"),
        ({"name": "model", "value": ["lead"]}, "no path comes in this way"),
        ({"name": "preset", "value": "../../x.yaml"}, "no path comes in this way"),
        ({"name": "model", "value": "/etc"}, "no path comes in this way"),
        ({"name": "undo"}, "expected a jam that runs, found none"),
    ],
)
def test_what_cannot_be_told_is_said(folder: Path, arguments: dict[str, str], words: str) -> None:
    with pytest.raises(LookupError) as error:
        call(folder, "tell", **arguments)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("tell", {}, "tell: expected name, found none: give it"),
        (
            "generate",
            {},
            "generate: expected model, found none: give it; expected into, found none: give it",
        ),
        ("tell", {"name": "undo", "vale": 1}, "found 'vale': did you mean 'value'?"),
        ("tell", {"name": 5}, "tell: name: expected text, found 5: say another"),
        ("tell", {"name": "undo", "value": {"a": 1}}, 'true, false or names, found {"a": 1}'),
        ("watch", {"count": "many"}, 'watch: count: expected a whole number, found "many"'),
    ],
)
def test_what_is_wrong_with_arguments_is_said_in_our_words(
    folder: Path, tool: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(LookupError) as error:
        call(folder, tool, **arguments)
    assert words in str(error.value)
    assert "pydantic" not in str(error.value)


def test_files_are_written_into_the_folder_and_listed(folder: Path) -> None:
    settings = {"temperature": 0.5, "density": "4", "mute": ["kick"], "on-the-one": False}
    wrote = call(folder, "generate", model="tiny", into="one", bars=1, settings=settings)
    assert len(wrote) == 1
    assert (folder / wrote[0]).read_bytes()[:4] == b"MThd"
    assert {each["name"] for each in call(folder, "files")} == {wrote[0], "one/manifest.jsonl"}
    assert "tiny" in call(folder, "models")
    with pytest.raises(LookupError, match="expected a new folder"):
        call(folder, "generate", model="tiny", into="one")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "tiny", "into": "../out"}, "expected a name in the folder"),
        ({"model": "tiny", "into": "/tmp/out"}, "expected a name in the folder"),  # noqa: S108
        ({"model": "tiny", "into": "."}, "expected a name in the folder"),
        ({"model": "../tiny", "into": "x"}, "no path comes in this way"),
        ({"model": "tiny", "into": "x", "bars": 10**6}, "up to 256 bars"),
        ({"model": "tiny", "into": "x", "settings": {"temprature": "1"}}, "did you mean"),
        ({"model": "tiny", "into": "x", "settings": {"temperature": "99"}}, "at most 10.0"),
    ],
)
def test_nothing_is_written_elsewhere_or_without_end(
    folder: Path, arguments: dict[str, Any], words: str
) -> None:
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(LookupError) as error:
        call(folder, "generate", **arguments)
    assert words in str(error.value)
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/../..", "/etc/passwd", "x\0y", "link/x", "~/../.."]
)
def test_a_name_does_not_leave_the_folder(folder: Path, name: str) -> None:
    (folder / "link").symlink_to(folder.parent)
    with pytest.raises(UserError, match="expected a name in the folder"):
        inside(folder, name)
    assert inside(folder, "a/b.mid") == folder.resolve() / "a" / "b.mid"


def test_over_standard_input_and_output_it_speaks_the_protocol_alone(folder: Path) -> None:
    from mcp import StdioServerParameters

    async def ask() -> Any:
        import sys

        server = StdioServerParameters(
            command=sys.executable,
            args=["-c", f"from daw_bridge.cli.main import main; main(['mcp', {str(folder)!r}])"],
            env={**os.environ},
        )
        async with protocol.Client(server) as client:
            return await client.list_tools()

    told = anyio.run(ask)
    assert {"tell", "status", "generate"} <= {tool.name for tool in told.tools}


def test_a_folder_that_is_not_there_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mcp", str(folder / "none")]) == 2
    assert "expected a folder for its files" in capsys.readouterr().err
