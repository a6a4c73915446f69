"""Connections are kept until the user drops them, whoever comes and goes."""

from __future__ import annotations

from daw_bridge.ports.wishes import Pair, Wishes

SYNTH: Pair = ("notes", "synth:in")
DAW: Pair = ("notes", "daw:in")
BOTH = ["synth:in", "daw:in"]


def connected() -> Wishes:
    """Give a wish that is made."""
    wishes = Wishes([SYNTH])
    wishes.made(SYNTH)
    assert wishes.look([SYNTH], BOTH) == []
    return wishes


def test_what_is_asked_for_is_made_when_its_port_is_there() -> None:
    wishes = Wishes([SYNTH, DAW, SYNTH])
    assert wishes.look([], []) == []
    assert wishes.look([], ["synth:in"]) == [SYNTH]
    assert wishes.pairs() == (SYNTH, DAW)


def test_what_could_not_be_made_is_tried_at_every_look() -> None:
    wishes = Wishes([SYNTH])
    for _ in range(5):
        assert wishes.look([], BOTH) == [SYNTH]


def test_what_others_connect_is_a_wish() -> None:
    wishes = Wishes()
    assert wishes.look([DAW], BOTH) == []
    assert wishes.look([], []) == []
    assert wishes.look([], BOTH) == [DAW]


def test_what_the_user_disconnects_while_both_ends_live_is_dropped() -> None:
    wishes = connected()
    assert wishes.look([], BOTH) == []
    assert wishes.pairs() == (SYNTH,)  # perhaps the server is about to end
    assert wishes.look([], BOTH) == []
    assert wishes.pairs() == ()
    assert wishes.look([], BOTH) == []


def test_what_is_missed_once_and_then_is_there_again_is_kept() -> None:
    wishes = connected()
    wishes.look([], BOTH)
    wishes.look([SYNTH], BOTH)
    wishes.look([], BOTH)
    assert wishes.pairs() == (SYNTH,)


def test_a_port_that_goes_and_comes_back_is_connected_again_however_late_that_is_seen() -> None:
    wishes = connected()
    assert wishes.look([], ["daw:in"]) == []  # seen while it is away
    assert wishes.look([], BOTH) == [SYNTH]
    wishes.made(SYNTH)
    assert wishes.look([], BOTH, gone=["synth:in"]) == [SYNTH]  # back before the look
    wishes.made(SYNTH)
    assert wishes.look([], BOTH) == []
    assert wishes.look([], ["daw:in"]) == []  # first the connection went, then the port
    assert wishes.look([], BOTH) == [SYNTH]


def test_a_port_that_went_and_was_connected_again_by_others_is_left_alone() -> None:
    wishes = connected()
    assert wishes.look([SYNTH], BOTH, gone=["synth:in"]) == []
    assert wishes.look([SYNTH], BOTH) == []


def test_a_port_that_went_though_it_was_still_listed_as_connected_is_connected_again() -> None:
    wishes = connected()
    assert wishes.look([SYNTH], BOTH, gone=["synth:in"]) == []
    assert wishes.look([], BOTH) == [SYNTH]
