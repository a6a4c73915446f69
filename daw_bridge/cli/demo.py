"""`daw-bridge demo`: eight bars to hear, to see and to load into a DAW."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.files import folder_to_write

if TYPE_CHECKING:
    from daw_bridge.daemon.settings import Ready
    from daw_bridge.policies.card import Card
    from daw_bridge.render.job import Job

BARS, SEED = 8, 1


@click.command(epilog="Example: daw-bridge demo chip --out /tmp/demo")
@click.argument("model", type=NAMED["model"], default="groove-drums")
@click.option(
    "--out",
    type=PATH,
    default=Path(),
    help="The folder to write to; here, where it is not given.",
)
def demo(model: str, out: Path) -> None:
    """Make eight bars of MODEL, the drummer if none is named, as demo.mid, demo.wav and demo.png.

    No device and no DAW is needed: the model plays its jam with seed 1, on instruments of our own.
    """
    folder_to_write(out)
    from daw_bridge.daemon.settings import ready  # noqa: PLC0415
    from daw_bridge.evaluation.free_running import jam_of  # noqa: PLC0415
    from daw_bridge.policies.card import read as read_card  # noqa: PLC0415

    jam = ready(jam_of(model)[1], {"bars": BARS, "seed": SEED, "ending": False})
    card = read_card(jam.folder)
    job = _job(jam, card, out)
    _sound(jam, job)
    _picture(jam, card, job.midi, out / "demo.png")
    place = out if out != Path() else Path.cwd()
    drums = "noise" in card.voices or "drums" in card.voices
    live = "drum instrument" if card.voices in ((), ("drums",)) else "synth"
    rack = "a Drum Rack or kit" if drums and live != "synth" else "an instrument"
    named = "" if model == "groove-drums" else f" --model {model}"
    click.echo(
        f"wrote demo.mid, demo.wav and demo.png to {place}: {BARS} bars of {card.name}, "
        f"{jam.file.bpm:g} quarter notes a minute, seed {SEED}\n"
        "hear it: play demo.wav;  see it: open demo.png\n"
        f"REAPER: drag demo.mid onto a track with a {live}, press play\n"
        f"Live: drag demo.mid onto a track with {rack}, launch the clip\n"
        f"next: daw-bridge jam{named}  (the same model, live, into the DAW and without end)"
    )


def _job(jam: Ready, card: Card, out: Path) -> Job:
    from daw_bridge.config.render import load_render, preset_for  # noqa: PLC0415
    from daw_bridge.render.job import Job  # noqa: PLC0415
    from daw_bridge.render.parts import by_channel  # noqa: PLC0415

    parts = by_channel(card, jam.file.voices or ())
    preset = preset_for("pyo", list(parts.values()))
    file = load_render(preset)
    midi, sound = out / "demo.mid", out / "demo.wav"
    return Job(midi, sound, "pyo", file.settings, preset, parts, file.rate, file.tail)


def _sound(jam: Ready, job: Job) -> None:
    from daw_bridge.daemon.best import perform  # noqa: PLC0415
    from daw_bridge.daemon.recording import write_take  # noqa: PLC0415
    from daw_bridge.policies.load import load  # noqa: PLC0415
    from daw_bridge.render.child import Child  # noqa: PLC0415
    from daw_bridge.render.track import make_sound  # noqa: PLC0415

    write_take(perform(load(jam.folder), jam), job.midi, "DAW Bridge demo")
    with TemporaryDirectory(dir=job.out.parent, prefix=".demo-") as work, Child() as child:
        made = Path(work) / "demo.wav"
        make_sound(job, made, child)
        made.replace(job.out)


def _picture(jam: Ready, card: Card, midi: Path, path: Path) -> None:
    # On its first run matplotlib tells about its cache of fonts, which is nobody's concern here.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from daw_bridge.midi.files import read  # noqa: PLC0415

    score, file = read(midi), jam.file
    title = f"{BARS} bars drawn from {card.name}"
    if {note.channel for note in score.notes} == {9}:
        from daw_bridge.pictures import drum_grid  # noqa: PLC0415

        strokes = [drum_grid.Stroke(n.start, n.pitch, n.velocity) for n in score.notes]
        said = (
            f"Model {card.name}, {file.bpm:g} quarter notes a minute, {file.meter}, seed "
            f"{file.seed}.   Dark and tall is loud. A box begins when it sounds: off its grid "
            "line, it rushes or drags."
        )
        drum_grid.draw(strokes, path, bars=BARS, meter=file.meter, title=title, caption=said)
        return
    from daw_bridge.pictures import roll  # noqa: PLC0415

    voices = {each.channel - 1: each.voice for each in reversed(file.voices or ())}
    names = [card.voices[each] for each in sorted(set(voices.values()))] if len(voices) > 1 else ()
    drums = card.voices.index("noise") if "noise" in card.voices else -1
    roll.draw(score.bars(voices=voices), path, title=title, voices=names, drums=drums)
