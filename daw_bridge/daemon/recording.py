"""What was heard of a jam, kept to be written down."""

from __future__ import annotations

from daw_bridge.jam.events import Event, Sounded


class Take:
    """Keep what sounds, in its order."""

    def __init__(self) -> None:
        self.heard: list[Sounded] = []

    def __call__(self, event: Event) -> None:
        """Take down a message that sounded."""
        if isinstance(event, Sounded):
            self.heard.append(event)
