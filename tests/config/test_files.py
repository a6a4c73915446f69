"""Where presets and models are found, and what is said of a file that is wrong."""

import os
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from daw_bridge.config.files import find, is_shipped, names, shipped_folder, user_folder
from daw_bridge.config.schema import Schema
from daw_bridge.config.validation import validate
from daw_bridge.document import parse, read
from daw_bridge.errors import UserError


class Hit(Schema):
    pitch: int
    loud: float = 1.0


class Song(Schema):
    tempo: Annotated[float, Field(gt=0)]
    mode: Literal["major", "minor"] = "major"
    hits: tuple[Hit, ...] = ()
    names: dict[int, str] = Field(default={})


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path))
    jams = tmp_path / "presets" / "jams"
    jams.mkdir(parents=True)
    (jams / "mine.yaml").write_text("model: x\n")
    return tmp_path


def test_a_users_own_preset_is_found_beside_those_that_are_shipped(home):
    assert find("presets/jams", "mine") == home / "presets" / "jams" / "mine.yaml"
    assert find("presets/jams", "groove") == shipped_folder() / "presets" / "jams" / "groove.yaml"
    assert {"mine", "groove"} <= set(names("presets/jams"))


def test_the_users_preset_comes_before_a_shipped_one_of_the_same_name(home):
    own = home / "presets" / "jams" / "groove.yaml"
    own.write_text("model: x\n")
    assert find("presets/jams", "groove") == own


def test_a_users_preset_is_not_one_that_is_shipped_whatever_its_name(home, monkeypatch):
    assert is_shipped(find("presets/jams", "lead"))
    assert not is_shipped(find("presets/jams", "mine"))
    monkeypatch.chdir(shipped_folder())
    assert is_shipped(Path("presets", "jams", "lead.yaml"))
    assert not is_shipped(Path("mine.yaml"))


def test_a_bare_name_of_something_in_this_folder_is_told_how_to_be_a_path(home, monkeypatch):
    monkeypatch.chdir(home)
    (home / "trained").mkdir()
    with pytest.raises(UserError, match=r"found 'trained': write \./trained for the one here$"):
        find("models", "trained")


def test_a_path_is_taken_as_it_is(home, monkeypatch):
    path = home / "presets" / "jams" / "mine.yaml"
    assert find("presets/jams", str(path)) == path
    monkeypatch.chdir(path.parent)
    assert find("presets/jams", "mine.yaml") == Path("mine.yaml")
    assert find("presets/jams", "./mine.yaml") == Path("mine.yaml")


def test_a_model_is_its_folder_however_it_is_named(home):
    folder = home / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("")
    assert find("models", "tiny") == folder
    assert find("models", str(folder / "README.md")) == folder
    assert "tiny" in names("models")


@pytest.mark.parametrize("name", ["grove", "", "nowhere/groove", "../jams/none", "a\0b", "..yaml"])
def test_what_is_not_there_is_one_line(home, name):
    with pytest.raises(UserError, match="expected a jam preset") as caught:
        find("presets/jams", name)
    assert "\n" not in str(caught.value)


def test_the_near_name_is_suggested(home):
    with pytest.raises(UserError, match="did you mean 'groove'"):
        find("presets/jams", "grove")


def test_a_bare_name_never_leaves_its_folder(home):
    (home / "presets" / "secret.yaml").write_text("model: x\n")
    for name in ("..", ".", "secret"):
        assert not _found_inside(home / "presets", name)


def _found_inside(folder: Path, name: str) -> bool:
    try:
        return find("presets/jams", name).resolve().is_relative_to(folder)
    except UserError:
        return False


def test_every_error_is_told_with_its_line_and_the_near_key():
    text = 'tempo: 0\nmode: majr\nhits:\n  - pitch: "3"\n    lod: 3\n  - loud: 3\nmod: 3\n'
    text += "names:\n  x: y\n"
    with pytest.raises(UserError) as caught:
        validate(parse(text, Path("song.yaml")), Song)
    assert str(caught.value).splitlines() == [
        "song.yaml:1: tempo: expected a number above 0.0, found 0",
        """song.yaml:2: mode: expected 'major' or 'minor', found "majr"; did you mean 'major'?""",
        'song.yaml:4: hits.0.pitch: expected a whole number, found "3"',
        "song.yaml:5: hits.0.lod: unknown key; did you mean 'loud'?",
        "song.yaml:6: hits.1.pitch: expected this key, found none: add it",
        "song.yaml:7: mod: unknown key; did you mean 'mode'?",
        'song.yaml:9: names.x: expected a whole number, found "x"',
    ]


