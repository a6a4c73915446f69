"""`daw-bridge demo`: eight bars to hear, to see and to load into a DAW."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from daw_bridge.cli.types import PATH
from daw_bridge.files import folder_to_write

if TYPE_CHECKING:
    from daw_bridge.config.jam import JamFile
    from daw_bridge.music.time import Ticks

Struck: TypeAlias = "tuple[Ticks, int, int]"
"""The tick, the note and the velocity of a hit."""

BARS, SEED, BPM = 8, 1, 100
RING_S = 1.5
"""How long the last cymbals may ring on in the sound file."""


@click.command(epilog="Example: daw-bridge demo --out /tmp/demo")
@click.option(
    "--out",
    type=PATH,
    default=Path(),
    help="The folder to write to; here, where it is not given.",
)
def demo(out: Path) -> None:
    """Make eight bars of drums, as demo.mid, demo.wav and demo.png.

    No device and no DAW is needed: the shipped model groove-drums plays with seed 1.
    """
    folder_to_write(out)
    from daw_bridge.config.jam import load_jam  # noqa: PLC0415
    from daw_bridge.daemon.recording import write_take  # noqa: PLC0415
    from daw_bridge.daemon.settings import ready  # noqa: PLC0415
    from daw_bridge.daemon.takes import perform  # noqa: PLC0415
    from daw_bridge.midi.messages import starts_note  # noqa: PLC0415
    from daw_bridge.policies.load import load  # noqa: PLC0415

    flags = {"bars": BARS, "seed": SEED, "bpm": BPM, "meter": "4/4"}
    jam = ready(load_jam("groove"), flags)
    policy = load(jam.folder)
    heard = perform(policy, jam)
    name = policy.card.name
    write_take(heard, out / "demo.mid", "DAW Bridge demo")
    struck = [(tick, *data[1:]) for tick, data in heard if starts_note(data)]
    _sound(struck, out / "demo.wav", jam.file)
    _picture(struck, out / "demo.png", jam.file, name)
    place = out if out != Path() else Path.cwd()
    click.echo(
        f"wrote demo.mid, demo.wav and demo.png to {place}: {BARS} bars of {name}, "
        f"{BPM} quarter notes a minute, seed {SEED}\n"
        "hear it: play demo.wav;  see it: open demo.png\n"
        "REAPER: drag demo.mid onto a track with a drum instrument, press play\n"
        "Live: drag demo.mid onto a track with a Drum Rack or kit, launch the clip\n"
        "next: daw-bridge jam  (the same drummer, live, into the DAW and without end)"
    )


def _sound(struck: Sequence[Struck], path: Path, file: JamFile) -> None:
    from daw_bridge.music.time import Ticks, Transport  # noqa: PLC0415
    from daw_bridge.render.drum_synth import Hit, render  # noqa: PLC0415

    seconds_at = Transport(file.bpm).seconds_at
    hits = [Hit(seconds_at(tick), pitch, velocity) for tick, pitch, velocity in struck]
    render(hits, path, seconds_at(Ticks(BARS * file.meter.bar_length())) + RING_S)


def _picture(struck: Sequence[Struck], path: Path, file: JamFile, name: str) -> None:
    # On its first run matplotlib tells about its cache of fonts, which is nobody's concern here.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from daw_bridge.pictures.drum_grid import Stroke, draw  # noqa: PLC0415

    strokes = [Stroke(*each) for each in struck]
    caption = (
        f"Model {name}, {file.bpm:g} quarter notes a minute, {file.meter}, seed {file.seed}.   "
        "Dark and tall is loud. A box begins when it sounds: off its grid line, it rushes or drags."
    )
    title = f"{BARS} bars drawn from {name}"
    draw(strokes, path, bars=BARS, meter=file.meter, title=title, caption=caption)
