"""Write the names of `daw-bridge ctl` into docs/control.md, from the one table that there is.

python docs/write_control.py
"""

from __future__ import annotations

from pathlib import Path

from daw_bridge.control.names import table

PAGE = Path(__file__).with_name("control.md")
BEGIN, END = "<!-- names -->\n", "<!-- end of names -->\n"


def names() -> str:
    """Write every name as a row: its value, when it acts, and what it does."""
    rows = ["| name | value | acts | |\n", "|---|---|---|---|\n"]
    for each in table().values():
        form = each.form().replace("|", "\\|") or "-"
        at = " or ".join(each.at)
        rows.append(f"| `{each.name}` | {form} | {at} | {each.help} |\n")
    return "".join(rows)


def page(text: str) -> str:
    """Return the page with the names as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{names()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
