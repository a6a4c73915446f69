"""The part of a jam that says how it takes turns with a player."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from daw_bridge.config.schema import Flag, Schema
from daw_bridge.jam.metronome import METRONOME
from daw_bridge.jam.modes import LONGEST_PHRASE, PHRASE, Clicks
from daw_bridge.ports.backend import NOTES, PLAYED, STATE, SYNC, TO

AUTO = "auto"
"""A turn of the player that lasts until he falls silent."""


def _phrase(value: Any) -> str:
    if value == AUTO:
        return AUTO
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 1 <= int(text) <= LONGEST_PHRASE:
        raise ValueError(f"expected {AUTO}, or bars from 1 to {LONGEST_PHRASE}, found {text[:40]}")
    return text


def _output(port: str) -> str:
    if port in (PLAYED, SYNC, STATE):
        raise ValueError(f"expected a port to play to, such as {NOTES}, found {port}: name another")
    if ":" in port and not port.startswith(TO):
        raise ValueError(f"expected a name for a port of ours, found {port!r}: say {TO}{port}")
    if not port.isprintable() or not port.removeprefix(TO).strip():
        raise ValueError(f"expected a name of a port, found {port!r}: name another")
    return port


OutputName = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_output)]
"""An output of ours; `to Synth` is connected to the one port of others whose name contains that."""

if TYPE_CHECKING:
    ClicksName = str
else:
    ClicksName = Annotated[
        Literal[tuple(each.value for each in Clicks)],
        BeforeValidator(lambda value: Clicks.OFF.value if value is False else value),  # YAML's off
    ]


class TurnsFile(Schema):
    """How a jam takes turns with a player, or with another policy; which mode it is, the jam says.

    `metronome_port` names the output for clicks, which is opened where they are to be heard;
    `metronome_channel` is 1..16.
    """

    bars: Annotated[str, PlainValidator(_phrase), Flag("turn-bars")] = Field(
        default=str(PHRASE),
        description="The bars of a turn, or of a loop; auto: until the player falls silent.",
    )
    count_in: int = Field(
        default=1, ge=0, le=8, description="How many bars are counted before the first turn."
    )
    metronome: ClicksName = Field(
        default=Clicks.COUNT_IN.value, description="When a metronome clicks, on a port of its own."
    )
    metronome_port: OutputName = METRONOME
    metronome_channel: Annotated[int, Field(title="a channel", ge=1, le=16)] = 10
    other: Annotated[str | None, Flag("trade-with", "jam")] = Field(
        default=None,
        description="The jam preset that takes the other turns of a trade; absent: the same, at "
        "another seed.",
    )
