"""Our engine beside the real Glicol, sample by sample."""

from itertools import permutations

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs the rl extra")
pytest.importorskip("wasmtime")

from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.player import Player
from tests.envs.real_glicol import BLOCK, WASM, Glicol

if not WASM.is_file():
    pytest.skip("no Glicol: python tests/envs/get_glicol.py", allow_module_level=True)

BLOCKS = 700
"""Two seconds, a bar."""

CODES = """\
o: imp 3
o: imp 0.1
o: sin 440
o: sin 61.7
o: saw 440
o: squ 441.3
o: tri 333.3
o: noiz 42
o: noise 7
o: constsig 0.3
o: sig 0.3 >> add 0.1 >> mul 3.7
o: imp 4 >> envperc 0.003 0.2
o: imp 4 >> envperc 0 0.1
o: imp 4 >> mul 0.5 >> envperc 0.01 0
o: imp 0.1 >> envperc 0.003 0.2
~e: imp 1 >> envperc 0.003 0.2; ~p: imp 1 >> envperc 0.01 0.1 >> mul 50; o: sin ~p >> mul ~e
~p: sin 5 >> mul 50 >> add 60; o: saw ~p >> mul 0.5
~p: sin 5 >> mul 50 >> add 60; o: squ ~p >> mul 0.5
~p: imp 5; o: tri ~p
~a: saw 3; o: sin 440 >> add ~a >> mul ~a
o: saw 110 >> lpf 500 2
o: saw 110 >> lpf 15000 0.7
o: saw 110 >> hpf 500 2
o: saw 110 >> rhpf 500 2
~m: sin 2 >> mul 400 >> add 600; o: saw 110 >> lpf ~m 1.5
~m: sin 2 >> mul 400 >> add 600; o: saw 110 >> hpf ~m 1.5
o: saw 110 >> onepole 0.1
o: saw 110 >> delayms 10
o: saw 110 >> delayn 100
o: seq 60 _67
o: seq 60__62 48_ _ 67
o: speed 4.0 >> seq 60__62 48_ _ 67
~a: choose 48 55 60; o: speed 8.0 >> seq ~a_~a 60
o: choose 48 55 60 67
a: sin 440; b: saw 220
~aa: sin 440; ~ab: saw 220; o: mix ~aa ~ab
~aa: sin 440; ~ab: saw 220; o: mix ~a..
o: ~b >> mul 0.5; ~b: sin 200
o: imp 2 >> bd 0.2
o: imp 2 >> sn 0.2
o: imp 2 >> hh 0.2
o: seq 60 _67 >> sawsynth 0.01 0.2
o: seq 60 _67 >> squsynth 0.01 0.2
o: seq 60 _67 >> trisynth 0.01 0.2
o: speed 2.0 >> seq 60 72 >> bd 0.1""".splitlines()


@pytest.fixture(scope="module")
def glicol():
    return Glicol()


def lines(code: str) -> str:
    """Put each chain on a line of its own, as the real one wants them."""
    return code.replace("; ", "\n\n")


def ours(graph: Graph, lengths: list[int]) -> np.ndarray:
    player = Player(graph)
    return np.concatenate([player.play([], length).copy() for length in lengths])


@pytest.mark.parametrize("code", CODES)
def test_a_graph_is_computed_bit_for_bit_as_glicol_does(glicol, code):
    glicol.begin()
    glicol.update(lines(code))
    graph = Graph.of(code, as_glicol=True)
    assert np.array_equal(ours(graph, [BLOCKS * BLOCK]), glicol.play(BLOCKS))


@pytest.mark.parametrize("names", ["a b c", "c b a", "kick snare hat"])
def test_three_chains_are_added_in_an_order_of_glicols_own(glicol, names):
    """It is bit for bit one of the orders that there are, and ours is no further off than that.

    Names and lines do not tell which: we infer, no more, that it is the order of a hash table.
    """
    nodes = ["sin 440", "saw 220", "squ 110 >> mul 0.1"]
    chains = [f"{name}: {node}" for name, node in zip(names.split(), nodes, strict=True)]
    glicol.begin()
    glicol.update(lines("; ".join(chains)))
    theirs = glicol.play(BLOCKS)
    alone = [ours(Graph.of(chain), [BLOCKS * BLOCK]) for chain in chains]
    assert any(np.array_equal(sum(order), theirs) for order in permutations(alone))
    apart = np.abs(ours(Graph.of("; ".join(chains)), [BLOCKS * BLOCK]) - theirs)
    assert apart.max() <= 2e-7


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("o: sin {}", [[440], [220], [220], [5e-05]]),
        (
            "~e: imp 8 >> envperc {} {}; o: saw {} >> lpf {} {} >> mul ~e",
            [[0.003, 0.1, 110, 400, 1], [0.01, 0.05, 55, 900, 1], [0.01, 0.05, 55, 900, 2]],
        ),
        ("o: noiz 42 >> mul {}", [[0.5], [0.3]]),
        ("o: seq {} _{} >> sawsynth 0.01 {}", [[60, 48, 0.2], [48, 60, 0.1]]),
        ("o: imp {} >> bd {}", [[4, 0.1], [4, 0.2], [3, 0.2]]),
    ],
)
def test_numbers_change_while_it_plays_as_glicols_do(glicol, code, values):
    graph = Graph.of(code, as_glicol=True)
    player = Player(graph)
    glicol.begin()
    for each in values:
        glicol.update(lines(graph.filled(each)))
        assert np.array_equal(player.play(each, 43 * BLOCK), glicol.play(43))


def test_a_delay_by_a_signal_is_a_sample_shorter_in_glicol(glicol):
    """It weights two neighbours the wrong way round; 10 ms are 441 samples."""
    glicol.begin()
    glicol.update(lines("~m: sig 10; o: saw 110 >> delayms ~m"))
    shorter = Graph.of("o: saw 110 >> delayn 440")
    assert np.array_equal(ours(shorter, [BLOCKS * BLOCK]), glicol.play(BLOCKS))


@pytest.mark.parametrize("code", CODES)
def test_a_graph_sounds_the_same_however_it_is_cut(code):
    graph = Graph.of(code)
    assert np.array_equal(ours(graph, [20_000]), ours(graph, [1, 127, 129, 5_504, 14_239]))
