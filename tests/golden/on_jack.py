"""The golden takes of a jam that is played to on JACK: in each mode one, as a hash.

    python -m tests.golden.on_jack

writes `on_jack.json` anew, as virtual time has it; see `with_a_player`. The networks are small,
with random weights, so that a slow machine has all in time; a tick is a whole number of frames.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from daw_bridge.jam import placing
from daw_bridge.jam.commands import Command, Keep
from daw_bridge.jam.events import Sounded
from daw_bridge.jam.modes import Name
from daw_bridge.music.time import Ticks
from tests.golden.with_a_player import performance
from tests.jam_to_play_with import KEPT_IN, Patient, settings_of, source_of
from tests.played_jam import Played, play

FILE = Path(__file__).with_name("on_jack.json")

BAR = 1920

OVER = 600
"""What is played ends by so many ticks of each bar, 0.3 s before its answer is drafted. What comes
later may be heard or not, as the machine has time for it."""


def played() -> list[Played]:
    """Give what the player plays, as far as it surely is heard in time."""
    return [each for each in performance() if each[0] % BAR < OVER]


def take_of(mode: Name) -> list[Played]:
    """Play in a mode in virtual time; return what the port `notes` sounds."""
    settled = settings_of(mode, "offline")
    kept: list[tuple[Ticks, Command]] = [(Ticks(KEPT_IN * BAR), Keep())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "Shadow", Patient)
        commands = kept if mode in (Name.LOOP, Name.VARY) else []
        events = play(settled, source_of(settled), played(), commands)
    return [
        (each.tick, each.data)
        for each in events
        if isinstance(each, Sounded) and each.port == "notes"
    ]


def hash_of(mode: Name, take: Iterable[Played]) -> str:
    """Return a hash of a take: ticks and bytes.

    Of who is followed, bytes alone. A chord sounds as soon as its note has come through the ports
    and both processes, which on JACK is some cycles later and on no two machines the same; which
    chord it is, and which note it ends with, hangs on what was played and when.
    """
    timed = mode is not Name.FOLLOW
    lines = (f"{tick if timed else ''} {data.hex()}\n" for tick, data in take)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def main() -> None:
    """Write the hashes of all modes."""
    hashes = {mode.value: hash_of(mode, take_of(mode)) for mode in Name}
    FILE.write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
