"""Takes: several files from one model, each from its own seed, and the manifest of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from daw_bridge.config.jam import LIVE, JamFile
from daw_bridge.daemon import opening
from daw_bridge.daemon.recording import Line, Take, write_take
from daw_bridge.daemon.settings import Ready, jam_of, need_bars
from daw_bridge.daemon.source import bars_of
from daw_bridge.errors import UserError
from daw_bridge.files import open_regular, whole
from daw_bridge.jam.events import Watcher, nobody
from daw_bridge.policies.card import Card
from daw_bridge.policies.load import load
from daw_bridge.policies.policy import Policy

MANIFEST = "manifest.jsonl"
_LONGEST_LINE = 1 << 20


def write_takes(jam: Ready, count: int, out: Path, watcher: Watcher) -> list[Path]:
    """Write `count` files, each whole or not at all, and after all of them the manifest.

    Raises:
        UserError: the model cannot be loaded, or a file cannot be written.
    """
    policy = load(jam.folder)
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
    name = jam.folder.resolve().name
    written, lines = [], []
    for i in range(count):
        file = jam.file.model_copy(update={"seed": jam.file.seed + i})
        path = out / f"{name}-{i + 1:04d}.mid"
        write_take(perform(policy, replace(jam, file=file), watcher), path, name)
        written.append(path)
        lines.append(manifest_line(path, file, policy.card))
    with whole(out / MANIFEST) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
    return written


def perform(policy: Policy, jam: Ready, watcher: Watcher = nobody) -> list[Line]:
    """Play a jam in virtual time; return what was heard.

    Raises:
        UserError: it has no end, or the model cannot play it.
    """
    need_bars(jam)
    take = Take()
    opening.perform(jam_of(jam), bars_of(policy, jam.file, jam.primer), [take, watcher])
    return take.lines


def _is_of_takes(manifest: Path) -> bool:
    """Whether a manifest is one that `manifest_line` wrote, or empty."""
    with open_regular(manifest, "a manifest") as file:
        line = file.readline(_LONGEST_LINE)
    try:
        said = json.loads(line) if line else {"model_hash": ""}
        return "model_hash" in said and "state" not in said  # of rendered tracks, both
    except (ValueError, TypeError):
        return False


def manifest_line(path: Path, file: JamFile, card: Card) -> str:
    """Return all that makes a take again, as one line of JSON."""
    settings = file.model_dump(mode="json", exclude={"model", "seed", "backend", *LIVE})
    facts = {
        "file": path.name,
        "seed": file.seed,
        "model": card.name,
        "model_hash": card.sha256,
        "settings": {name: value for name, value in settings.items() if value not in (None, {})},
    }
    return json.dumps(facts, ensure_ascii=False) + "\n"
