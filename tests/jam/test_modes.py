"""Whose turn each bar is."""

import pytest

from daw_bridge.jam.modes import (
    LONGEST_PHRASE,
    Clicks,
    Interplay,
    Mode,
    Name,
    Past,
)
from daw_bridge.music.form import Kind


def turns(mode: Mode, played: str, bars: int) -> str:
    """Spell the turns of bars: C counts in, H hears, P plays, B both, A plays again, V varies.

    `played` says of each bar whether something is played in it (x), or nothing (.), and whether it
    still sounds at its end (-).
    """
    past, out = Past(), ""
    for number in range(bars):
        turn = mode.turn(past)
        mark = played[number] if number < len(played) else "."
        past = past.after(turn, played=mark != ".", quiet=mark != "-")
        varied = turn.label is not None and turn.label.kind is Kind.VARIED
        out += (
            "C"
            if turn.counts_in
            else "B"
            if turn.plays and turn.hears
            else "H"
            if turn.hears
            else "A"
            if turn.again
            else "V"
            if varied
            else "P"
            if turn.plays
            else "."
        )
    return out


def made(mode: str, **said: object) -> Mode:
    return Interplay(Name(mode), **said).made()  # type: ignore[arg-type]


def test_alone_it_plays_and_it_may_listen():
    assert turns(made("solo"), "xxxx", 4) == "PPPP"
    assert turns(made("solo", told=True), "xxxx", 4) == "BBBB"
    assert turns(made("loop", told=True), "xxxx", 4) == "BBBB"


def test_an_answer_is_as_long_as_its_call_and_takes_up_every_other_bar():
    mode = made("call-response", bars=4, count_in=1)
    assert turns(mode, ".xxxx", 13) == "CHHHHVPVPHHHH"


def test_what_was_not_played_is_not_answered():
    mode = made("call-response", bars=2, count_in=0)
    assert turns(mode, "..", 6) == "HHHHHH"
    assert turns(mode, "...x..", 8) == "HHHHVPHH"  # the call may begin with a rest


def test_a_call_of_any_length_ends_at_a_silence():
    mode = made("call-response", bars=None, count_in=0)
    assert turns(mode, "..--x....-x", 14) == "HHHHHVPVHHHVPH"


def test_a_call_without_end_is_answered_all_the_same():
    mode = made("call-response", bars=None, count_in=0)
    played = turns(mode, "-" * LONGEST_PHRASE, LONGEST_PHRASE + 2)
    assert played == "H" * LONGEST_PHRASE + "VP"


def test_a_call_that_is_kept_is_played_again_before_its_answer():
    mode = made("call-response", bars=2, count_in=0, again=True)
    assert turns(mode, "xx", 8) == "HHAAVPHH"


def test_music_goes_on_from_what_was_played_last():
    assert turns(made("continue", bars=2, count_in=2), "...xx", 10) == "CCHHHVPPPP"
    assert turns(made("continue", bars=None, count_in=0), ".-x", 8) == "HHHVPPPP"
    assert turns(made("continue", bars=2, count_in=0, again=True), "xx", 8) == "HHAAVPPP"


def test_who_accompanies_plays_and_hears_and_who_follows_has_no_bars():
    assert turns(made("accompany"), "", 3) == "BBB"
    assert turns(made("follow"), "", 3) == "..."


@pytest.mark.parametrize(("mode", "then"), [("loop", "AAA"), ("vary", "VVV")])
def test_a_loop_is_new_until_it_is_kept(mode, then):
    loop = made(mode, bars=2)
    assert turns(loop, "", 3) == "PPP"
    kept, out = Past(kept=True, there=2), []
    for _ in range(3):
        turn = loop.turn(kept)
        kept = kept.after(turn)
        out.append((turn.again, turn.label and turn.label.back))
    assert out == [(2, None) if then == "AAA" else (0, 2)] * 3
    assert loop.turn(Past(kept=True, there=1)) == loop.turn(Past())  # it is made whole first


@pytest.mark.parametrize(
    ("clicks", "count_in", "call", "answer"),
    [
        (Clicks.OFF, False, False, False),
        (Clicks.COUNT_IN, True, False, False),
        (Clicks.CALL, True, True, False),
        (Clicks.ALWAYS, True, True, True),
    ],
)
def test_a_metronome_clicks_when_it_is_to(clicks, count_in, call, answer):
    mode = made("call-response", bars=1, count_in=1)
    past, sounds = Past(), []
    for _ in range(3):
        turn = mode.turn(past)
        sounds.append(clicks.sound_in(turn))
        past = past.after(turn, played=True)
    assert sounds == [count_in, call, answer]
