"""Real programs that a jam follows, each started for one test and ended after it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.real import ardour as ardour_program
from tests.real import hydrogen as hydrogen_program
from tests.real.ardour import Ardour
from tests.real.hydrogen import Hydrogen


@pytest.fixture
def ardour(jack_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ardour]:
    """Give an Ardour with an empty session; skip where it is not installed."""
    if shutil.which(ardour_program.PROGRAM) is None:
        pytest.skip("Ardour 7 is not installed (apt: ardour)")
    program = Ardour(tmp_path_factory.mktemp("ardour"))
    yield program
    program.close()


@pytest.fixture
def hydrogen(jack_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hydrogen]:
    """Give a Hydrogen with an empty song; skip where it is not installed."""
    if shutil.which(hydrogen_program.PROGRAM) is None:
        pytest.skip("Hydrogen is not installed (apt: hydrogen)")
    program = Hydrogen(tmp_path_factory.mktemp("hydrogen"))
    yield program
    program.close()
