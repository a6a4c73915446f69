"""The file of a preset, which may be edited while it plays."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from daw_bridge.config.changes import differences, location_of
from daw_bridge.config.jam import JamFile, jam_file_of, load_jam
from daw_bridge.document import Document
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.jam.prepared import Value

ALONE = frozenset({"bpm", "seed"})
"""What a jam does not take from another preset, but from its own when that is edited."""


class PresetFile:
    """What is edited in the file of a preset since the last look.

    Raises:
        UserErrors: what was read from it is no preset.
    """

    def __init__(self, document: Document) -> None:
        self._path = document.path
        self._read = jam_file_of(document)
        self._edition = self._edition_now()

    def edited(self) -> tuple[tuple[str, Value], ...]:
        """Return the settings that are others than at the last look.

        Raises:
            UserError: it is no preset any more, or what cannot change while a jam plays is another;
                this is told once.
        """
        edition = self._edition_now()
        if edition in (None, self._edition):
            return ()
        self._edition = edition
        before, after = self._read, load_jam(str(self._path))
        try:
            settings = tuple(differences(before, after))
        except UserError as error:
            raise self._refusal(after, [error.found], error) from error
        self._read = after
        if (before.model, before.voices) == (after.model, after.voices):
            return settings
        return ("preset", str(self._path)), *(each for each in settings if each[0] in ALONE)

    def refused(self, settings: Iterable[tuple[str, Value]], error: Exception) -> UserErrors:
        """Return an error of settings that were edited, with where they stand in the file."""
        return self._refusal(self._read, (name for name, _ in settings), error)

    def _refusal(self, read: JamFile, names: Iterable[str], error: Exception) -> UserErrors:
        document = read.document
        lines = sorted({document.line_of(location_of(each)) for each in names} if document else ())
        return UserErrors([f"{self._path}:{','.join(map(str, lines))}: {error}"])

    def _edition_now(self) -> tuple[int, int] | None:
        """Tell one edition of the file from another; None: it is not there now."""
        with suppress(OSError):
            found = self._path.stat()
            return found.st_mtime_ns, found.st_size
        return None
