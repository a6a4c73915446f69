"""A player who is followed note by note."""

from daw_bridge.jam.events import Event, HeardBar
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.shadow import Shadow
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.keys import Key
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks

BAR = Meter().bar_length()
ROUTES = {1: Route("notes", 1), 2: Route("notes", 2)}


class Thirds:
    """Chords of a third and a sixth below, and what was told of the time."""

    length = SIXTEENTH

    def __init__(self) -> None:
        self.told: list[str] = []
        self.keys: list[Key | None] = []

    def begin_bar(self, meter: Meter, key: Key | None = None) -> None:
        self.told.append("bar")
        self.keys.append(key)

    def pass_step(self) -> None:
        self.told.append("step")

    def strike(self, pitch: int) -> dict[int, int]:
        self.told.append("strike")
        return {1: pitch - 4, 2: pitch - 9}

    def release(self) -> None:
        pass


def shadow() -> tuple[Shadow, Thirds, list[Event]]:
    harmony, events = Thirds(), list[Event]()
    out = Shadow(harmony, events.append)
    out.place(Ticks(0), Meter())
    out.place(BAR, Meter())
    return out, harmony, events


def test_a_chord_begins_and_ends_with_its_note():
    follows, _, _ = shadow()
    assert follows.take(Ticks(5), note_on(0, 72, 100), ROUTES) == [
        ("notes", note_on(1, 68, 85)),
        ("notes", note_on(2, 63, 85)),
    ]
    assert follows.take(Ticks(50), note_off(0, 71), ROUTES) == []
    assert follows.take(Ticks(90), note_off(0, 72), ROUTES) == [
        ("notes", note_off(1, 68)),
        ("notes", note_off(2, 63)),
    ]


def test_other_chords_come_with_the_bar_that_they_are_for():
    class Fifths(Thirds):
        def strike(self, pitch: int) -> dict[int, int]:
            return {1: pitch - 7}

    follows, _, _ = shadow()
    follows.change(Fifths(), BAR)
    assert follows.take(Ticks(5), note_on(0, 72, 100), ROUTES)[0] == ("notes", note_on(1, 68, 85))
    assert follows.take(Ticks(BAR + 5), note_on(0, 74, 100), ROUTES) == [
        ("notes", note_off(1, 68)),
        ("notes", note_off(2, 63)),
        ("notes", note_on(1, 67, 85)),
    ]


def test_the_next_note_ends_the_chord_of_the_one_before_and_its_own_end_nothing():
    follows, _, _ = shadow()
    follows.take(Ticks(0), note_on(0, 72, 100), ROUTES)
    sent = follows.take(Ticks(200), note_on(0, 74, 100), ROUTES)
    assert [data for _, data in sent] == [
        note_off(1, 68), note_off(2, 63), note_on(1, 70, 85), note_on(2, 65, 85),
    ]  # fmt: skip
    assert follows.take(Ticks(220), note_off(0, 72), ROUTES) == []


def test_a_note_a_little_early_belongs_to_the_step_that_it_means():
    follows, harmony, _ = shadow()
    follows.take(Ticks(SIXTEENTH - 40), note_on(0, 72, 100), ROUTES)
    assert harmony.told == ["bar", "step", "strike"]
    early, told, _ = shadow()
    early.take(Ticks(SIXTEENTH - 80), note_on(0, 72, 100), ROUTES)
    assert told.told == ["bar", "strike"]


def test_bars_have_all_their_steps_and_the_key_of_what_was_heard():
    follows, harmony, events = shadow()
    for n, pitch in enumerate((62, 66, 69, 74, 73, 69, 66, 62)):
        follows.take(Ticks(n * 240), note_on(0, pitch, 90), ROUTES)
        follows.take(Ticks(n * 240 + 200), note_off(0, pitch), ROUTES)
    follows.pass_time(BAR)
    assert harmony.told.count("step") == 16
    assert harmony.told.count("bar") == 2
    assert harmony.keys == [None, Key.parse("D")]
    assert [len(e.bar.notes) for e in events if isinstance(e, HeardBar)] == [8]


def test_without_a_bar_nothing_is_harmonised():
    harmony = Thirds()
    follows = Shadow(harmony, lambda _: None)
    assert follows.take(Ticks(0), note_on(0, 72, 100), ROUTES) == []
    assert follows.next_tick() is None
