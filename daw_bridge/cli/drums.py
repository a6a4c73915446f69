"""`daw-bridge drums`: maps of drum notes, and packs of drum loops."""

from __future__ import annotations

import click

from daw_bridge.cli.main import Commands
from daw_bridge.registry import DRUM_COMMANDS


@click.group(
    cls=Commands, table=DRUM_COMMANDS, epilog="Example: daw-bridge drums show addictive-drums-2"
)
def drums() -> None:
    """Put every drum on the right pad: maps in and out, loop packs, new loops."""
