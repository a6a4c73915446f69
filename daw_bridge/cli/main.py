"""The command line's entry point: finds a command, runs it, and turns user errors into lines."""

from __future__ import annotations

import sys

try:
    import errno
    import io
    import os
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    import click
    from click.shell_completion import CompletionItem

    from daw_bridge import __version__
    from daw_bridge.errors import SomeFailed, UserError, UserErrors, near
    from daw_bridge.registry import COMMANDS, Table
except KeyboardInterrupt:
    sys.exit(130)


class Commands(click.Group):
    """A group of commands that are imported only when they run."""

    def __init__(self, *args: object, table: Table, **settings: object) -> None:
        super().__init__(*args, **settings)  # type: ignore[arg-type]
        self.table = table

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take no arguments at all as a wish for help."""
        return super().parse_args(ctx, args or ["--help"])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names in the order of the table, which is that of a first visit."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name not in self.table:
            return None
        command = self.table[cmd_name]
        assert isinstance(command, click.Command)  # noqa: S101  # the table is ours
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """List the commands that begin so, importing none, and the options of the group."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        words = self.table.words().items()
        return [CompletionItem(n, help=text) for n, text in words if n.startswith(incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for, or suggest the near one."""
        if args and not args[0].startswith("-") and args[0] not in self.table:
            ctx.fail(f"expected a command, found {args[0]!r}: {near(args[0], self.table)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, importing none."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.words().items()))


@click.group(
    cls=Commands,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: daw-bridge demo --out /tmp/demo",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Play a trained network in your DAW: bars on time, on the right pads, every note ended."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit, with a code that says how it went.

    0: done. 1: done for some of many files, the others are listed. 2: a user's error, and nothing
    done. 129: hung up. 130: interrupted. 141: nobody reads what is printed any more.
    Any other exception is a defect of ours and keeps its traceback.
    """
    _open_what_is_closed()
    _show_any_name()
    sys.exit(run(arguments))


def _open_what_is_closed() -> None:
    """Let what is written to a closed output (`>&-`) go nowhere, and nothing come of such an input.

    Else the next file that is opened would take its place.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            if (opened := os.open(os.devnull, os.O_RDWR)) != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


def _show_any_name() -> None:
    """Let names that the output's encoding lacks be shown by escapes: those of old files, say."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; give its exit code. Errors go to standard error, a line each."""
    try:
        code = cli.main(args=arguments, prog_name="daw-bridge", standalone_mode=False)
    except (UserError, click.ClickException) as error:
        _say(_lines(error))
        return 1 if isinstance(error, SomeFailed) else 2
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit as error:
        return _code_of_exit(error)
    except OSError as error:
        if (code := _code_of(error)) is None:
            raise
    except Exception as error:
        if _was_interrupted(error):
            return INTERRUPTED
        raise
    return code if isinstance(code, int) else 0


HUNG_UP, INTERRUPTED, UNREAD = 128 + 1, 128 + 2, 128 + 13
"""What a shell says of a command that SIGHUP, SIGINT or SIGPIPE has ended."""


def _code_of_exit(error: SystemExit) -> int:
    """Return the exit code where click or rich ends us: by 1, as nobody reads what they print."""
    if error.code != 1:  # completion was asked for
        raise error
    _write_no_more(sys.stdout, sys.stderr)
    return UNREAD


def _code_of(error: OSError) -> int | None:
    """Print what the system refused, where that is no defect of ours; return the exit code."""
    hung_up = error.errno == errno.EIO and _has_hung_up()
    if hung_up or isinstance(error, BrokenPipeError):
        _write_no_more(sys.stdout, sys.stderr)
        return HUNG_UP if hung_up else UNREAD
    if error.errno == errno.ENOSPC:
        _write_no_more(sys.stdout)
        said = UserError("room for what is written", "a full disk", "make room, and run it again")
    elif error.filename is None or error.errno not in _UNUSABLE:
        return None
    else:
        said = UserError("a path to use", _named(error), "name another")
    _say([str(said)])
    return 2


def _say(lines: Iterable[str]) -> None:
    """Print lines on standard error, where that can be: the exit code says what they say."""
    try:
        for line in lines:
            click.echo(" ".join(line.split()), err=True)
    except OSError:
        _write_no_more(sys.stderr)


def _was_interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C is the cause: what it meets in the middle of an import may be wrapped."""
    cause = error.__cause__
    return isinstance(cause, KeyboardInterrupt) or (cause is not None and _was_interrupted(cause))


def _has_hung_up() -> bool:
    """Whether the terminal that is written to has gone."""
    try:
        import termios  # noqa: PLC0415  Windows has none
    except ModuleNotFoundError:
        return False
    for stream in (sys.stdout, sys.stderr):
        try:
            termios.tcgetattr(stream.fileno())
        except termios.error as error:
            if error.args[0] == errno.EIO:
                return True
        except OSError:  # a test's, of no number
            continue
    return False


_UNUSABLE = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG)
"""Why a path may not even be looked at, in whatever command: not ours to see, or no name at all."""


def _write_no_more(*outputs: TextIO) -> None:
    """Let what is still to be flushed at exit go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in outputs:
        os.dup2(nowhere, output.fileno())


def _named(error: OSError) -> str:
    name = str(error.filename)
    return f"{name if len(name) <= 400 else name[:397] + '...'} ({error.strerror})"


def _lines(error: UserError | click.ClickException) -> Sequence[str]:
    """Return what is to be said of an error: a line, or one for each thing wrong in a file."""
    if isinstance(error, UserErrors):
        return error.errors
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "daw-bridge"
        return [f"{command}: {error.format_message()} (see {command} --help)"]
    return [error.format_message() if isinstance(error, click.ClickException) else str(error)]


if __name__ == "__main__":
    main()
