"""Knobs, pads and pedals: what they are learnt to set, and what their messages then say.

Pure: messages and the state of settings come in, names and values go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from daw_bridge.config.learnt import KINDS, LearntFile
from daw_bridge.control.moved import FINEST, Control, Moved, Parameters, shown
from daw_bridge.control.names import Name, find
from daw_bridge.control.values import Setting
from daw_bridge.errors import UserError
from daw_bridge.jam.prepared import Value

PRESSED = 64
"""From this value on a pedal or a button is pressed."""

NEAR = 2
"""How near a knob must come to where a setting is, in steps, to take it over."""

FINE = 32
"""The CC of this much more than one below it has the finer half of a knob of 14 bits."""


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

    def nudge(self, by: int, current: Value) -> Value | None:
        """Return the value that a step up or down from where the setting is makes of it."""
        assert self.name.setting is not None  # noqa: S101  # it is `turned`
        found = self.name.setting.stepped(current, by)
        self.step = self.name.setting.to_knob(found)
        return None if found == current else found

    def press(self, moved: Moved) -> bool:
        """Whether a button or a pad has just been pressed."""
        if moved.control.kind in ("note", "program"):
            return moved.value > 0
        if moved.how in ("up", "down"):
            return moved.how == "up"
        if moved.how == "finer":
            return False
        before, self.step = self.step, moved.value
        return moved.value >= PRESSED and (before is None or before < PRESSED)


Said = tuple[Name, Value]


class Learnt:
    """All controls that are learnt, and which is to be learnt next."""

    def __init__(self, learnt: Iterable[LearntFile] = ()) -> None:
        self._bound: dict[Control, _Bound] = {}
        self._next: tuple[Name, Value] | None = None
        self._parameters = Parameters()
        for each in learnt:
            self._bind(_control_of(each), find(each.name), each.value)

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
        moved = self._moved(data)
        if moved is None or self._next is not None:
            return []
        found = list[Said]()
        control = moved.control
        for each in (control, Control(control.kind, control.channel, None)):
            bound = self._bound.get(each)
            if bound is not None and (said := _said(bound, moved, current)):
                found.append(said)
        return found

    def takes(self, data: bytes) -> tuple[Name, Control] | None:
        """Learn a control from its message, where one is to be learnt; return what it sets.

        Raises:
            UserError: the control is taken, by another name; nothing is learnt.
        """
        moved = self._moved(data)
        if moved is None or self._next is None:
            return None
        control = moved.control
        if control.kind == "note" and (moved.value == 0 or _is_number(*self._next)):
            return None  # a pad that is let go, or a player who goes on playing
        (name, value), self._next = self._next, None
        if control.kind == "program" and value is None and name.setting is not None:
            control = Control("program", control.channel, None)
        taken = self._bound.get(control)
        if taken is not None and taken.name.name != name.name:
            other = taken.name.name
            do = f"move another, or first ctl forget {other}"
            raise UserError("a control that sets nothing yet", f"{control}: {other}", do)
        self._bind(control, name, value)
        if moved.how == "to":  # it is where the knob is now
            self._bound[control].step = self._bound[control].coarse = moved.value
        return name, control

    def changed(self, name: str, value: Value) -> list[bytes]:
        """Take in that a setting has changed; return what shows that on controllers.

        A knob that has not changed it lets go: it has it in hand again where it is moved there.
        """
        messages = list[bytes]()
        for control, bound in self._bound.items():
            if bound.name.name != name or bound.name.setting is None or not bound.turned:
                continue
            step = bound.name.setting.to_knob(value)
            if step is None:
                continue
            bound.in_hand &= any(abs(step - ours) <= 1 for ours in bound.ours)
            if control.number is not None:
                messages += shown(control, step)
        return messages

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

    def _moved(self, data: bytes) -> Moved | None:
        """Return what a message moves: of what is learnt, or is still to be."""
        plain = self._parameters.heard(data, plain=True)
        if plain is None or plain.control in self._bound:
            return plain
        moved = self._parameters.heard(data)
        if moved is None or moved.control.kind != "cc" or not FINE <= data[1] < 2 * FINE:
            return moved
        coarse = Control("cc", moved.control.channel, data[1] - FINE)
        bound = self._bound.get(coarse)
        if bound is None or not bound.turned or (self._next is not None and not bound.is_fine):
            return moved  # it is a control of its own
        return Moved(coarse, moved.value, "finer")

    def _bind(self, control: Control, name: Name, value: Value) -> None:
        self._bound[control] = _Bound(name, value)


def _is_number(name: Name, value: Value) -> bool:
    """Whether a name is turned like a knob, rather than pressed like a pad."""
    turned = value is None and name.setting is not None
    return turned and name.setting is not None and name.setting.field.kind in (int, float)


def _said(bound: _Bound, moved: Moved, current: Callable[[str], Value]) -> Said | None:
    """Return what a control that is moved says of what it sets."""
    name = bound.name
    if not bound.turned:
        return (name, bound.value) if bound.press(moved) else None
    assert name.setting is not None  # noqa: S101  # it is `turned`
    value: Value | None
    match moved.control.kind, moved.how:
        case "program", _:
            value = _of_program(name.setting, moved.control.number or 0)
        case "note", _:
            value = _of_note(name, moved.value, current)
        case _, ("up" | "down"):
            value = bound.nudge(1 if moved.how == "up" else -1, current(name.name))
        case _, "finer":
            value = bound.turn(bound.step_of(bound.coarse, moved.value), current(name.name))
        case _:
            value = bound.turn(bound.step_of(moved.value), current(name.name))
    return None if value is None else (name, value)


def _of_program(setting: Setting, number: int) -> Value | None:
    """Return the choice, or the value, of a program; None: there are not so many choices."""
    if choices := setting.choices:
        return choices[number] if number < len(choices) else None
    return setting.of_knob(number)


def _of_note(name: Name, velocity: int, current: Callable[[str], Value]) -> Value | None:
    """Return the value that a pad sets: the other one of on and off; None: it is let go."""
    assert name.setting is not None  # noqa: S101  # it is `turned`
    if velocity == 0:
        return None
    if name.setting.field.kind is bool:
        return not current(name.name)
    return name.setting.of_knob(velocity)


def _control_of(each: LearntFile) -> Control:
    """Return the control of an entry of a preset."""
    for kind in KINDS:
        if (number := getattr(each, kind)) is not None:
            return Control(kind, each.channel - 1, number)
    return Control("program", each.channel - 1, None)
