"""A jam from its ports and its policy to its end, live or in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial

from daw_bridge.daemon.changes import Changes
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.performance import Jam, Performance, Report
from daw_bridge.daemon.signals import signals
from daw_bridge.daemon.watching import telling
from daw_bridge.jam.bars import BarSource, Feed, InlineFeed
from daw_bridge.jam.commands import Heard, Inbox, Located
from daw_bridge.jam.events import Watcher
from daw_bridge.jam.follow import MESSAGES
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.masters import Sync
from daw_bridge.jam.primer import harmony_of
from daw_bridge.jam.relief import NOTHING, Again, Loading, Relieved, SoFar
from daw_bridge.music.position import Position
from daw_bridge.music.time import Seconds
from daw_bridge.ports.api import Ports
from daw_bridge.ports.backend import PLAYED, SYNC, PortSettings
from daw_bridge.ports.open import VIRTUAL, open_ports


def jam(
    settings: Jam,
    make_source: Callable[[], BarSource],
    *,
    again: Again | None = None,
    watchers: Iterable[Watcher] = (),
    inbox: Inbox | None = None,
    part: Part | None = None,
) -> Report:
    """Play until the bars are through, or a signal or a `Stop` comes.

    The ports are opened while `make_source` loads the policy; one that fails is loaded `again`,
    once, where that is possible. With a `part`, whose source that is, its settings can be changed
    while it plays. However this ends, every sounding note is ended and the port
    process is gone, and the watchers have been told of all that was heard. Blocks; run in the main
    thread, signals that ask a process to end stop it.

    Raises:
        UserError: the ports or the policy cannot be had.
        Exception: whatever the policy or a watcher raised; the notes are ended before it gets here.
    """
    inbox = inbox or Inbox()
    with ExitStack() as stack:
        stack.enter_context(signals(inbox))
        live = settings.ports.backend != VIRTUAL
        tell = stack.enter_context(telling(watchers, live=live))
        ports, source = _open_and_load(settings.ports, inbox, make_source)
        stack.enter_context(closing(ports))
        if live and part is not None:
            part.check_pace()
        margins = Margins()

        def feed(source: BarSource, again: Again | None, so_far: SoFar = NOTHING) -> Feed:
            if not live:
                return InlineFeed(source)
            return Relieved(
                source,
                again,
                now=ports.clock.now,
                margins=margins,
                wake=inbox.nudge,
                tell=tell,
                on_error=settings.on_error,
                so_far=so_far,
            )

        parts = None
        if part is not None:
            parts = Changes(
                part,
                lambda part, so_far: feed(Loading(part, so_far), part, so_far),
                inbox.put,
                tell,
                open_port=ports.open_more,
                make_ready=ports.instruments,
                live=live,
            )
            stack.enter_context(closing(parts))
        first = feed(source, again)
        performance = Performance(settings, first, ports, inbox, tell, margins=margins, parts=parts)
        stack.enter_context(closing(performance))
        performance.harmony = harmony_of(source)
        performance.run()
    return performance.report()


def perform(settings: Jam, source: BarSource, watchers: Iterable[Watcher] = ()) -> Report:
    """Play in virtual time, in this thread and without a device.

    The same session as a live one: same source, same ticks, same bytes.
    """
    virtual = replace(settings.ports, backend=VIRTUAL)
    offline = replace(settings, ports=virtual, sync=Sync.AUTO)
    with (
        telling(watchers, live=False) as tell,
        closing(open_ports(offline.ports, _ignore_input, _ignore_loss, _ignore_position)) as ports,
    ):
        performance = Performance(offline, InlineFeed(source), ports, Inbox(), tell)
        performance.harmony = harmony_of(source)
        performance.run()
    return performance.report()


def _open_and_load(
    settings: PortSettings, inbox: Inbox, make_source: Callable[[], BarSource]
) -> tuple[Ports, BarSource]:
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(
            open_ports,
            settings,
            partial(_take_input, inbox),
            lambda _why: inbox.nudge(),
            lambda source, position: inbox.put(Located(source, position)),
        )
        try:
            source = make_source()
        except BaseException:
            if opening.exception() is None:
                opening.result().close()
            raise
        return opening.result(), source


def _take_input(inbox: Inbox, time_s: Seconds, role: str, data: bytes) -> None:
    """Pass on what is of a clock, and what is played."""
    if role == PLAYED or (role == SYNC and not MESSAGES.isdisjoint(data)):
        inbox.put(Heard(time_s, role, data))


def _ignore_input(_time_s: Seconds, _role: str, _data: bytes) -> None:
    """Offline nothing comes in."""


def _ignore_position(_source: str, _position: Position) -> None:
    """Offline there is no DAW."""


def _ignore_loss(_why: str) -> None:
    """Offline ports are never lost."""
