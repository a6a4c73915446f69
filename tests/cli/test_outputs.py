"""Where what a command prints goes nowhere, it ends as a shell expects."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daw_bridge.cli.main import run


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_under_standard_output_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "daw_bridge.cli.main", "models"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("expected room for what is written")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("line", "code"),
    [("models", 0), ("generate tiny --bars 1 --out out", 0), ("jam quick", 0), ("jam nothing", 2)],
)
def test_a_closed_output_is_no_error(home, line, code, closed):
    command = f"{sys.executable} -m daw_bridge.cli.main {line} {closed}"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, cwd=home, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)


@pytest.mark.parametrize("errors_too", [False, True])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--help", 141), ("--version", 141), ("models", 141), ("drums maps", 141),
        ("show quick", 141), ("jam quick", 141), ("generate tiny --bars 1", 141),
        ("jam nothing", 2),
    ],
)  # fmt: skip
def test_a_pipe_that_nobody_reads_is_quiet_as_in_a_shell(home, line, code, errors_too):
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as unread:
        done = subprocess.run(
            [sys.executable, "-m", "daw_bridge.cli.main", *line.split()],
            stdout=unread,
            stderr=unread if errors_too else subprocess.PIPE,
            cwd=home,
            check=False,
        )
    assert (done.returncode, b"Traceback" in (done.stderr or b"")) == (code, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_an_error_that_finds_no_room_is_an_exit_code_all_the_same() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "daw_bridge.cli.main", "jam", "nothing"]
        assert subprocess.run(command, stderr=full, check=False).returncode == 2


def test_ctrl_c_inside_an_import_is_no_defect(home, monkeypatch, capsys):
    def importing(**_):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__") from error

    monkeypatch.setattr("daw_bridge.cli.main.cli.main", importing)
    assert run(["models"]) == 130
    assert capsys.readouterr() == ("", "")


HANGS_UP = """
import os, pty, sys
pid, terminal = pty.fork()
if not pid:
    os.execv(sys.executable, [sys.executable, "-m", "daw_bridge.cli.main", *sys.argv[1:]])
os.read(terminal, 1)  # it has begun to write
os.close(terminal)
status = os.waitpid(pid, 0)[1]
print(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_a_terminal_that_goes_ends_a_jam_as_a_shell_expects(home):
    jam = ["jam", "quick", "--bars", "50000"]
    done = subprocess.run(
        [sys.executable, "-c", HANGS_UP, *jam], capture_output=True, text=True, cwd=home, check=True
    )
    assert done.stdout.strip() == "129"
