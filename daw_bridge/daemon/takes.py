"""Takes: several files from one model, each from its own seed, and the manifest of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import performance
from daw_bridge.daemon.recording import Take
from daw_bridge.daemon.settings import jam_of, need_bars
from daw_bridge.daemon.source import bars_of
from daw_bridge.errors import UserError
from daw_bridge.files import open_regular, whole
from daw_bridge.jam.events import Sounded, Watcher, nobody
from daw_bridge.midi import files
from daw_bridge.music.time import Ticks
from daw_bridge.policies.card import Card
from daw_bridge.policies.load import load
from daw_bridge.policies.policy import Policy

MANIFEST = "manifest.jsonl"
_LONGEST_LINE = 1 << 20


def write_takes(folder: Path, file: JamFile, count: int, out: Path, watcher: Watcher) -> list[Path]:
    """Write `count` files, each whole or not at all, and after all of them the manifest.

    Raises:
        UserError: the model cannot be loaded, or a file cannot be written.
    """
    policy = load(folder)
    try:  # the manifest of a former run would tell lies about the files of this one
        if (out / MANIFEST).exists() and not _is_of_takes(out / MANIFEST):
            raise UserError(
                "a folder without another command's manifest",
                f"one in {out / MANIFEST}",
                "name another folder",
            )
        (out / MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"to replace {out / MANIFEST}", str(error.strerror), "name another folder"
        ) from error
    bars, name = need_bars(file), folder.resolve().name
    written, lines = [], []
    for i in range(count):
        take = file.model_copy(update={"seed": file.seed + i})
        path = out / f"{name}-{i + 1:04d}.mid"
        write_take(perform(policy, take, watcher), path, take, bars, name)
        written.append(path)
        lines.append(manifest_line(path, take, policy.card))
    with whole(out / MANIFEST) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
    return written


def perform(policy: Policy, file: JamFile, watcher: Watcher = nobody) -> list[Sounded]:
    """Play a jam in virtual time; return what was heard."""
    take = Take()
    performance.perform(jam_of(file), bars_of(policy, file), [take, watcher])
    return take.heard


def write_take(heard: Iterable[Sounded], path: Path, file: JamFile, bars: int, name: str) -> None:
    """Write what was played as a MIDI file of whole bars.

    Raises:
        UserError: it cannot be written.
    """
    files.write(
        path,
        ((each.tick, each.data) for each in heard),
        tempo_qpm=file.bpm,
        meter=file.meter,
        name=name,
        length=Ticks(bars * file.meter.bar_length()),
    )


def _is_of_takes(manifest: Path) -> bool:
    """Whether a manifest is one that `manifest_line` wrote, or empty."""
    with open_regular(manifest, "a manifest") as file:
        line = file.readline(_LONGEST_LINE)
    try:
        return not line or "model_hash" in json.loads(line)
    except (ValueError, TypeError):
        return False


def manifest_line(path: Path, file: JamFile, card: Card) -> str:
    """Return all that makes a take again, as one line of JSON."""
    settings = file.model_dump(mode="json", exclude={"model", "seed", "backend", "port", "late"})
    facts = {
        "file": path.name,
        "seed": file.seed,
        "model": card.name,
        "model_hash": card.sha256,
        "settings": {name: value for name, value in settings.items() if value not in (None, {})},
    }
    return json.dumps(facts, ensure_ascii=False) + "\n"