def test_a_repeated_key_hides_nothing_else():
    with pytest.raises(UserError) as caught:
        validate(parse("tempo: 1\nmod: 3\ntempo: 0\nmode: x", Path("p.yaml")), Song)
    assert [line.split(", found")[0] for line in str(caught.value).splitlines()] == [
        "p.yaml:2: mod: unknown key; did you mean 'mode'?",
        "p.yaml:3: tempo: expected each key once",
        "p.yaml:3: tempo: expected a number above 0.0",
        "p.yaml:4: mode: expected 'major' or 'minor'",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "p.yaml:1: expected keys and values, found nothing"),
        ("- 1", "p.yaml:1: expected keys and values, found [1]"),
        ("tempo: .nan", "p.yaml:1: tempo: expected a finite number, found NaN"),
        ("tempo: 2026-01-02", 'p.yaml:1: tempo: expected a number, found "2026-01-02"'),
        ("tempo: true", "p.yaml:1: tempo: expected a number, found true"),
        ("tempo: 1\ntempo: 2", "p.yaml:2: tempo: expected each key once, found it again"),
        ("tempo: [", "p.yaml:1: this is not YAML"),
        ("tempo: 1\n\tmode: x", "p.yaml:2: this is not YAML"),
        ("tempo: &t 1\nhits: *t", "p.yaml:2: this is not YAML: an alias"),
        ("!!python/object:os.system x", "p.yaml:1: this is not YAML: could not determine"),
        ("[" * 5000, "p.yaml:1: this is not YAML"),
        ("a: \0", "p.yaml:1: this is not YAML"),
        ("? [a]\n: 1", "p.yaml:1: this is not YAML"),
        ("tempo: 0x" + "f" * 5000, "p.yaml:1: this is not YAML: a whole number of 20000 bits"),
        ("0x" + "f" * 900 + ": 1", "p.yaml:1: this is not YAML: a whole number of 3600 bits"),
    ],
)
def test_what_is_no_song_is_told_by_line(text, said):
    with pytest.raises(UserError) as caught:
        validate(parse(text, Path("p.yaml")), Song)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_good_document_becomes_its_schema():
    song = validate(parse("tempo: 90\nhits: [{pitch: 3}]\nnames: {36: kick}", Path("p")), Song)
    assert song == Song(tempo=90.0, hits=(Hit(pitch=3),), names={36: "kick"})


def test_the_front_matter_of_a_card_is_read_with_the_lines_of_the_file(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("---\na: 1\nb: {c: 2}\n---\n\n# Title\n")
    document = read(path)
    assert document.data == {"a": 1, "b": {"c": 2}}
    assert [document.line_of(key) for key in [("a",), ("b", "c"), ("b", "d"), ("x",)]] == [
        2,
        3,
        3,
        1,
    ]
    path.write_text("# Title\n")
    with pytest.raises(UserError, match="between two lines '---'"):
        read(path)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("name: Blümlein".encode("latin-1"))
    (tmp_path / "large.yaml").write_bytes(b"#" * (1 << 21))
    for name, said in [
        ("none.yaml", "No such file"),
        ("latin.yaml", "UTF-8"),
        ("large.yaml", "1 MB"),
        ("", "a folder"),
    ]:
        with pytest.raises(UserError, match=said):
            read(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_a_preset_as_windows_shells_write_it_is_read(tmp_path, encoding):
    mark = "" if encoding == "utf-8-sig" else "\ufeff"
    (tmp_path / "a.yaml").write_bytes(f"{mark}name: Blümlein\r\n".encode(encoding))
    assert read(tmp_path / "a.yaml").data == {"name": "Blümlein"}


def test_a_preset_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(UserError, match="no regular file"):
        read(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/daw-bridge"),
        ("linux", {"HOME": "/home/ann"}, "/home/ann/.local/share/daw-bridge"),
        ("darwin", {"HOME": "/Users/ann"}, "/Users/ann/Library/Application Support/daw-bridge"),
        ("win32", {"LOCALAPPDATA": "/Local"}, "/Local/daw-bridge"),
        ("win32", {"LOCALAPPDATA": "/Local", "DAW_BRIDGE_HOME": "/own"}, "/own"),
    ],
)
def test_the_users_folder_is_where_each_system_keeps_such_data(
    monkeypatch, platform, variables, folder
):
    for name in ("DAW_BRIDGE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert user_folder() == Path(folder)
