"""The forms of real pieces in a model's folder."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.errors import UserError
from daw_bridge.music.form import Kind, Label
from daw_bridge.policies.forms import FILE_NAME, read, shown, without_long_rests

NEW, REST = Label(Kind.NEW), Label(Kind.REST)
SONG = (NEW, REST, Label(Kind.EXACT, 2), Label(Kind.VARIED, 3))


def test_what_is_shown_is_read(tmp_path: Path) -> None:
    assert shown(SONG) == "new - =2 ~3"
    (tmp_path / FILE_NAME).write_text(f"{shown(SONG)}\n\nnew\n")
    assert read(tmp_path) == (SONG, (NEW,))


def test_a_model_may_know_no_forms(tmp_path: Path) -> None:
    assert read(tmp_path) == ()


@pytest.mark.parametrize("word", ["old", "=", "=0", "=33", "~x", "=2", "=-1", "=٣"])
def test_what_is_no_label_is_told_with_its_line(tmp_path: Path, word: str) -> None:
    (tmp_path / FILE_NAME).write_text(f"new new\nnew {word}\n")
    with pytest.raises(UserError, match=r"forms\.txt:2"):
        read(tmp_path)


def test_long_rests_are_cut_and_returns_lie_nearer() -> None:
    labels = [REST, NEW, REST, REST, REST, Label(Kind.EXACT, 4), Label(Kind.VARIED, 5)]
    assert without_long_rests(labels) == (
        *(NEW, REST, Label(Kind.EXACT, 2), Label(Kind.VARIED, 3)),
    )


@given(st.lists(st.sampled_from([NEW, REST, Label(Kind.EXACT, 1), Label(Kind.VARIED, 3)])))
def test_what_is_left_is_a_form(labels: list[Label]) -> None:
    within = [each if each.back <= n else NEW for n, each in enumerate(labels)]
    left = without_long_rests(within)
    assert all(each.back <= n for n, each in enumerate(left))
    assert (REST, REST) not in pairwise(left)
