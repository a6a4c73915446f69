"""OSC: names as addresses, malformed packets, and a second implementation at the other end."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from daw_bridge.control.desk import Desk
from daw_bridge.control.names import table
from daw_bridge.control.osc import MOST_WATCHING, Osc, address_of, addresses, told_by
from daw_bridge.control.osc_packets import LONGEST, Message, messages_of, packet_of
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Change, Command, Inbox, Panic, SetTempo
from daw_bridge.jam.events import Changed, Moved, Placed, Refused, Stopped, Tempo
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks


@pytest.fixture
def osc(desk: Desk) -> Iterator[Osc]:
    with closing(Osc(desk, 0)) as osc:
        desk.listen(osc)
        yield osc


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(10)
        yield peer


def say(peer: socket.socket, osc: Osc, packet: bytes) -> None:
    peer.sendto(packet, ("127.0.0.1", osc.port))


def heard(peer: socket.socket) -> Message:
    (message,) = messages_of(peer.recv(1 << 16))
    return message


def heard_until(peer: socket.socket, address: str) -> Message:
    while (message := heard(peer)).address != address:
        pass
    return message


@pytest.mark.parametrize(
    ("address", "arguments", "command"),
    [
        ("/temperature", (0.5,), Change((("temperature", 0.5),))),
        ("/temperature", (1,), Change((("temperature", 1.0),))),
        ("/top_p", ("0.25",), Change((("top_p", 0.25),))),
        ("/tempo", (90.0,), SetTempo(90.0)),
        ("/tempo", (90.0, "bar"), SetTempo(90.0, "bar")),
        ("/range", (48, 72), Change((("range", (48, 72)),))),
        ("/mute", ("kick", "snare"), Change((("mute", ("kick", "snare")),))),
        ("/mute", ("",), Change((("mute", ()),))),
        ("/density", (None,), Change((("density", None),))),
        ("/parallels", (False,), Change((("parallels", False),))),
        ("/parallels", (1.0,), Change((("parallels", True),))),
        ("/condition/style", ("funk",), Change((("conditions.style", "funk"),))),
        ("/voice/0/channel", (3,), Change((("voices.0.channel", 3),))),
        ("/panic", (), Panic()),
        ("/panic", (1.0,), Panic()),
        ("/panic", (True,), Panic()),
        ("/panic", (0.0,), None),
        ("/panic", (False,), None),
    ],
)
def test_an_address_and_its_arguments_make_a_command(
    address: str, arguments: tuple[object, ...], command: Command | None
) -> None:
    packet = packet_of(address, *arguments)  # type: ignore[arg-type]
    name, value, at = told_by(*messages_of(packet))
    assert (None if name is None else name.command(value, at)) == command


@pytest.mark.parametrize("packet", [b"/panic\0\0", b"/undo\0\0\0", b"/stop\0\0\0"])
def test_a_message_of_an_old_sender_without_types_is_a_command_without_a_value(
    osc: Osc, peer: socket.socket, inbox: Inbox, packet: bytes
) -> None:
    in_a_bundle = b"#bundle\0" + b"\0" * 8 + struct.pack(">i", len(packet)) + packet
    for each in (packet, in_a_bundle):
        say(peer, osc, each)
    say(peer, osc, b"/status\0")
    heard_until(peer, "/temperature")
    name, _, _ = told_by(Message(packet.rstrip(b"\0").decode(), ()))
    assert name is not None
    assert inbox.take() == [name.command()] * 2


def test_packets_reach_the_inbox_also_in_bundles(
    osc: Osc, peer: socket.socket, inbox: Inbox
) -> None:
    bundle = OscBundleBuilder(IMMEDIATELY)
    inner = OscBundleBuilder(2e9)  # in years, which are not waited for
    for builder, address in ((bundle, "/panic"), (inner, "/tempo")):
        message = OscMessageBuilder(address)
        if address == "/tempo":
            message.add_arg(77)
        builder.add_content(message.build())
    bundle.add_content(inner.build())
    say(peer, osc, bundle.build().dgram)
    say(peer, osc, packet_of("/status"))
    assert heard_until(peer, "/temperature").arguments == (1.0,)
    assert inbox.take() == [Panic(), SetTempo(77.0)]


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (packet_of("/temprature", 1.0), "did you mean 'temperature'?"),
        (packet_of("/temperature"), "expected a value after temperature"),
        (packet_of("/temperature", "warm"), 'found "warm"'),
        (packet_of("/temperature", 99.0), "at most 10.0"),
        (packet_of("/temperature", float("nan")), "finite"),
        (packet_of("/model", "/etc/passwd"), "no path comes in this way"),
        (packet_of("/preset", "../x.yaml"), "no path comes in this way"),
        (packet_of("/watch", "x"), "expected a port after /watch"),
        (packet_of("/watch", 0), "expected a port after /watch"),
        (packet_of("/watch", 1 << 40), "expected a port after /watch"),
        (b"x", "expected a packet of OSC"),
        (b"/", "expected a packet of OSC"),
        (b"/panic", "expected a packet of OSC"),
        (b"/panic\0", "expected a packet of OSC"),
        (b"/panic\0\0\0\0\0\0", "/panic with 4 bytes of no type"),
        (b"/tempo\0\0" + struct.pack(">f", 90.0), "/tempo with 4 bytes of no type"),
        (b"/temperature\0\0\0\0", "expected a value after temperature"),
        (b"/panic\0\0,zz\0", "expected a packet of OSC"),
        (b"/panic\0\0,i\0\0", "expected a packet of OSC"),
        (b"/mute\0\0\0,b\0\0\xff\xff\xff\xf0", "found /mute with a blob (type b)"),
        (b"/tempo\0\0,b\0\0\0\0\0\4abcd", "expected numbers, text, true, false or none, found"),
        (b"/tempo\0\0,ft\0" + b"\0" * 12, "found /tempo with a time (type t)"),
        (packet_of("/tempo", 100.0, "tomorrow"), "expected now or bar after the value of tempo"),
        (packet_of("/tempo", 100.0, "bar", "x"), "found 'bar', 'x': say one of them"),
        (
            packet_of("/drum-map", "gm", 5),
            "expected now or bar after the value of drum-map, found 5",
        ),
        (b"/mute\0\0\0,[[[\0\0\0\0", "expected a packet of OSC"),
        (b"/mute\0\0\0,]\0\0", "expected a packet of OSC"),
        (b"/mute\0\0\0,s\0\0\xff\xfe\0\0", "expected a packet of OSC"),
        (b"#bundle\0" + b"\0" * 8 + b"\0\0\0\0", "a part of 0 bytes"),
        (b"#bundle\0" + b"\0" * 8 + struct.pack(">i", -4) + b"/a\0\0", "a part of"),
        (b"#bundle\0" + b"\0" * 8 + struct.pack(">i", 99) + b"/a\0\0", "a part of"),
        ((b"#bundle\0" + b"\0" * 8 + b"\0\0\1\0") * 9 + b"/a\0\0", "expected a packet of OSC"),
        (b"/panic\0\0" + b"," + b"N" * LONGEST, "more than 8192 bytes"),
    ],
)
def test_what_is_malformed_is_answered_and_does_nothing(
    osc: Osc, peer: socket.socket, inbox: Inbox, packet: bytes, words: str
) -> None:
    say(peer, osc, packet)
    told = heard(peer)
    assert told.address == "/error"
    assert words in str(told.arguments[0])
    assert inbox.take() == []


@given(st.binary(max_size=200))
def test_whatever_bytes_are_messages_or_are_refused(packet: bytes) -> None:
    for data in (packet, b"#bundle\0" + packet, b"/a\0\0," + packet):
        try:
            messages = messages_of(data)
        except UserError:
            continue
        for message in messages:
            assert message.address.startswith("/")


def test_a_million_random_bytes_and_damaged_packets_do_nothing_worse(
    osc: Osc, peer: socket.socket, inbox: Inbox
) -> None:
    rng = random.Random(1)  # noqa: S311  # no secret
    whole = packet_of("/temperature", 0.5)
    for number in range(2000):
        say(peer, osc, rng.randbytes(500))
        damaged = bytearray(whole)
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        say(peer, osc, bytes(damaged))
        say(peer, osc, packet_of(f"/mark/{number}"))
        while f"'/mark/{number}'" not in str(heard(peer).arguments):
            pass
    assert {type(each) for each in inbox.take()} <= {Change}


def test_what_happens_is_sent_to_those_who_watch(desk: Desk, osc: Osc, peer: socket.socket) -> None:
    say(peer, osc, packet_of("/watch"))
    heard_until(peer, "/loop")
    for event in (
        Placed(7, Ticks(0), Bar(), late=False),
        Tempo(Ticks(0), 90.0),
        Changed("top_p", Ticks(0), 0.5),
        Changed("conditions.style", Ticks(0), "funk"),
        Changed("range", Ticks(0), (48, 72)),
        Changed("panic", Ticks(0)),
        Refused("model", "of another codec"),
        Moved(Ticks(0), Ticks(0), rolling=False),
        Stopped("done"),
    ):
        desk(event)
    told = []
    while not told or told[-1].address != "/stopped":
        told.append(heard(peer))
    assert [(each.address, each.arguments) for each in told] == [
        ("/bar", (7,)),
        ("/tempo", (90.0,)),
        ("/top-p", (0.5,)),
        ("/condition/style", ("funk",)),
        ("/range", (48, 72)),
        ("/panic", ()),
        ("/refused", ("model", "of another codec")),
        ("/rolling", (False,)),
        ("/stopped", ("done",)),
    ]


def test_who_said_what_is_refused_later_is_told(desk: Desk, osc: Osc, peer: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(10)
        for one, packet in (
            (peer, packet_of("/mode", "follow")),
            (other, packet_of("/range", 48, 72)),
            (peer, packet_of("/condition/style", "funk")),
            (peer, packet_of("/condition/style", "nope")),
            (peer, packet_of("/tempo", 90.0)),
        ):
            say(one, osc, packet)
            say(one, osc, packet_of("/status"))
            heard_until(one, "/loop")
        desk(Changed("conditions.style", Ticks(0), "funk"))
        desk(Refused("conditions.style", "it is none"))
        desk(Refused("mode", "chords need a choir"))
        desk(Refused("range", "not for drums"))
        desk(Changed("tempo", Ticks(0), 90.0))
        desk(Refused("tempo", "of another"))
        desk(Refused("range", "of another"))
        say(peer, osc, packet_of("/panic/x"))
        say(other, osc, packet_of("/panic/x"))
        told = [heard_until(peer, "/error").arguments for _ in range(3)]
        assert told[:2] == [
            ("condition.style is refused: it is none",),
            ("mode is refused: chords need a choir",),
        ]
        assert "an address of OSC" in str(told[2])
        assert heard_until(other, "/error").arguments == ("range is refused: not for drums",)
        assert "an address of OSC" in str(heard_until(other, "/error").arguments)


def test_no_more_than_so_many_watch(osc: Osc, peer: socket.socket) -> None:
    for port in range(1, MOST_WATCHING + 1):
        say(peer, osc, packet_of("/watch", port))
    say(peer, osc, packet_of("/watch"))
    assert "at most" in str(heard(peer).arguments[0])
    say(peer, osc, packet_of("/unwatch"))
    say(peer, osc, packet_of("/watch"))
    heard_until(peer, "/loop")


def test_it_listens_on_loopback_alone(desk: Desk, osc: Osc) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", osc.port))  # it has not taken the port of every address
    with pytest.raises(UserError, match=r"expected a port for OSC, found 127\.0\.0\.1:"):
        Osc(desk, osc.port)


def test_every_name_is_an_address_with_its_types() -> None:
    listed = dict(addresses())
    assert "/temperature f" in listed
    assert "/seed i" in listed
    assert "/parallels T|F" in listed
    assert {address_of(name) for name in table()} <= {each.split()[0] for each in listed}


def test_liblo_at_the_other_end(desk: Desk, osc: Osc, inbox: Inbox) -> None:
    liblo = pytest.importorskip("pyliblo3", reason="pyliblo3 (liblo) is not installed")
    server = liblo.Server(0, proto=liblo.UDP)
    told: list[tuple[str, list[object]]] = []
    server.add_method(None, None, lambda path, arguments: told.append((path, arguments)))
    target = liblo.Address("127.0.0.1", osc.port)
    server.send(target, "/watch")
    while not any(path == "/loop" for path, _ in told):
        assert server.recv(10_000)
    assert ("/temperature", [1.0]) in told
    assert ("/mute", []) in told
    assert ("/novelty", [None]) in told
    server.send(target, "/temperature", ("f", 0.5))
    server.send(target, "/top-p", ("d", 0.5))
    server.send(target, "/seed", ("h", 1 << 40))
    server.send(target, "/parallels", False)
    server.send(target, "/scale", "C minor")
    server.send(target, liblo.Bundle(liblo.Message("/panic"), liblo.Message("/tempo", 99)))
    server.send(target, "/temperature", "warm")
    while not any(path == "/error" for path, _ in told):
        assert server.recv(10_000)
    assert inbox.take() == [
        Change((("temperature", 0.5),)),
        Change((("top_p", 0.5),)),
        Change((("seed", 1 << 40),)),
        Change((("parallels", False),)),
        Change((("scale", "C minor"),)),
        Panic(),
        SetTempo(99.0),
    ]
    desk(Changed("range", Ticks(0), (48, 72)))
    desk(Refused("model", "why"))
    while told[-1] != ("/refused", ["model", "why"]):
        assert server.recv(10_000)
    assert told[-2] == ("/range", [48, 72])
