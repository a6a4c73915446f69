"""`daw-bridge drums`: maps of drum notes, and packs of drum loops."""

from __future__ import annotations

import click

from daw_bridge.cli.main import Commands
from daw_bridge.registry import Table

COMMANDS = Table(
    "a command",
    {
        "maps": ("daw_bridge.cli.drums_maps:maps", "List the drum maps there are."),
        "show": ("daw_bridge.cli.drums_maps:show", "Print a map, note by note."),
        "convert": (
            "daw_bridge.cli.drums_convert:convert",
            "Move MIDI files from one map to another.",
        ),
        "detect": (
            "daw_bridge.cli.drums_detect:detect",
            "Tell which map a MIDI file was made for.",
        ),
        "note-names": (
            "daw_bridge.cli.drums_maps:note_names",
            "Write a map's note names for a DAW.",
        ),
        "standardise": (
            "daw_bridge.cli.drums_standardise:standardise",
            "Give single-drum loops their standard note, by file name.",
        ),
        "combine": (
            "daw_bridge.cli.drums_combine:combine",
            "Make new loops of kick, snare and hi-hat.",
        ),
        "jsfx": ("daw_bridge.cli.drums_maps:jsfx", "Write REAPER's live remap of all maps."),
    },
)
"""The subcommands: where each is, and what `daw-bridge drums --help` says of it."""


@click.group(
    cls=Commands, table=COMMANDS, epilog="Example: daw-bridge drums show addictive-drums-2"
)
def drums() -> None:
    """Put every drum on the right pad: maps in and out, loop packs, new loops."""
