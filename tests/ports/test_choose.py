"""How a port is chosen by name, and what a user is told where that cannot be."""

from __future__ import annotations

import pytest

from daw_bridge.errors import UserError
from daw_bridge.ports.backend import (
    PortSettings,
    PortSpec,
    choose,
    chosen,
    no_midi_system,
    no_virtual_ports,
)
from daw_bridge.ports.open import open_backend

PORTS = ["system:midi_playback_1", "REAPER:MIDI Input 1", "REAPER:MIDI Input 10", "synth:in"]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("synth", "synth:in"),
        ("SYNTH:IN", "synth:in"),
        ("REAPER:MIDI Input 1", "REAPER:MIDI Input 1"),
        ("reaper:midi input 1", "REAPER:MIDI Input 1"),
        ("playback", "system:midi_playback_1"),
        ("10", "REAPER:MIDI Input 10"),
    ],
)
def test_a_name_or_a_part_of_it_in_any_case_chooses_a_port(wanted: str, name: str) -> None:
    assert choose(wanted, PORTS) == name


def test_a_port_listed_twice_is_one_port() -> None:
    assert choose("synth", [*PORTS, *PORTS]) == "synth:in"


def test_of_two_names_equal_but_for_case_the_one_as_written_is_chosen() -> None:
    assert choose("Synth", ["synth", "Synth"]) == "Synth"


def test_two_candidates_are_an_error_that_names_both() -> None:
    with pytest.raises(UserError) as error:
        choose("reaper", PORTS)
    assert str(error.value) == (
        "expected one port named 'reaper', found 'REAPER:MIDI Input 1', 'REAPER:MIDI Input 10': "
        "give more of the name"
    )


def test_no_candidate_is_an_error_that_lists_the_ports() -> None:
    with pytest.raises(UserError) as error:
        choose("Live", ["a", "b"])
    assert str(error.value) == (
        "expected a port whose name contains 'Live', found 'a', 'b': see `daw-bridge ports`"
    )


def test_no_port_at_all_is_said_so() -> None:
    with pytest.raises(UserError, match="found no port at all"):
        choose("Live", [])


@pytest.mark.parametrize(
    ("platform", "word"),
    [
        ("linux", "jackd2"),
        ("win32", "loopMIDI"),
        ("darwin", "Audio MIDI Setup"),
        ("freebsd14", "JACK"),
    ],
)
def test_without_a_midi_system_the_user_is_told_what_to_install_here(
    platform: str, word: str
) -> None:
    error = no_midi_system("no server", platform)
    assert word in error.do
    assert error.do.endswith("--backend offline")
    assert "\n" not in str(error)


def test_windows_is_told_of_loopback_ports_and_what_is_there() -> None:
    error = no_virtual_ports(["Microsoft GS Wavetable Synth 0"])
    assert "loopMIDI" in error.do
    assert "Windows MIDI Services" in error.do
    assert "Microsoft GS Wavetable Synth 0" in error.found


def test_jack_without_a_server_is_a_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    with pytest.raises(UserError, match="--backend offline"):
        open_backend(PortSettings("jack"), lambda _why: None)


def test_auto_without_any_midi_system_is_a_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    rtmidi_thread = pytest.importorskip("daw_bridge.ports.rtmidi_thread")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    monkeypatch.setattr(rtmidi_thread, "_works", lambda _api: False)
    with pytest.raises(UserError, match="expected a MIDI system, found none"):
        open_backend(PortSettings("auto"), lambda _why: None)


@pytest.mark.parametrize("wanted", ["Flügel", "Flu\u0308gel", "FLÜGEL", "flu\u0308"])
@pytest.mark.parametrize("name", ["Flügel:in", "Flu\u0308gel:in"])
def test_a_name_is_found_in_whatever_form_of_unicode_it_is(wanted: str, name: str) -> None:
    assert choose(wanted, [*PORTS, name]) == name


@pytest.mark.parametrize(
    ("role", "do"),
    [
        ("state", "see `daw-bridge ports` for another --state-port"),
        ("in", "see `daw-bridge ports` for another --in-port"),
        ("sync", "see `daw-bridge ports` for another --sync-port"),
        ("notes", "see `daw-bridge ports` for another --port"),
        ("to mot", "see `daw-bridge ports`"),
    ],
)
def test_where_there_is_none_the_option_is_named_by_which_it_was_given(role: str, do: str) -> None:
    with pytest.raises(UserError) as error:
        chosen(PortSpec(role, "mot"), ["a"])
    assert error.value.do == do
