"""Jams are found in a folder that is the user's alone, each under a name of its own."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from daw_bridge.control import places
from daw_bridge.control.places import connect, folder, open_door, running
from daw_bridge.errors import UserError


def test_nobody_else_may_look_into_the_folder_nor_at_the_socket(runtime: Path) -> None:
    door = open_door("one", exactly=True)
    try:
        assert folder().stat().st_mode & 0o777 == 0o700
        assert folder().parent == runtime
        assert (folder() / "one.sock").stat().st_mode & 0o777 == 0o600
    finally:
        door.close()
    assert not (folder() / "one.sock").exists()


def test_a_folder_that_others_may_look_into_is_refused(runtime: Path) -> None:
    (runtime / "daw-bridge").mkdir(mode=0o755)
    with pytest.raises(UserError, match="nobody else may look into"):
        folder()


def test_a_folder_of_somebody_else_is_refused(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(UserError, match="nobody else may look into"):
        folder()


def test_a_link_in_the_place_of_the_folder_is_refused(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o700)
    (runtime / "daw-bridge").symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match="nobody else may look into"):
        folder()


def test_without_a_runtime_folder_there_is_one_beside_other_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr(places.tempfile, "gettempdir", lambda: str(tmp_path))
    assert folder() == tmp_path / f"daw-bridge-{os.getuid()}"


def test_two_jams_of_a_name_are_told_apart_or_the_second_is_refused() -> None:
    doors = [open_door("groove", exactly=False) for _ in range(3)]
    try:
        assert [door.name for door in doors] == ["groove", "groove-2", "groove-3"]
        assert running() == ["groove", "groove-2", "groove-3"]
        with pytest.raises(UserError, match="expected a name that no jam has, found 'groove'"):
            open_door("groove", exactly=True)
        with pytest.raises(UserError, match="several: groove, groove-2, groove-3"):
            connect(None)
        with pytest.raises(UserError, match="did you mean 'groove-2'"):
            connect("grove-2")
    finally:
        for door in doors:
            door.close()
    assert running() == []
    with pytest.raises(UserError, match="expected a jam that runs, found none"):
        connect(None)


def test_what_a_killed_jam_left_is_no_jam_and_keeps_no_name() -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(folder() / "groove.sock"))
    left.close()
    assert running() == []
    door = open_door("groove", exactly=True)
    try:
        assert running() == ["groove"]
    finally:
        door.close()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\0b", "ü", "x" * 41, "-x"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(UserError, match="expected a name of up to 40 letters"):
        open_door(name, exactly=False)


def test_where_the_path_is_too_long_for_a_socket_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with pytest.raises(UserError, match="set XDG_RUNTIME_DIR to a short path"):
        open_door("groove", exactly=True)
    monkeypatch.undo()


def test_without_local_sockets_a_token_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LOCAL_SOCKETS", False)
    door = open_door("groove", exactly=True)
    try:
        assert (folder() / "groove.port").stat().st_mode & 0o777 == 0o600
        assert door.listener.getsockname()[0] == "127.0.0.1"
        assert len(door.token) == 64
        client = connect("groove")
        door.listener.setblocking(True)
        server, _ = door.listener.accept()
        assert door.token.encode() in server.recv(1000)
        server.close()
        client.close()
    finally:
        door.close()
    assert not (folder() / "groove.port").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"port": "x"}', '{"port": 0, "token": 1}'])
def test_a_damaged_file_of_a_port_is_no_jam(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LOCAL_SOCKETS", False)
    (folder() / "groove.port").write_text(text)
    assert running() == []
