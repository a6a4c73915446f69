"""A pack of loops on disk: which of it can be combined, and new loops with their manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from daw_bridge.drums.loop_combine import TRAIN, VALID, Combination
from daw_bridge.drums.loop_names import name_loop, path_names
from daw_bridge.drums.loop_parts import Part, misfits, pack_of
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.files import read_bounded, whole
from daw_bridge.midi import files
from daw_bridge.midi.files import Score

MANIFEST = "manifest.jsonl"

_LARGEST_MANIFEST = 1 << 28
"""Of a former run, in bytes."""

_LOOP = re.compile(rf'"file": "((?:(?:{TRAIN}|{VALID}|validation)/)?loop_\d+\.mid)"')
"""Where a manifest names one of our own files; `validation` is what `valid` was called."""


def parts_in(
    folder: Path, scores: Mapping[Path, Score], n_bars: int, *, skip: bool
) -> tuple[list[Part], dict[str, str]]:
    """Return the parts of a pack that fit together, and what is left out and why.

    Raises:
        UserError: all loops are of another length.
        UserErrors: some are wrong, and not to be skipped; a line for each.
    """
    pack = pack_of(
        (path.relative_to(folder).as_posix(), name_loop(path_names(folder, path)).drum, score)
        for path, score in scores.items()
    )
    lengths = {part.n_bars for part in pack.parts}
    if len(lengths) == 1 and n_bars not in lengths:
        raise UserError(f"loops of {n_bars} bars", f"{min(lengths)} in each", "say so with --bars")
    unfit = misfits(pack.parts, n_bars)
    if (pack.wrong or unfit) and not skip:
        mend = "let `drums standardise` set them"
        lines = {name: f"{why}: {mend}" for name, why in pack.wrong.items()}
        lines |= {name: f"{why}: mend it" for name, why in unfit.items()}
        raise UserErrors(f"{folder / name}: {lines[name]}, or --skip" for name in sorted(lines))
    left_out = {**pack.wrong, **unfit, **pack.unused}
    return [part for part in pack.parts if part.name not in unfit], left_out


def file_names(loops: Iterable[Combination]) -> list[str]:
    """Return where each loop goes in its folder."""
    return [
        f"{loop.split}/loop_{number:05d}.mid" if loop.split else f"loop_{number:05d}.mid"
        for number, loop in enumerate(loops, 1)
    ]


def write_loops(
    loops: Mapping[str, Combination], out: Path, settings: Mapping[str, object]
) -> None:
    """Write the manifest, then the loops: a run that breaks off is known to the next, as former.

    The loops of a former run are removed, or one of its parts might be in both splits.

    Raises:
        UserError: something cannot be removed or written.
    """
    _remove_former(out / MANIFEST)
    with whole(out / MANIFEST) as temporary:
        temporary.write_text(manifest_of(loops, settings), encoding="utf-8")
    for name, loop in loops.items():
        path = out / name
        files.write(
            path,
            loop.events(),
            tempo_qpm=loop.tempo_qpm,
            meter=loop.meter,
            name=path.stem,
            length=loop.length,
        )


def manifest_of(loops: Mapping[str, Combination], settings: Mapping[str, object]) -> str:
    """Say of each loop, by the name of its file, which parts made it and how: a line of JSON."""
    lines = []
    for file, loop in loops.items():
        line: dict[str, object] = {"file": file}
        if loop.split:
            line["split"] = loop.split
        line["parts"] = {part.role: part.name for part in loop.parts}
        line |= {"bpm": round(loop.tempo_qpm, 3), "meter": str(loop.meter), **settings}
        lines.append(json.dumps(line))
    return "\n".join([*lines, ""])


def named_in(manifest: str) -> list[str]:
    """Return the files of ours that a manifest names, whatever else it holds."""
    return _LOOP.findall(manifest)


def _remove_former(manifest: Path) -> None:
    if not manifest.exists():
        return
    raw = read_bounded(manifest, _LARGEST_MANIFEST, "a manifest")
    try:
        for name in named_in(raw.decode(errors="replace")):
            (manifest.parent / name).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            "to remove a former run's loops", f"{error.filename} ({error.strerror})", "move it"
        ) from error
