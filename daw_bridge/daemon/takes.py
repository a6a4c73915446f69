"""Takes: several files from one model, each from its own seed, and the manifest of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from daw_bridge.config.jam import LIVE, JamFile
from daw_bridge.daemon.best import OF_CHOICE, best_take, chosen_by
from daw_bridge.daemon.loading import policy_of
from daw_bridge.daemon.recording import write_take
from daw_bridge.daemon.settings import Ready
from daw_bridge.errors import UserError
from daw_bridge.files import open_regular, whole
from daw_bridge.jam.events import Watcher
from daw_bridge.policies.card import Card

MANIFEST = "manifest.jsonl"
_LONGEST_LINE = 1 << 20


def write_takes(jam: Ready, count: int, out: Path, watcher: Watcher) -> list[Path]:
    """Write `count` files, each whole or not at all, and after all of them the manifest.

    Each is the best of as many seeds as the jam asks for.

    Raises:
        UserError: the model cannot be loaded, or a file cannot be written.
    """
    policy = policy_of(jam.folder, jam.file.rl_mix)
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
        file = jam.file.model_copy(update={"seed": jam.file.seed + i * jam.file.best_of})
        path = out / f"{name}-{i + 1:04d}.mid"
        chosen = best_take(policy, replace(jam, file=file), watcher)
        write_take(chosen.lines, path, name)
        written.append(path)
        lines.append(manifest_line(path, chosen.jam.file, policy.card, **chosen_by(jam.file)))
    with whole(out / MANIFEST) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
    return written


def _is_of_takes(manifest: Path) -> bool:
    """Whether a manifest is one that `manifest_line` wrote, or empty."""
    with open_regular(manifest, "a manifest") as file:
        line = file.readline(_LONGEST_LINE)
    try:
        said = json.loads(line) if line else {"model_hash": ""}
        return "model_hash" in said and "state" not in said  # of rendered tracks, both
    except (ValueError, TypeError):
        return False


def manifest_line(path: Path, file: JamFile, card: Card, **chosen: Any) -> str:
    """Return all that makes a take again, and how it was `chosen`, as one line of JSON."""
    settings = file.model_dump(mode="json", exclude={"model", "seed", "backend", *OF_CHOICE, *LIVE})
    facts = {
        "file": path.name,
        "seed": file.seed,
        "model": card.name,
        "model_hash": card.sha256,
        "settings": {name: value for name, value in settings.items() if value not in (None, {})},
        **chosen,
    }
    return json.dumps(facts, ensure_ascii=False) + "\n"
