"""`daw-bridge doctor`: what a jam needs of this machine, and what to do where it is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from daw_bridge.daemon.checkup import CheckUp

MARKS = {"well": "  ", "mind": "? ", "stops": "! "}
"""What stands before a finding of each level."""


@click.command(epilog="Example: daw-bridge doctor --json > report.json")
@click.option("--json", "as_json", is_flag=True, help="Print all figures, for a bug report.")
def doctor(*, as_json: bool) -> int:
    """Look at MIDI, ports, timing and models here, and say what to do.

    Exit code 1 where something is found that stops a jam. Takes some seconds, and sounds nowhere.
    Let the DAW play and send its clock meanwhile to have that measured too.
    """
    from daw_bridge.cli.progress import StepsShown  # noqa: PLC0415
    from daw_bridge.daemon.checkup import check_up  # noqa: PLC0415

    with StepsShown("checks") as shown:
        seen = check_up(shown.show)
    click.echo(json.dumps(report(seen), indent=2) if as_json else "\n".join(table(seen)))
    return 0 if seen.well else 1


def report(seen: CheckUp) -> dict[str, Any]:
    """Return all that was found as plain data; no path of this machine is in it."""
    return {
        "well": seen.well,
        "machine": seen.machine,
        "realtime": seen.realtime,
        "jack": seen.jack and asdict(seen.jack),
        "ports": [asdict(port) for port in seen.ports],
        "loops": {name: asdict(loop) for name, loop in seen.loops.items()},
        "clocks": [asdict(clock) for clock in seen.clocks],
        "models": [
            {**asdict(model), "safe_qpm": model.safe_qpm, "ahead": model.ahead}
            for model in seen.models
        ],
        "findings": [asdict(finding) for finding in seen.findings],
    }


def table(seen: CheckUp) -> Iterator[str]:
    """Yield a line for each finding, one more for what to do, and the ports."""
    yield ", ".join(f"{name} {value}" for name, value in seen.machine.items())
    wide = max(len(each.about) for each in seen.findings)
    for each in seen.findings:
        yield f"{MARKS[each.level]}{each.about:{wide}}  {each.found}"
        if each.do:
            yield f"{'':{wide + 4}}-> {each.do}"
    for port in seen.ports:
        way = "play into" if port.direction == "out" else "listen to"
        yield f"  {way} {port.name}  ({port.backend})"
    yield "a jam can play here" if seen.well else "what is marked with ! stops a jam"
