"""Two who take turns, each hearing the other."""

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.trade import OTHER, TradedBars
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks


class Player:
    """A source whose bars are of one pitch, and which knows what it heard."""

    def __init__(self, pitch: int) -> None:
        self.pitch = pitch
        self.heard: list[tuple[int, list[int]]] = []

    def bar(self, ask: Ask) -> Bar:
        return Bar.of([Note(Ticks(0), self.pitch + ask.number, Ticks(480), 90, voice=1)])

    def hear(self, number: int, bar: Bar | None) -> None:
        self.heard.append((number, [] if bar is None else [note.pitch for note in bar.notes]))


def test_turns_are_of_so_many_bars_and_the_other_is_heard_on_voices_of_its_own():
    traded = TradedBars(Player(40), Player(60), bars=2, voice=OTHER)
    notes = [traded.bar(Ask(number)).notes[0] for number in range(6)]
    assert [note.pitch for note in notes] == [40, 41, 62, 63, 44, 45]
    assert [note.voice for note in notes] == [1, 1, 1 + OTHER, 1 + OTHER, 1, 1]


def test_each_hears_what_the_other_plays_as_that_plays_it():
    one, other = Player(40), Player(60)
    traded = TradedBars(one, other, bars=1, voice=OTHER)
    for number in range(3):
        traded.bar(Ask(number))
    assert one.heard == [(1, [61])]
    assert other.heard == [(0, [40]), (2, [42])]


def test_what_neither_made_both_hear():
    one, other = Player(40), Player(60)
    traded = TradedBars(one, other, bars=1)
    traded.hear(4, None)
    traded.hear(5, Bar.of([Note(Ticks(0), 36, Ticks(10), 1)]))
    assert one.heard == other.heard == [(4, []), (5, [36])]
