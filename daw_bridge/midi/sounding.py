"""The ledger of sounding notes: what must be ended before anything may stop."""

from __future__ import annotations

from daw_bridge.midi.messages import (
    ALL_NOTES_OFF,
    SUSTAIN,
    control_change,
    ends_note,
    note_off,
    starts_note,
)

Key = tuple[str, int, int]
"""A port, a channel and the pitch as sent: what can sound once at a time."""


def key_of(port: str, data: bytes) -> Key:
    """Return the key that a note-on or note-off is about."""
    return port, data[0] & 0x0F, data[1]


class SoundingNotes:
    """Every note-on without its note-off, by port, channel and the pitch as sent.

    The pitch is the one on the wire, after the drum map, so that a change of map between the
    two ends of a note cannot leave it sounding. A pitch that was started twice is ended twice, as
    an instrument that counts wants it. Not thread-safe: the thread that sends owns it.
    """

    def __init__(self) -> None:
        self._notes: dict[Key, int] = {}
        self._started: dict[Key, None] = {}
        self._channels: dict[tuple[str, int], None] = {}

    def __len__(self) -> int:
        """Count the notes that sound."""
        return sum(self._notes.values())

    def sent(self, port: str, data: bytes) -> None:
        """Take down a message that has just been sent."""
        if starts_note(data):
            key = key_of(port, data)
            self._notes[key] = self._notes.get(key, 0) + 1
            self._started[key] = None
            self._channels[port, key[1]] = None
        elif ends_note(data):
            key = key_of(port, data)
            count = self._notes.pop(key, 0)
            if count > 1:
                self._notes[key] = count - 1

    def sounds(self, port: str, data: bytes) -> bool:
        """Whether the note that a message starts or ends is sounding."""
        return key_of(port, data) in self._notes

    def keys(self) -> list[Key]:
        """List the keys that sound; any thread may ask, and gets a moment's answer."""
        return list(self._notes)

    def at_rest(self, port: str) -> list[bytes]:
        """Return a note-off for every key of a port that was ever started and does not sound now.

        Whoever was unplugged in the middle of a note never heard its end.
        """
        return [
            note_off(key[1], key[2])
            for key in self._started
            if key[0] == port and key not in self._notes
        ]

    def end_all(self) -> list[tuple[str, bytes]]:
        """Return the messages that end everything, and forget it.

        An explicit note-off for every note comes first, since some instruments ignore the rest;
        then CC64=0 and CC123 on every channel that was used.
        """
        messages = [
            (port, note_off(channel, pitch))
            for (port, channel, pitch), count in self._notes.items()
            for _ in range(count)
        ]
        for port, channel in self._channels:
            messages.append((port, control_change(channel, SUSTAIN, 0)))
            messages.append((port, control_change(channel, ALL_NOTES_OFF, 0)))
        self._notes.clear()
        self._channels.clear()
        return messages
