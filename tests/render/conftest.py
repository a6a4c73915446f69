"""The process of an engine, which many tests share: it is begun anew where one breaks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daw_bridge.render.child import Child


@pytest.fixture(scope="session")
def engine_process() -> Iterator[Child]:
    """Give a process in which engines render."""
    with Child() as child:
        yield child
