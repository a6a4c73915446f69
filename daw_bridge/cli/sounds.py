"""`daw-bridge sounds`: synth programs whose numbers are found by ear."""

from __future__ import annotations

import click

from daw_bridge.cli.main import Commands
from daw_bridge.registry import SOUND_COMMANDS


@click.group(
    cls=Commands, table=SOUND_COMMANDS, epilog="Example: daw-bridge sounds match kick mine.wav"
)
def sounds() -> None:
    """Find the numbers of a synth program by ear, and play what was found."""
