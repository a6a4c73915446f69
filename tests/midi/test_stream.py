"""Bytes in whatever pieces, and what is made of them."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.midi.stream import DROPPED, Stream


def messages(text: str) -> list[str]:
    return [message.hex(" ") for message in Stream().take(bytes.fromhex(text))]


@pytest.mark.parametrize(
    ("came", "whole"),
    [
        ("90 3c 64", ["90 3c 64"]),
        ("90 3c 64 3c 00 3e 01", ["90 3c 64", "90 3c 00", "90 3e 01"]),  # running status
        ("c5 07 08", ["c5 07", "c5 08"]),
        ("d5 07 e0 00 40", ["d5 07", "e0 00 40"]),
        ("90 f8 3c fa 64", ["f8", "fa", "90 3c 64"]),  # real-time bytes inside
        ("3c 64 90 3c", []),  # stray data; not finished
        ("90 3c 80 3c 00", ["80 3c 00"]),
        ("f2 01 02 03 04", ["f2 01 02"]),  # no running status
        ("90 3c 64 f2 01 02 3c 64", ["90 3c 64", "f2 01 02"]),
        ("f0 01 02 f8 03 f7 3c 64 90 3c 64", ["f8", "90 3c 64"]),
        ("f0 01 02 90 3c 64", ["90 3c 64"]),  # a sysex without end
        ("fe f9 fd ff", ["ff"]),  # active sensing
        ("f1 05 f3 06 f6 f4 f5 07", ["f1 05", "f3 06"]),
    ],
)
def test_whole_messages_are_made_and_all_else_is_dropped(came: str, whole: list[str]) -> None:
    assert messages(came) == whole


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=20))
def test_how_the_bytes_are_cut_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    stream, parts = Stream(), []
    edges = [0, *sorted(cuts), len(data)]
    for begin, end in pairwise(edges):
        parts += stream.take(data[begin:end])
    assert parts == Stream().take(data)


@given(st.binary(max_size=500))
def test_messages_are_whole_whatever_comes(data: bytes) -> None:
    for message in Stream().take(data):
        assert 1 <= len(message) <= 3
        assert message[0] >= 0x80
        assert message[0] not in DROPPED
        assert all(byte < 0x80 for byte in message[1:])


def test_a_million_random_bytes_leave_three_bytes_at_most() -> None:
    stream = Stream()
    noise = random.Random(11)  # noqa: S311 -- no secret
    for _ in range(1000):
        stream.take(noise.randbytes(1000))
        assert len(stream._data) < 3
