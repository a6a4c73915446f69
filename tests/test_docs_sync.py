"""The page on sync: each DAW in five lines at most, marked where it was not run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "sync.md"
RUN = {"Ardour", "Hydrogen"}
"""Those that tests run: see `tests/real`."""

DAWS = ["REAPER", "Ableton Live", "Bitwig Studio", "Ardour", "Hydrogen", "Logic Pro"]


@pytest.mark.parametrize("daw", DAWS)
def test_each_daw_is_set_up_in_five_lines_and_marked_where_it_was_not_run(daw: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"^## {daw}(.*)\n\n((?:.+\n)+)\n", text, re.MULTILINE)
    assert found is not None
    mark, lines = found[1], found[2].splitlines()
    assert mark == ("" if daw in RUN else " (not tried)")
    assert [line[:3] for line in lines] == [f"{number}. " for number in range(1, len(lines) + 1)]
    assert 2 <= len(lines) <= 5
    assert any("--sync" in line for line in lines)


def test_the_mark_is_explained() -> None:
    assert "Marked *not tried* is what" in PAGE.read_text(encoding="utf-8")


def test_those_that_were_run_have_tests_that_run_them() -> None:
    real = Path(__file__).parent / "real"
    assert {path.stem for path in real.glob("test_*.py")} == {f"test_{d.lower()}" for d in RUN}
