"""Sections of a card stand once, whatever stands around them."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.evaluation.card import add_section
from daw_bridge.policies.card import FILE_NAME

CARD = "---\nname: x\n---\n\n# x\n\n## Evaluation\n\nwords\n"


def test_a_section_takes_the_place_of_its_former_self(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(CARD)
    add_section(tmp_path, "Ablation", "old\n")
    assert path.read_text() == f"{CARD}\n## Ablation\n\nold\n"
    path.write_text(f"{path.read_text()}\n## Notes\n\nby hand\n")
    add_section(tmp_path, "Ablation", "new\n")
    assert path.read_text() == f"{CARD}\n## Ablation\n\nnew\n\n## Notes\n\nby hand\n"
