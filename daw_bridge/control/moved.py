"""What a message of a controller says: which control was moved, and how.

Pure but for the parameter that each channel has selected: of an NRPN or RPN the number comes before
its values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daw_bridge.config.learnt import Kind
from daw_bridge.midi.messages import CONTROL_CHANGE, MODE, NOTE_ON, control_change

PROGRAM_CHANGE = 0xC0

SELECTS: dict[int, tuple[Literal["nrpn", "rpn"], int]] = {
    99: ("nrpn", 7),
    98: ("nrpn", 0),
    101: ("rpn", 7),
    100: ("rpn", 0),
}
"""The CCs that select a parameter: of which kind, and where in its number their value stands."""

NONE_SELECTED = (1 << 14) - 1
"""The number that selects none."""

DATA: dict[int, How] = {6: "to", 38: "finer", 96: "up", 97: "down"}
"""The CCs that move the parameter which is selected, and how."""

FINEST = (1 << 14) - 1
"""The highest value of 14 bits."""

How = Literal["to", "finer", "up", "down"]
"""Whether a control goes to a value, tells the lower 7 bits of one, or goes a step up or down."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control: channel 0..15; `number` None: any program of the channel."""

    kind: Kind
    channel: int
    number: int | None

    def __str__(self) -> str:
        what = self.kind if self.kind in ("note", "program") else self.kind.upper()
        number = "s" if self.number is None else f" {self.number}"
        return f"{what}{number} on channel {self.channel + 1}"


@dataclass(frozen=True, slots=True)
class Moved:
    """A control that was moved, and the value of its message."""

    control: Control
    value: int
    how: How = "to"


class Parameters:
    """Messages of controllers, those of parameters with the number that was selected before."""

    def __init__(self) -> None:
        self._selected: dict[int, tuple[Literal["nrpn", "rpn"], int]] = {}

    def heard(self, data: bytes, *, plain: bool = False) -> Moved | None:
        """Return what a message moves; None: no control, or it selects a parameter.

        `plain`: a CC is a control of its own, whatever it says to parameters. The same message told
        twice says the same.
        """
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind == PROGRAM_CHANGE and len(data) == 2:
            return Moved(Control("program", channel, data[1]), 127)
        if len(data) != 3 or kind not in (NOTE_ON, CONTROL_CHANGE):
            return None
        number, value = data[1], data[2]
        if kind == NOTE_ON:
            return Moved(Control("note", channel, number), value)
        return self._of_cc(channel, number, value, plain=plain)

    def _of_cc(self, channel: int, number: int, value: int, *, plain: bool) -> Moved | None:
        if number >= MODE:
            return None  # it says something to a channel, as DAWs do at a start
        if number in SELECTS and not plain:
            self._select(channel, number, value)
            return None
        selected = self._selected.get(channel)
        if number in DATA and selected is not None and not plain:
            return Moved(Control(selected[0], channel, selected[1]), value, DATA[number])
        return Moved(Control("cc", channel, number), value)

    def _select(self, channel: int, number: int, value: int) -> None:
        """Take one half of the number of a parameter."""
        kind, shift = SELECTS[number]
        before = self._selected.pop(channel, (kind, 0))
        half = before[1] & ~(0x7F << shift) if before[0] == kind else 0
        found = half | value << shift
        if found != NONE_SELECTED:
            self._selected[channel] = kind, found


def shown(control: Control, step: int) -> list[bytes]:
    """Return what moves a fader, or lights a pad, to a step of 0 to 127."""
    assert control.number is not None  # noqa: S101  # it is one control
    channel, number = control.channel, control.number
    if control.kind == "note":
        return [bytes((NOTE_ON | channel, number, step))]
    if control.kind in ("cc", "program"):
        return [control_change(channel, number, step)]
    selects = [(cc, shift) for cc, (kind, shift) in SELECTS.items() if kind == control.kind]
    value = round(step * FINEST / 127)
    return [
        *(control_change(channel, cc, number >> shift & 0x7F) for cc, shift in selects),
        control_change(channel, 6, value >> 7),
        control_change(channel, 38, value & 0x7F),
    ]
