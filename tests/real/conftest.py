"""Real programs that a jam follows, each started for one test and ended after it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.real import ardour as ardour_program
from tests.real import hydrogen as hydrogen_program
from tests.real.ardour import Ardour, Gone
from tests.real.hydrogen import Hydrogen


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Skip a test in which Ardour itself went: what it was to show of a jam it cannot."""
    try:
        yield
    except AssertionError as error:
        program = getattr(item, "funcargs", {}).get("ardour")
        if isinstance(error, Gone) or (program is not None and program.is_gone()):
            pytest.skip(f"Ardour itself went: {error}")
        raise


@pytest.fixture
def ardour(jack_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ardour]:
    """Give an Ardour with an empty session; skip where it is not installed."""
    if shutil.which(ardour_program.PROGRAM) is None:
        pytest.skip("Ardour 7 is not installed (apt: ardour)")
    try:
        program = Ardour(tmp_path_factory.mktemp("ardour"))
    except Gone as error:
        pytest.skip(f"Ardour itself went: {error}")
    yield program
    with suppress(Gone):  # it had done what it was for
        program.close()


@pytest.fixture
def hydrogen(jack_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hydrogen]:
    """Give a Hydrogen with an empty song; skip where it is not installed."""
    if shutil.which(hydrogen_program.PROGRAM) is None:
        pytest.skip("Hydrogen is not installed (apt: hydrogen)")
    program = Hydrogen(tmp_path_factory.mktemp("hydrogen"))
    yield program
    program.close()
