"""A jam without a jam: what is told to it stays in its inbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daw_bridge.config.jam import JamFile
from daw_bridge.control.desk import Desk
from daw_bridge.control.open import Ways, controlled
from daw_bridge.jam.commands import Inbox


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a runtime folder of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def desk(inbox: Inbox) -> Iterator[Desk]:
    """Control a jam called `test`; what is put is in `inbox`."""
    with controlled(Ways("test", exactly=True), JamFile(model="groove-drums"), inbox) as desk:
        yield desk
