"""What a user did that cannot be carried out, said so that they can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

Location = tuple[str | int, ...]
"""The keys and places in lists that lead to a value."""


class UserError(Exception):
    """One line for the user: what was expected, what was found, what to do.

    The command line prints the line on standard error and exits with code 2.
    Anything that is not a `UserError` is a defect of ours and keeps its traceback.
    """

    def __init__(self, expected: str, found: str, do: str) -> None:
        super().__init__(f"expected {expected}, found {found}: {do}")
        self.expected = expected
        self.found = found
        self.do = do


class UserErrors(UserError):  # noqa: N818  # several of a `UserError`
    """Every error of one file at once, a line each."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(errors)
        Exception.__init__(self, "\n".join(self.errors))


class SomeFailed(UserErrors):
    """What is wrong with some of many files, where the work on all others is done.

    The command line exits with code 1.
    """


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file: the keys that lead to it, and what it is.

    `line` is the one in the file, from 1; None: that on which the keys stand.
    """

    location: Location
    what: str
    line: int | None = None

    def __str__(self) -> str:
        name = ".".join(map(str, self.location))
        return f"{name}: {self.what}" if name else self.what

    def under(self, *keys: str | int) -> Problem:
        """Return the same problem of a file that holds this one under further keys."""
        return replace(self, location=(*keys, *self.location))


def near(name: str, known: Iterable[str]) -> str:
    """Name the known word that `name` was likely meant to be, or list what is known."""
    words = sorted(known)
    matches = get_close_matches(name, words, n=1, cutoff=0.5)
    if matches:
        return f"did you mean {matches[0]!r}?"
    return f"choose one of {', '.join(words)}" if words else "there is none to choose from"
