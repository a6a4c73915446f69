"""What the MIDI files of a folder hold beside the notes that a role picks from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daw_bridge.corpora.material import Source
from daw_bridge.corpora.parallel import Progress, silent, spread
from daw_bridge.corpora.sources import Archives, find_sources
from daw_bridge.errors import UserError
from daw_bridge.midi.columns import columns_of
from daw_bridge.midi.controls import controls_of
from daw_bridge.midi.files import ENDINGS, LARGEST_BYTES
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.midi.smf import SmfError

FAMILIES = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass",
    "reed", "pipe", "synth lead", "synth pad", "synth effects", "ethnic", "percussive",
    "sound effects",
)  # fmt: skip
"""General MIDI's families, of eight programs each."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Files in which each instrument plays, how often each control is changed, notes of each file.

    Instruments are named by program (from 1, as users count) and family; channel 10 is "drums".
    Files that cannot be read are left out: the report names them elsewhere.
    """

    instruments: Counter[str] = field(default_factory=Counter)
    controls: Counter[int] = field(default_factory=Counter)
    notes_a_file: list[int] = field(default_factory=list)


def contents_of(paths: Sequence[Path], progress: Progress = silent) -> Contents:
    """Count what the MIDI files under some paths hold.

    Raises:
        UserError: a path holds nothing of a known kind.
    """
    sources = [each for path in paths for each in find_sources(path) if each.suffix in ENDINGS]
    all_of_it = Contents()
    for part in spread(_counted, sources, progress=progress):
        all_of_it.instruments.update(part.instruments)
        all_of_it.controls.update(part.controls)
        all_of_it.notes_a_file.extend(part.notes_a_file)
    return all_of_it


def _counted(sources: list[Source]) -> Contents:
    out = Contents()
    with Archives() as archives:
        for source in sources:
            try:
                raw = archives.bytes_of(source, LARGEST_BYTES)
                parts = columns_of(raw).parts
                controls = controls_of(raw)
            except (UserError, SmfError):
                continue
            played = {
                (channel, program)
                for part in parts
                for channel, program in zip(
                    part.channel.tolist(), part.program.tolist(), strict=True
                )
            }
            out.instruments.update({_named(*each) for each in played})
            out.controls.update(each.number for each in controls)
            out.notes_a_file.append(sum(len(part.start) for part in parts))
    return out


def _named(channel: int, program: int) -> str:
    return "drums" if channel == DRUM_CHANNEL else f"{program + 1} ({FAMILIES[program // 8]})"
