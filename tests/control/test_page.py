"""The page on control lists what there is."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_has_the_names_of_the_table():
    script = runpy.run_path(str(DOCS / "write_control.py"))
    text = (DOCS / "control.md").read_text(encoding="utf-8")
    assert text == script["page"](text), "run python docs/write_control.py"
    assert "| `temperature` |" in text
