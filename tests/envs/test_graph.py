"""The synth language: what it reads, what it refuses and where, and what ours does better."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs the rl extra")

from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.player import Player
from daw_bridge.errors import UserError

KICK = """
     ~env: imp 0.1 >> envperc {} {}  // README of RaveForce
    kick_drum: sin {}
      >> mul ~env
    """


def sound(code: str, length: int = 4_410, values=()) -> np.ndarray:
    return Player(Graph.of(code)).play(values, length).copy()


def test_comments_blanks_and_lines_that_go_on_are_read():
    graph = Graph.of(KICK)
    values = [0.003, 0.2, 60.0]
    bare = "~env:imp 0.1>>envperc 0.003 0.2;|kick_drum :\tsin 60>>mul ~env"
    assert np.array_equal(Player(graph).play(values, 4_410), sound(bare))


def test_numbers_are_written_as_glicol_reads_them():
    written = Graph.of("o: sin {} >> mul {}; p: noiz {}").filled([440, 5e-05, 42])
    assert written == "o: sin 440.0 >> mul 0.00005; p: noiz 42"


WRONG = {
    "": "expected a chain that is heard, found none",
    "~a: sin 440": "expected a chain that is heard, found none",
    "o sin 440": "expected a colon after 'o', found 'sin' (line 1, column 3)",
    "Kick: sin 440": "expected a name such as ~env or kick, found 'Kick' (line 1, column 1)",
    "o:": "found the end of the line (line 1, column 3)",
    "o: sin 440 >>": "expected a node, found the end of the line (line 1, column 14)",
    "\n\no: sine 440": "expected a node, found 'sine' (line 3, column 4): did you mean 'sin'?",
    "o: sin": "expected the frequency of 'sin', found the end of the line (line 1, column 7)",
    "o: imp 1 >> envperc 0.1 >> mul 2": "the decay of 'envperc', found '>>' (line 1, column 25)",
    "o: saw 110 >> lpf 500": "expected the q of 'lpf'",
    "o: sin 440 1": "expected 1 numbers after 'sin', found '1' (line 1, column 12)",
    "o: sin .5": "found '.5' (line 1, column 8): Glicol cannot read it; write 0.5",
    "o: sin 440 >> mul 5e-05": "found '5e-05' (line 1, column 19): Glicol cannot read it; write 0.",
    "o: sin nan": "expected a number, found 'nan' (line 1, column 8): write one that is finite",
    "o: sin 1e999": "expected a number, found '1e999' (line 1, column 8): write one that is finite",
    "o: sin 4,4": "expected a number, found '4,4'",
    "o: sin -5": "expected a number of at least 0 up to 20000 as the frequency of 'sin'",
    "o: saw 1 >> lpf 500 0": "expected a number above 0 as the q of 'lpf', found '0'",
    "o: imp 0": "expected a number above 0 up to 8000 as the frequency of 'imp'",
    "o: noiz 4.5": "expected a whole number",
    "o: imp ~a; ~a: sig 1": "expected a number, found '~a' (line 1, column 8): a signal cannot",
    "o: sin ~pitch; ~pich: sig 4": "found '~pitch' (line 1, column 8): did you mean '~pich'?",
    "~a: sin ~b\n~b: saw ~a\no: ~a": "found a loop, ~a -> ~b -> ~a (line 2, column 9)",
    "o: ~o; ~o: ~o": "found a loop, ~o -> ~o (line 1, column 12)",
    "o: mul 2": "expected a source or a reference, found 'mul' (line 1, column 4)",
    "o: sin 440 >> saw 3": "expected a node that takes a signal, found 'saw' (line 1, column 15)",
    "o: speed 2 >> mul 3": "expected seq after speed, found 'mul'",
    "o: seq": "expected a note, such as 60, or a rest, _",
    "o: seq 6o": "expected notes such as 60, _, ~a or 60__67, found '6o' (line 1, column 8)",
    "o: seq 6067": "expected notes up to 127, found '6067'",
    "o: sin 440 >> pan 0.5": "expected a node, found 'pan' (line 1, column 15): a sound of ours",
    "o: sin 1\no: sin 2": "expected each name once, found 'o' (line 2, column 1)",
    "o: mix ~z..; ~a: sig 1": "expected chains that begin so, found '~z..'",
}  # fmt: skip


@pytest.mark.parametrize("code", WRONG)
def test_what_is_wrong_is_told_with_line_and_column(code):
    with pytest.raises(UserError) as caught:
        Graph.of(code)
    assert WRONG[code] in str(caught.value)


def test_all_that_is_wrong_with_a_text_is_told_at_once():
    with pytest.raises(UserError) as caught:
        Graph.of("a: sine 440\nb: saw 3 >> lpf 4\nc: sin 4")
    assert len(str(caught.value).splitlines()) == 2


def test_bounds_are_checked_where_a_number_is_left_open():
    (cutoff, _) = Graph.of("o: saw 110 >> lpf {} {}").holes
    cutoff.check(20, 20_000)
    with pytest.raises(UserError, match=r"cutoff of 'lpf', found 0 to 90.*line 1, column 15"):
        cutoff.check(0, 90)


def test_a_high_pass_of_ours_holds_back_what_does_not_move():
    ours = sound("o: sig 1 >> hpf 100 1", 44_100)
    theirs = Player(Graph.of("o: sig 1 >> hpf 100 1", as_glicol=True)).play([], 44_100)
    assert abs(ours[-1]) < 1e-3
    assert abs(theirs[-1]) > 1


def test_an_envelope_is_silent_until_it_is_struck():
    assert not sound("~t: sig 0; o: ~t >> envperc 0.01 0.1").any()


def test_an_adsr_rises_falls_stays_and_dies_away():
    """The gate is the half of a square that is above 0: 0.1 s of it."""
    out = sound("o: squ 5 >> adsr 0.01 0.02 0.5 0.03", 8_820)
    assert out[[0, 441, 441 + 882, 4_000]] == pytest.approx([0, 1, 0.5, 0.5], abs=1e-3)
    release = out[4_411:]
    assert release[[0, 661, 1_400]] == pytest.approx([0.5, 0.25, 0], abs=1e-3)


def test_a_one_pole_filter_follows_its_signal():
    constant = sound("o: saw 110 >> onepole 0.2")
    assert np.array_equal(sound("~r: sig 0.2; o: saw 110 >> onepole ~r"), constant)


def test_a_delay_by_a_signal_lies_between_two_samples():
    """10.01 ms are 441.44 samples."""
    out = sound("~m: sig 10.01; o: imp 1 >> delayms ~m")
    assert np.flatnonzero(out).tolist() == [441, 442]
    assert out[441:443] == pytest.approx([0.559, 0.441], abs=1e-3)


def test_another_rate_changes_no_pitch():
    low = Player(Graph.of("o: sin 441"), rate=22_050).play([], 100)
    assert low == pytest.approx(sound("o: sin 441", 200)[::2], abs=1e-4)


def test_lanes_sound_as_players_of_their_own_do():
    graph = Graph.of("~e: imp 40 >> envperc {} {}; o: saw {} >> lpf 900 1 >> delayn 9 >> mul ~e")
    numbers = [[0.001, 0.02, 100.0], [0.002, 0.03, 210.0], [0.0, 0.024, 330.0]]
    lanes, singles = Player(graph, lanes=3), [Player(graph) for _ in numbers]
    lanes.give(numbers)
    for length in (500, 300):
        heard = np.concatenate(
            [lanes.next(length, slice(0, 1)).copy(), lanes.next(length, slice(1, 3))]
        )
        alone = [each.play(row, length).copy() for each, row in zip(singles, numbers, strict=True)]
        assert np.array_equal(heard, alone)
    assert len(np.unique(heard, axis=0)) == 3
