"""Knobs, pads and pedals: what they are learnt to set, and what their messages then say.

Pure: messages and the state of settings come in, names and values go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from daw_bridge.config.learnt import LearntFile
from daw_bridge.control.names import Name, find
from daw_bridge.errors import UserError
from daw_bridge.jam.prepared import Value
from daw_bridge.midi.messages import CONTROL_CHANGE, MODE, NOTE_ON, control_change

PROGRAM_CHANGE = 0xC0

PRESSED = 64
"""From this value on a pedal or a button is pressed."""

NEAR = 2
"""How near a knob must come to where a setting is, in steps, to take it over."""

FINE = 32
"""The CC of this much more than one below it has the finer half of a knob of 14 bits."""

FINEST = (1 << 14) - 1

Kind = Literal["cc", "note", "program"]


@dataclass(frozen=True, slots=True)
class Control:
    """One control: channel 0..15; `number` None: any program of the channel."""

    kind: Kind
    channel: int
    number: int | None

    def __str__(self) -> str:
        what = {"cc": "CC", "note": "note", "program": "program"}[self.kind]
        number = "s" if self.number is None else f" {self.number}"
        return f"{what}{number} on channel {self.channel + 1}"


@dataclass(slots=True)
class _Bound:
    """What a control sets; and of a knob where it is, and whether it has the setting in hand.

    `step` is 0 to 127, with fractions where the knob `is_fine`: of 14 bits, `coarse` the upper 7.
    """

    name: Name
    value: Value
    step: float | None = None
    in_hand: bool = False
    ours: set[float] = field(default_factory=set)
    coarse: int = 0
    is_fine: bool = False

    @property
    def turned(self) -> bool:
        """Whether what it is turned to counts, rather than that it is pressed."""
        return self.value is None and self.name.setting is not None

    def step_of(self, coarse: int, fine: int | None = None) -> float:
        """Return the step of a knob by what its messages say; `fine` None: it is not said yet."""
        self.coarse = coarse
        self.is_fine |= fine is not None
        return (coarse << 7 | (fine or 0)) * 127 / FINEST if self.is_fine else coarse

    def turn(self, step: float, current: Value) -> Value | None:
        """Return the value that a turn of the knob sets; None: it does not have it in hand yet.

        It takes over where the setting is: else that would jump as soon as the knob is touched.
        """
        assert self.name.setting is not None  # noqa: S101  # it is `turned`
        there, before = self.name.setting.to_knob(current), self.step
        self.step = step
        if not self.in_hand:
            near = there is None or abs(step - there) <= NEAR
            passed = there is not None and before is not None and before < there < step
            passed |= there is not None and before is not None and before > there > step
            if not (near or passed):
                return None
            self.in_hand, self.ours = True, set()
        self.ours.add(step)
        return self.name.setting.of_knob(step)

    def press(self, value: int) -> bool:
        """Whether a button has just been pressed, of which this is the value."""
        before, self.step = self.step, value
        return value >= PRESSED and (before is None or before < PRESSED)


Said = tuple[Name, Value]


class Learnt:
    """All controls that are learnt, and which is to be learnt next."""

    def __init__(self, learnt: Iterable[LearntFile] = ()) -> None:
        self._bound: dict[Control, _Bound] = {}
        self._next: tuple[Name, Value] | None = None
        for each in learnt:
            kind, number = _kind_of(each)
            self._bind(Control(kind, each.channel - 1, number), find(each.name), each.value)

    def learn(self, name: str, value: object = None) -> str:
        """Have the next control that is moved set this; return the name.

        Raises:
            UserError: there is none of that name, it takes no such value, or no knob can turn it.
        """
        found = find(name)
        given = None if value is None else found.value(value)
        if found.setting is not None and value is None and not found.setting.turns:
            do = f"give one: ctl learn {found.name} VALUE"
            raise UserError(f"a value for a control that sets {found.name}", "none", do)
        self._next = found, given
        return found.name

    def forget(self, name: str) -> str:
        """Let no control set this any more, and learn none for it; return the name.

        Raises:
            UserError: none does.
        """
        wanted = find(name).name
        waits = self._next is not None and self._next[0].name == wanted
        there = [each for each, bound in self._bound.items() if bound.name.name == wanted]
        if not there and not waits:
            raise UserError(f"a control that sets {wanted}", "none", f"ctl learn {wanted}")
        for each in there:
            del self._bound[each]
        self._next = None if waits else self._next
        return wanted

    def take(self, data: bytes, current: Callable[[str], Value]) -> list[Said]:
        """Return what a message says: names with their values; `current` gives what a name has now.

        A message that is to be learnt says nothing.
        """
        heard = _heard(data)
        if heard is None or self._next is not None:
            return []
        kind, channel, number, value = heard
        if (coarse := self._of_fine(kind, channel, number)) is not None:
            step = coarse.step_of(coarse.coarse, value)
            turned = coarse.turn(step, current(coarse.name.name))
            return [] if turned is None else [(coarse.name, turned)]
        found = list[Said]()
        for control in (Control(kind, channel, number), Control(kind, channel, None)):
            bound = self._bound.get(control)
            if bound is not None and (said := _said(bound, kind, number, value, current)):
                found.append(said)
        return found

    def takes(self, data: bytes) -> tuple[Name, Control] | None:
        """Learn a control from its message, where one is to be learnt; return what it sets.

        Raises:
            UserError: the control is taken, by another name; nothing is learnt.
        """
        heard = _heard(data)
        if heard is None or self._next is None:
            return None
        kind, channel, number, pressed = heard
        if kind == "note" and (pressed == 0 or _is_number(*self._next)):
            return None  # a pad that is let go, or a player who goes on playing
        (name, value), self._next = self._next, None
        knob = self._of_fine(kind, channel, number)
        number -= FINE if knob is not None and knob.is_fine else 0
        any_program = kind == "program" and value is None and name.setting is not None
        control = Control(kind, channel, None if any_program else number)
        taken = self._bound.get(control)
        if taken is not None and taken.name.name != name.name:
            other = taken.name.name
            do = f"move another, or first ctl forget {other}"
            raise UserError("a control that sets nothing yet", f"{control}: {other}", do)
        self._bind(control, name, value)
        self._bound[control].step = self._bound[control].coarse = pressed  # where the knob is now
        return name, control

    def changed(self, name: str, value: Value) -> list[bytes]:
        """Take in that a setting has changed; return what shows that on controllers.

        A knob that has not changed it lets go: it has it in hand again where it is moved there.
        """
        shown = list[bytes]()
        for control, bound in self._bound.items():
            if bound.name.name != name or bound.name.setting is None or not bound.turned:
                continue
            step = bound.name.setting.to_knob(value)
            if step is None:
                continue
            bound.in_hand &= any(abs(step - ours) <= 1 for ours in bound.ours)
            if control.number is not None:
                shown.append(_show(control, step))
        return shown

    def files(self) -> list[LearntFile]:
        """Return all that is learnt, as a preset has it."""
        return [
            LearntFile(
                name=bound.name.name,
                channel=control.channel + 1,
                value=bound.value,
                **({} if control.number is None else {control.kind: control.number}),
            )
            for control, bound in self._bound.items()
        ]

    def listed(self) -> dict[str, str]:
        """Return each control as text, and the name that it sets."""
        return {str(control): bound.name.name for control, bound in self._bound.items()}

    def _of_fine(self, kind: Kind, channel: int, number: int) -> _Bound | None:
        """Return the knob of which a CC is the finer half; None: it is a control of its own."""
        if (
            kind != "cc"
            or not FINE <= number < 2 * FINE
            or Control(kind, channel, number) in self._bound
        ):
            return None
        bound = self._bound.get(Control(kind, channel, number - FINE))
        return bound if bound is not None and bound.turned else None

    def _bind(self, control: Control, name: Name, value: Value) -> None:
        self._bound[control] = _Bound(name, value)


def _is_number(name: Name, value: Value) -> bool:
    """Whether a name is turned like a knob, rather than pressed like a pad."""
    turned = value is None and name.setting is not None
    return turned and name.setting is not None and name.setting.field.kind in (int, float)


def _said(  # noqa: PLR0911  # a kind of control each
    bound: _Bound, kind: Kind, number: int, value: int, current: Callable[[str], Value]
) -> Said | None:
    """Return what a message of a control says of what the control sets."""
    name = bound.name
    if not bound.turned:
        pressed = value > 0 if kind != "cc" else bound.press(value)
        return (name, bound.value) if pressed else None
    assert name.setting is not None  # noqa: S101  # it is `turned`
    if kind == "cc":
        turned = bound.turn(bound.step_of(value), current(name.name))
        return None if turned is None else (name, turned)
    if kind == "program":
        choices = name.setting.choices
        if choices:
            return (name, choices[number]) if number < len(choices) else None
        return name, name.setting.of_knob(number)
    if value == 0:
        return None
    if name.setting.field.kind is bool:
        return name, not current(name.name)
    return name, name.setting.of_knob(value)


def _heard(data: bytes) -> tuple[Kind, int, int, int] | None:
    """Return the kind, channel, number and value of a message of a control; None: it is none."""
    kind, channel = data[0] & 0xF0, data[0] & 0x0F
    if kind == PROGRAM_CHANGE and len(data) == 2:
        return "program", channel, data[1], 127
    if len(data) != 3:
        return None
    if kind == CONTROL_CHANGE:  # from MODE on it says something to a channel, as DAWs do at a start
        return ("cc", channel, data[1], data[2]) if data[1] < MODE else None
    return ("note", channel, data[1], data[2]) if kind == NOTE_ON else None


def _show(control: Control, step: int) -> bytes:
    """Return what moves a fader, or lights a pad, to a step."""
    assert control.number is not None  # noqa: S101  # it is one control
    if control.kind == "note":
        return bytes((NOTE_ON | control.channel, control.number, step))
    return control_change(control.channel, control.number, step)


def _kind_of(each: LearntFile) -> tuple[Kind, int | None]:
    if each.cc is not None:
        return "cc", each.cc
    return ("note", each.note) if each.note is not None else ("program", each.program)
