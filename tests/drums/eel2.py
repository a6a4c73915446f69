"""So much of EEL2, the language of REAPER's effects, as the drum remap is written in."""

from __future__ import annotations

import operator
import re
from collections import defaultdict, deque
from collections.abc import Callable

_TOKEN = re.compile(r'"[^"]*"|\w+|[+=!<>]=|&&|\|\||[-+*/&=<>?:()\[\],;]')

_OPERATORS: list[dict[str, Callable[[float, float], float]]] = [
    {"||": lambda a, b: int(bool(a) or bool(b))},
    {"&&": lambda a, b: int(bool(a) and bool(b))},
    {
        "==": lambda a, b: int(abs(a - b) < 0.00001),
        "!=": lambda a, b: int(abs(a - b) >= 0.00001),
        "<=": lambda a, b: int(a <= b),
        ">=": lambda a, b: int(a >= b),
        "<": lambda a, b: int(a < b),
        ">": lambda a, b: int(a > b),
    },
    {"&": lambda a, b: int(a) & int(b)},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul},
]
"""From the loosest to the tightest."""


class Parser:
    """Read tokens into nested tuples, whose first item says what they are."""

    def __init__(self, source: str) -> None:
        self._tokens = deque(_TOKEN.findall(re.sub(r"//.*", "", source)))
        assert "".join(self._tokens) == re.sub(r"//.*|\s", "", source).replace(" ", "")

    def block(self) -> tuple:
        """Read statements up to what closes them."""
        statements = []
        while self._next not in (")", ",", ""):
            if self._take(";"):
                continue
            statements.append(self._statement())
        return ("block", statements)

    @property
    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, token: str) -> bool:
        return self._next == token and bool(self._tokens.popleft())

    def _need(self, token: str) -> None:
        assert self._take(token), f"expected {token}, found {self._next}"

    def _statement(self) -> tuple:
        if not self._take("function"):
            return self._expression()
        name = self._tokens.popleft()
        parameters = self._names()
        own = self._names() if self._take("local") else []
        self._need("(")
        body = self.block()
        self._need(")")
        return ("function", name, parameters, own, body)

    def _names(self) -> list[str]:
        self._need("(")
        names = []
        while not self._take(")"):
            names.append(self._tokens.popleft())
            self._take(",")
        return names

    def _expression(self) -> tuple:
        left = self._chosen()
        if self._take("="):
            return ("set", left, self._expression())
        if self._take("+="):
            return ("set", left, ("+", left, self._expression()))
        return left

    def _chosen(self) -> tuple:
        condition = self._binary(0)
        if not self._take("?"):
            return condition
        then = self._expression()
        return ("if", condition, then, self._expression() if self._take(":") else ("number", 0))

    def _binary(self, level: int) -> tuple:
        if level == len(_OPERATORS):
            return self._indexed()
        left = self._binary(level + 1)
        while self._next in _OPERATORS[level]:
            left = (self._tokens.popleft(), left, self._binary(level + 1))
        return left

    def _indexed(self) -> tuple:
        found = self._atom()
        while self._take("["):
            found = ("at", found, self._expression())
            self._need("]")
        return found

    def _atom(self) -> tuple:
        word = self._tokens.popleft()
        if word == "(":
            inside = self.block()
            self._need(")")
            return inside
        if word.isdecimal():
            return ("number", int(word))
        if word.startswith('"'):
            return ("number", word[1:-1])
        assert re.fullmatch(r"[A-Za-z_]\w*", word), word
        if not self._take("("):
            return ("name", word)
        arguments = []
        while not self._take(")"):
            arguments.append(self.block())
            self._take(",")
        if word == "while":
            self._need("(")
            arguments.append(self.block())
            self._need(")")
        return ("call", word, arguments)


class Effect:
    """Run an effect: `@init` once, then a block for each list of incoming messages."""

    def __init__(self, script: str) -> None:
        head, init, block = re.split(r"^@\w+$", script, flags=re.MULTILINE)
        self.names = defaultdict(int)
        for name, value in re.findall(r"^slider\d+:(\w+)=(\d+)<", head, re.MULTILINE):
            self.names[name] = int(value)
        self.memory = defaultdict(int)
        self.timed: list[tuple[int, tuple[int, int, int]]] = []
        self._functions: dict[str, tuple] = {}
        self._incoming: deque[tuple[int, tuple[int, int, int]]] = deque()
        self._began = 0
        self._block = Parser(block).block()
        self._value(Parser(init).block(), self.names)

    @property
    def sent(self) -> list[tuple[int, int, int]]:
        """The messages that were sent."""
        return [message for _, message in self.timed]

    def start(self, **sliders: int) -> None:
        """Forget what was sent and what is held, and set sliders."""
        self.names.update(sliders)
        self.timed.clear()
        self._began = 0
        for place in [place for place in self.memory if place >= self.names["became"]]:
            del self.memory[place]

    def play(self, *messages: tuple[int, int, int], **sliders: int) -> None:
        """Set sliders, then hand over messages of three bytes, all at the beginning of a block."""
        self.names.update(sliders)
        self.play_block(*((0, message) for message in messages))

    def play_block(self, *timed: tuple[int, tuple[int, int, int]], length: int = 1) -> None:
        """Hand over messages at frames of a block, and add what is sent, with its frame."""
        self._incoming.extend(timed)
        self._value(self._block, self.names)
        self._began += length

    def call(self, name: str, *values: float) -> float:
        """Return what a function of the effect gives."""
        return self._call(name, [("number", value) for value in values], self.names)

    def _value(self, node: tuple, names: dict) -> float:  # noqa: PLR0911
        match node:
            case ("number", value):
                return value
            case ("name", name):
                return (names if name in names else self.names)[name]
            case ("block", statements):
                return [0, *(self._value(each, names) for each in statements)][-1]
            case ("at", base, index):
                return self.memory[self._value(base, names) + self._value(index, names)]
            case ("set", target, source):
                return self._set(target, self._value(source, names), names)
            case ("if", condition, then, other):
                return self._value(then if self._value(condition, names) else other, names)
            case ("function", name, *rest):
                self._functions[name] = tuple(rest)
                return 0
            case ("call", name, arguments):
                return self._call(name, arguments, names)
            case (sign, left, right):
                apply = next(level[sign] for level in _OPERATORS if sign in level)
                return apply(self._value(left, names), self._value(right, names))
        raise AssertionError(node)

    def _set(self, target: tuple, value: float, names: dict) -> float:
        match target:
            case ("block", [inside]):
                return self._set(inside, value, names)
            case ("at", base, index):
                self.memory[self._value(base, names) + self._value(index, names)] = value
            case ("name", name):
                (names if name in names else self.names)[name] = value
        return value

    def _call(self, name: str, arguments: list[tuple], names: dict) -> float:  # noqa: PLR0911
        if name == "loop":
            for _ in range(self._value(arguments[0], names)):
                self._value(arguments[1], names)
            return 0
        if name == "while":
            while self._value(arguments[0], names):
                self._value(arguments[1], names)
            return 0
        if name == "midirecv":
            if not self._incoming:
                return 0
            at, message = self._incoming.popleft()
            for target, value in zip(arguments, (at, *message), strict=True):
                self._set(target, value, names)
            return 1
        values = [self._value(each, names) for each in arguments]
        if name == "midisend":
            self.timed.append((self._began + values[0], (values[1], values[2], values[3])))
            return 0
        if name == "str_getchar":
            return ord(values[0][values[1]])
        parameters, own, body = self._functions[name]
        inside = dict(zip(parameters, values, strict=True)) | dict.fromkeys(own, 0)
        return self._value(body, inside)
