"""A feed whose bars are told of as they are taken, for the log of a session."""

from __future__ import annotations

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import Feed, Left
from daw_bridge.jam.events import Fetched, Watcher
from daw_bridge.music.notes import Bar


class Watched:
    """A feed that tells whether bars are made in time."""

    def __init__(self, feed: Feed, tell: Watcher) -> None:
        self.want, self.drop, self.hear, self.close = feed.want, feed.drop, feed.hear, feed.close
        self.hear_player, self.ahead = feed.hear_player, feed.ahead
        self._feed = feed
        self._tell = tell

    @property
    def failed(self) -> str:
        """What the policy raised that plays no more; "" where it plays."""
        return self._feed.failed

    @property
    def left(self) -> Left | None:
        """Where the source is, however far it has gone ahead; None before a bar was taken."""
        return self._feed.left

    def take(self, ask: Ask) -> Bar | None:
        """Return a bar if it is ready."""
        try:
            bar = self._feed.take(ask)
        except Exception as error:
            self._tell(Fetched(ask.number, made=False, error=f"{type(error).__name__}: {error}"))
            raise
        self._tell(Fetched(ask.number, made=bar is not None))
        return bar
