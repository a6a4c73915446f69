"""Work that is spread over processes."""

from __future__ import annotations

import os
import signal

import pytest

from daw_bridge.corpora.parallel import spread
from daw_bridge.errors import UserError


def minds_ctrl_c(jobs: list[int]) -> list[bool]:
    """Say for each job whether Ctrl-C would end the process that does it with a traceback."""
    return [signal.getsignal(signal.SIGINT) is not signal.SIG_IGN for _ in jobs]


def is_killed(jobs: list[int]) -> None:
    """End as a process ends that the system kills for want of memory."""
    del jobs
    os.kill(os.getpid(), signal.SIGKILL)


def test_ctrl_c_is_for_the_calling_process_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    found = spread(minds_ctrl_c, range(40), chunk=10, workers=2)
    assert found == [[False] * 10] * 4
    assert signal.getsignal(signal.SIGINT) is before


def test_a_worker_that_was_killed_is_told_in_one_line() -> None:
    with pytest.raises(UserError, match="one was killed"):
        spread(is_killed, range(40), chunk=10, workers=2)
