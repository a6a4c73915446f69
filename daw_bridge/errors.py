"""What a user did that cannot be carried out, said so that they can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Carry one line for the user: what was expected, what was found, what to do.

    The command line prints the line on standard error and exits with code 2.
    Anything that is not a `UserError` is a defect of ours and keeps its traceback.
    """

    def __init__(self, expected: str, found: str, do: str) -> None:
        super().__init__(f"expected {expected}, found {found}: {do}")
        self.expected = expected
        self.found = found
        self.do = do


class UserErrors(UserError):  # noqa: N818  # several of a `UserError`
    """Carry every error of one file at once, a line each."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(errors)
        Exception.__init__(self, "\n".join(self.errors))


def near(name: str, known: Iterable[str]) -> str:
    """Name the known word that `name` was likely meant to be, or list what is known."""
    words = sorted(known)
    matches = get_close_matches(name, words, n=1, cutoff=0.5)
    if matches:
        return f"did you mean {matches[0]!r}?"
    return f"choose one of {', '.join(words)}" if words else "there is none to choose from"
