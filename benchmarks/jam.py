"""Jams with a player: whether answers belong to their calls, and how he is followed.

    python benchmarks/jam.py [--only PART ...] [--calls 200] [--strikes 2000] [--bars 1000]

Writes results/jam.json and .md after each part; parts that are not asked for stay as they were
measured last. All of it takes 80 minutes, 70 of them twice 1,000 bars at 120.

Calls are two bars of held-out music of drums, of melodies and of the band, answered by the shipped
models as `call-response` has it. Each answer ranks its call among 20, the others drawn from other
pieces, by rhythm, density, register and pitch classes; so does the real continuation. What is
followed are melodies of held-out music, struck on their steps.

Live, on a JACK server of its own (dummy driver, 48 kHz, 128 frames), a player is a client, and what
he hears another one: `follow` takes from the note-on at the input to the first of its chord at the
output; `call-response`, and in `accompany` the band `chip`, answer calls whose last note ends 50 ms
before the bar line.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jam_live import CALLS, answered_live, followed_live
from machine import describe
from record import RESULTS, record

from daw_bridge.config.files import find as find_file
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.corpora.pieces import Piece
from daw_bridge.daemon.hearing import CHIP_CHANNELS
from daw_bridge.daemon.settings import settled
from daw_bridge.daemon.source import bars_of
from daw_bridge.encoding.codec import Codec
from daw_bridge.evaluation.answers import CHANCE, Call, calls_of, ranks
from daw_bridge.evaluation.features import Excerpt
from daw_bridge.evaluation.music import find, preset_of
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.listen import found_in
from daw_bridge.jam.modes import CallResponse, Past
from daw_bridge.jam.shadow import Harmony
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.policies.card import read
from daw_bridge.policies.load import codec_of, load, vocabulary_of
from daw_bridge.policies.policy import Policy

ANSWERING = ("groove-drums", "lead", "chip")
FOLLOWING = ("chorale", "chip")
CHANNELS = {voice: channel for channel, voice in CHIP_CHANNELS.items()}


def held_out(model: str, data: Path) -> list[Piece]:
    """Return the held-out music of a model."""
    card = read(find_file("models", model))
    preset = preset_of(card)
    part = data / "groove" if preset is not None and preset.data == "groove" else data
    return list(find([part], vocabulary_of(card), preset=preset, tell=print).pieces)


def answer(policy: Policy, file: JamFile, call: Excerpt, codec: Codec) -> list[Bar]:
    """Return the answer of a policy to a call, as it is heard on channels."""
    source = bars_of(policy, file)
    mode, past, out = CallResponse(len(call), count_in=0), Past(), list[Bar]()
    for number in range(2 * len(call)):
        turn = mode.turn(past)
        heard = call[: number + 1] if turn.hears else call
        ask = Ask(number, meter=call[0].meter, found=found_in(heard), label=turn.label)
        if turn.hears:
            bar = call[number] if codec.kind != "chip" else on_channels(call[number])
            source.bar(Ask(number, meter=bar.meter, heard=bar, hears=True, found=found_in(heard)))
        else:
            out.append(source.bar(ask))
        past = past.after(turn, played=True)
    return out


def on_channels(bar: Bar) -> Bar:
    """Return a bar of the band as it is played to it, a channel for each voice."""
    return Bar.of((replace(n, voice=CHANNELS[n.voice]) for n in bar.notes), bar.meter)


def answers(model: str, pieces: list[Piece], n_calls: int) -> dict[str, float]:
    """Rank calls by the answers of a model, and by what follows them in their pieces."""
    preset = load_jam("call-response").read_from(None)
    file, folder, card = settled(preset, {"model": model})
    policy, codec = load(folder), codec_of(card)
    calls = calls_of(pieces, n_calls, seed=1)
    made = [answer(policy, _of(file, each, n), each.call, codec) for n, each in enumerate(calls)]
    real = [[codec.quantise(bar) for bar in each.answer] for each in calls]
    theirs, ours = (float(ranks(calls, x, codec.kind, seed=7).mean()) for x in (real, made))
    reached = (CHANCE - ours) / (CHANCE - theirs)
    return {
        "calls": len(calls),
        "real": theirs,
        "model": ours,
        "chance": CHANCE,
        "reached": reached,
    }


def _of(file: JamFile, call: Call, number: int) -> JamFile:
    """Return the jam in the time of a call, at a seed of its own."""
    time = {"bpm": call.piece.tempo_qpm, "meter": call.call[0].meter, "seed": number + 1}
    return file.model_copy(update=time)


def followed(model: str, pieces: list[Piece], n_strikes: int) -> dict[str, float]:
    """Strike melodies; tell how long a chord takes, and how many of its notes are in the key."""
    preset = load_jam("follow").read_from(None)
    file, folder, card = settled(preset, {"model": model})
    policy, codec = load(folder), codec_of(card)
    took, ours, theirs = list[float](), list[bool](), list[bool]()
    for piece in pieces:
        if len(took) >= n_strikes or not (said := piece.conditions.get("key")):
            continue
        key = Key.parse(said)
        source = bars_of(policy, file)
        assert source.harmony is not None  # noqa: S101  # these models have voices
        harmony = source.harmony()
        for bar in piece.bars()[:32]:
            near = codec.quantise(bar)
            struck, pitches = _follow(harmony, near, key)
            took += struck
            ours += [pitch % 12 in key.pitch_classes() for pitch in pitches]
            theirs += [
                n.pitch % 12 in key.pitch_classes()
                for n in near.notes
                if 0 < n.voice < 3 + (model == "chorale") and not n.tied
            ]
    p50, p99 = np.percentile(np.array(took) * 1000, [50, 99])
    return {
        "strikes": len(took),
        "ms_p50": float(p50),
        "ms_p99": float(p99),
        "in_key": float(np.mean(ours)),
        "in_key_held_out": float(np.mean(theirs)),
    }


def _follow(harmony: Harmony, bar: Bar, key: Key) -> tuple[list[float], list[int]]:
    """Strike the melody of a bar; return how long each chord took, and all its pitches."""
    starts = {n.start // harmony.length: n for n in bar.notes if n.voice == 0 and not n.tied}
    ends = {(n.start + n.duration) // harmony.length for n in starts.values()}
    took, pitches = list[float](), list[int]()
    harmony.begin_bar(bar.meter, key)
    for step in range(bar.meter.steps(harmony.length)):
        if step in starts:
            begun = time.perf_counter()
            pitches += harmony.strike(starts[step].pitch).values()
            took.append(time.perf_counter() - begun)
        elif step in ends:
            harmony.release()
        harmony.pass_step()
    return took, pitches


def table(parts: dict[str, Any], machine: dict[str, Any]) -> str:
    """Return the results as tables, of the parts there are; `machine` measured the last one."""
    lines = [line for of_kind in TABLES for line in _table(*of_kind, parts)]
    return "\n".join([*lines, *_elsewhere(parts, machine)])


def _elsewhere(parts: dict[str, Any], machine: dict[str, Any]) -> Iterator[str]:
    """Say of which parts the processor was another one."""
    cpus = {name: part["machine"]["cpu"] for name, part in parts.items()}
    for cpu in sorted({*cpus.values()} - {machine["cpu"]}):
        names = ", ".join(f"`{name}`" for name in PARTS if cpus.get(name) == cpu)
        yield f"Measured before, on {cpu}: {names}.\n"


def _table(kind: str, titles: str, row: str, parts: dict[str, Any]) -> Iterator[str]:
    """Give the lines of a table: a row for each part of a kind."""
    rows = [
        row.format(name=each, **parts[each]) for each in PARTS if kind in each and each in parts
    ]
    if rows:
        yield from (titles, "|---" * (titles.count("|") - 1) + "|", *rows, "")


TABLES = (
    (
        " answers",
        "| who answers | calls | rank of the call by the real continuation | by the answer "
        "| by chance | of the way from chance to the real one |",
        "| {name} | {calls} | {real:.2f} | {model:.2f} | {chance:.1f} | {reached:.0%} |",
    ),
    (
        " follows",
        "| who follows | strikes | ms until the chord is known, p50, p99 | notes in the key "
        "| held-out music's |",
        "| {name} | {strikes} | {ms_p50:.1f}, {ms_p99:.1f} | {in_key:.1%} "
        "| {in_key_held_out:.1%} |",
    ),
    (
        "live, follow",
        "| on JACK, at 128 frames | strikes | chords | ms from the note to its chord, p50, p99 |",
        "| {name} | {strikes} | {chords} | {ms_p50:.1f}, {ms_p99:.1f} |",
    ),
    (
        "live at 120",
        "| on JACK, at 120 | bars | late | answers | ms their first notes are off at most |",
        "| {name} | {bars} | {late} | {answers} | {first_notes_off_ms:.2f} |",
    ),
)
"""The kind of part that each table is of, its titles, and its rows."""

PARTS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    **{
        f"{model} answers": lambda asked, model=model: answers(
            model, held_out(model, asked.data), asked.calls
        )
        for model in ANSWERING
    },
    **{
        f"{model} follows": lambda asked, model=model: followed(
            model, held_out(model, asked.data), asked.strikes
        )
        for model in FOLLOWING
    },
    "live, follow": lambda asked: followed_live(asked.strikes),
    **{
        f"live at 120, {mode}": lambda asked, mode=mode: answered_live(mode, asked.bars)
        for mode in CALLS
    },
}


def main() -> None:
    """Measure, and keep what was measured last of parts that are not asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", default=[""], help="parts of the names of parts")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--strikes", type=int, default=2000)
    parser.add_argument("--bars", type=int, default=1000)
    asked = parser.parse_args()
    path = RESULTS / "jam.json"
    parts = json.loads(path.read_text())["parts"] if path.is_file() else {}
    for name, part in PARTS.items():
        if not any(each in name for each in asked.only):
            continue
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        machine = describe("daw-bridge", "numpy")
        parts[name] = {**part(asked), "machine": machine}
        ordered = {each: parts[each] for each in PARTS if each in parts}
        record("jam", {"machine": machine, "parts": ordered}, table(parts, machine))


if __name__ == "__main__":
    main()
