"""Tracks made here or by a cluster; where a process or a machine is lost, they are made again."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence

from daw_bridge.errors import UserError
from daw_bridge.render.cluster import machines
from daw_bridge.render.crew import Crew, Lost, cores
from daw_bridge.render.engine import Failure
from daw_bridge.render.track import Entry, Maker, Order

TRIES = 3
"""So often a track is begun, with no other beside it, whose process is killed."""


def make_all(
    orders: Sequence[Order], workers: int, cluster: str | None = None
) -> Generator[Entry, None, None]:
    """Make tracks of one folder, and tell of each when it is made.

    One worker is the calling process. With `cluster`, the address of one, its machines make them.

    Raises:
        UserError: there is no such cluster, or no Ray here.
    """
    at_once = min(workers, len(orders))
    if cluster is not None and orders:
        with machines(cluster, orders[0].folder) as crew:
            yield from _all_made(orders, crew)
    elif at_once > 1:
        with cores(at_once) as crew:
            yield from _all_made(orders, crew)
    else:
        with Maker() as maker:
            yield from maker.make_all(orders)


def _all_made(orders: Sequence[Order], crew: Crew) -> Iterator[Entry]:
    """Make tracks; where one is killed, make the others at once, and alone those that it may be.

    So a track by which memory runs out costs no other.
    """
    left = {order.name: order for order in orders}
    suspects: list[Order] = []
    while left:
        begun: list[str] = []
        try:
            for entry in crew(_noted(list(left.values()), begun)):
                del left[entry.file]
                yield entry
        except Lost:
            suspects += [left.pop(name) for name in begun if name in left]
    for order in suspects:
        yield from _made_alone(order, crew)


def _noted(orders: Iterable[Order], begun: list[str]) -> Iterator[Order]:
    for order in orders:
        begun.append(order.name)
        yield order


def _made_alone(order: Order, crew: Crew) -> Iterator[Entry]:
    for _ in range(TRIES):
        try:
            yield from crew([order])
        except Lost:
            continue
        return
    why = UserError("a process that works to its end", "that it was killed", "free memory")
    yield Entry(order.name, order.midi, str(Failure.CRASHED), "", str(why))
