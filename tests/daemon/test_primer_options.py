"""The three options of a primer: the same names, defaults and meaning in every mode."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from daw_bridge.cli import jam as cli_jam
from daw_bridge.cli.main import run
from daw_bridge.config.changes import differences
from daw_bridge.config.drawing import PrimerFile
from daw_bridge.config.files import find, names
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.control.names import find as find_name
from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.performance import LEAD_S
from daw_bridge.daemon.play import logging
from daw_bridge.daemon.replay import replay
from daw_bridge.daemon.settings import ONLY_INJECTED, jam_of, ready
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Heard, Inbox, SetMode
from daw_bridge.jam.events import Changed, Event, Placed, Refused, Sounded, nobody
from daw_bridge.jam.modes import HEARING, Name
from daw_bridge.midi.messages import starts_note
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Seconds, Ticks
from daw_bridge.policies.card import read
from daw_bridge.policies.load import codec_of, load
from daw_bridge.policies.policy import Policy
from tests.played_jam import of_bars
from tests.tiny_model import policy_of

PRESETS = names("presets/jams")

OPTIONS = {"condition": "condition-on-primer", "inject": "inject-primer", "keep": "keep-primer"}
"""By the key of a preset, what a command calls it."""

DEFAULTS = {"condition": True, "inject": False, "keep": False}

BARS, TEMPO_QPM = 6, 120.0

MELODY = (*[76, -2, -2, -2] * 4, *[79, -2, -2, -2] * 4)
GIVEN = [[76] * 4, [79] * 4]
"""A primer of two bars, and its pitches."""

CALL = [67, 65, 64, 62]
"""What is played in every bar: four quarters."""


def options_of(primer: PrimerFile) -> dict[str, bool]:
    return {key: getattr(primer, key) for key in OPTIONS}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_defaults_are_the_same_in_every_preset(preset: str) -> None:
    assert options_of(load_jam(preset).primer) == DEFAULTS


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("key", OPTIONS)
@pytest.mark.parametrize("on", [True, False])
def test_a_command_and_a_preset_say_the_same(
    preset: str, key: str, on: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = []

    def play(jam: Any, _asked: Any) -> Any:
        settled.append(jam)
        raise UserError("no music", "none", "look at the settings alone")

    monkeypatch.setattr(cli_jam, "_play", play)
    file = load_jam(preset)
    drums = "drums" in file.model
    said = {"drums": [[36, 42], [], [42], []]} if drums else {"melody": list(MELODY)}
    word, value = ("drums", "[(36,42),(),(42,),()]") if drums else ("melody", str(list(MELODY)))
    flag = f"--{'' if on else 'no-'}{OPTIONS[key]}"
    assert run(["jam", preset, f"--primer-{word}", value, flag]) == 2
    data = yaml.safe_load(find("presets/jams", preset).read_text(encoding="utf-8"))
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({**data, "primer": {**said, key: on}}))
    assert run(["jam", str(path)]) == 2
    by_command, by_preset = settled
    assert by_command.file.primer == by_preset.file.primer
    assert by_command.primer == by_preset.primer
    assert options_of(by_preset.file.primer) == {**DEFAULTS, key: on}


@pytest.mark.parametrize("mode", Name)
@pytest.mark.parametrize("key", OPTIONS)
def test_what_becomes_of_a_primer_is_said_before_the_start(mode: Name, key: str) -> None:
    before = JamFile(model="chorale", mode=mode.value)
    primer = PrimerFile(**{**DEFAULTS, key: not DEFAULTS[key]})
    with pytest.raises(UserError, match="changes while a jam plays, found primer"):
        [*differences(before, before.model_copy(update={"primer": primer}))]
    with pytest.raises(UserError, match="expected a name of `daw-bridge ctl list`"):
        find_name(OPTIONS[key])


@pytest.mark.parametrize("mode", [each for each in Name if each not in HEARING])
@pytest.mark.parametrize("key", ["inject", "keep"])
def test_where_nobody_is_heard_there_must_be_a_primer(
    mode: Name, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"model: lead\nmode: {mode}\nprimer: {{{key}: true}}\n")
    for command in (["check", str(path)], ["jam", str(path)]):
        assert run(command) == 2
        assert "a primer to inject or to keep, found none" in capsys.readouterr().err


@cache
def choir(*, learnt: bool) -> Policy:
    """Give the choir's network; of random weights it is quick, and forgets within a beat."""
    folder = find("models", "chorale")
    return load(folder) if learnt else policy_of(codec_of(read(folder)))


class Jam:
    """A jam of a choir, to which `call` is played in every bar."""

    def __init__(
        self,
        mode: Name,
        primer: dict[str, Any],
        *,
        call: Sequence[int] = CALL,
        live_from: Name | None = None,
        learnt: bool = False,
        log: Path | None = None,
    ) -> None:
        first = mode if live_from is None else live_from
        bars = 4 if learnt else BARS
        options = {"mode": first.value, "bars": bars, "bpm": TEMPO_QPM, "backend": "offline"}
        turns = {"bars": "1", "count_in": 0, "metronome": "off"}
        parts: Any = {"conditions": {"key": "C major"}, "primer": primer, "turns": turns}
        settled = ready(JamFile(model="chorale", **parts, **options), {})
        said = [] if live_from is None else [SetMode(mode.value)]
        inbox, self.told = Inbox(), list[Event]()
        self.remarks = settled.remarks
        bar = Bar.of(Note(Ticks(PPQ * n), p, Ticks(400), 90) for n, p in enumerate(call))

        def watch(event: Event) -> None:
            self.told.append(event)
            if not isinstance(event, Placed):
                return
            for tick, data in of_bars([bar]):
                at_s = LEAD_S + (event.tick + tick) / PPQ * 60 / TEMPO_QPM
                inbox.put(Heard(Seconds(at_s), "in", data))
            if event.number == 0 and said:
                inbox.put(said.pop())

        part = Part(settled, choir(learnt=learnt))
        logged = nullcontext(nobody) if log is None else closing(logging(log, settled, force=False))
        with logged as to_log:
            watchers = [to_log, watch]
            opening.jam(
                jam_of(settled), part, again=part, watchers=watchers, inbox=inbox, part=part
            )
        assert not [each for each in self.told if isinstance(each, Refused)]
        live = [each.value for each in self.told if isinstance(each, Changed)]
        assert live == ([] if live_from is None else [mode.value])

    @property
    def bars(self) -> list[Bar]:
        placed = {each.number: each for each in self.told if isinstance(each, Placed)}.values()
        assert not any(each.late for each in placed)
        return [each.bar for each in placed]

    @property
    def sounded(self) -> list[tuple[int, bytes]]:
        return [(each.tick, each.data) for each in self.told if isinstance(each, Sounded)]

    def melodies(self) -> list[list[int]]:
        """Give the melody of each bar."""
        return [melody(bar) for bar in self.bars]


def melody(bar: Bar) -> list[int]:
    """Give the pitches that the first voice plays."""
    return [note.pitch for note in bar.notes if not note.voice]


@pytest.mark.parametrize("mode", Name)
def test_a_primer_that_is_given_comes_first_in_every_mode(mode: Name) -> None:
    heard = Jam(mode, {"melody": MELODY}, learnt=True)
    unheard = Jam(mode, {"melody": MELODY, "condition": False}, learnt=True)
    assert heard.sounded != unheard.sounded
    alone = Name.SOLO if mode is Name.CONTINUE else mode  # which goes on from it, and hears nobody
    assert unheard.sounded == Jam(alone, {"condition": False}, learnt=True).sounded
    kept = Jam(mode, {"melody": MELODY, "keep": True})
    assert kept.melodies()[:2] == GIVEN
    assert len(kept.bars) == BARS + 2
    assert {note.voice for bar in kept.bars[:2] for note in bar.notes} == {0}
    both = Jam(mode, {"melody": MELODY, "inject": True, "keep": True})
    assert both.melodies()[:2] == GIVEN
    assert all({note.voice for note in bar.notes} > {0} for bar in both.bars[:2])
    injected = Jam(mode, {"melody": MELODY, "inject": True})
    assert injected.melodies()[:2] == [[], []]
    assert [len(bar.notes) for bar in injected.bars[:2]] == [
        len(bar.notes) - 4 for bar in both.bars[:2]
    ]


@pytest.mark.parametrize("mode", [each for each in HEARING if each is not Name.CONTINUE])
@pytest.mark.parametrize("key", ["inject", "keep"])
def test_the_log_of_a_jam_after_a_primer_plays_the_same(
    mode: Name, key: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    Jam(mode, {"melody": MELODY, key: True}, learnt=True, log=log)
    replay(log, tmp_path / "again.mid")  # it tells of other music


@pytest.mark.parametrize("live_from", [None, Name.SOLO])
def test_the_log_of_who_was_followed_plays_the_same(live_from: Name | None, tmp_path: Path) -> None:
    log, primer = tmp_path / "log.jsonl", {} if live_from else {"keep": True}
    jam = Jam(Name.FOLLOW, primer, learnt=True, log=log, live_from=live_from)
    assert any(starts_note(data) for tick, data in jam.sounded if tick > 2 * 1920)
    replay(log, tmp_path / "again.mid")


LIVE = [None, Name.ACCOMPANY]
"""The mode is that of the preset, or is gone over to from another one while it plays."""


@pytest.mark.parametrize("live_from", LIVE)
@pytest.mark.parametrize("mode", [Name.CALL_RESPONSE, Name.CONTINUE])
def test_what_was_played_is_a_primer_of_its_answer(mode: Name, live_from: Name | None) -> None:
    def answer(call: list[int] = CALL, *, learnt: bool = False, **said: bool) -> Bar:
        jam = Jam(mode, said, call=call, live_from=live_from, learnt=learnt)
        silent = [not bar.notes for bar in jam.bars]
        return jam.bars[silent.index(False, silent.index(True))]

    other = CALL[::-1]  # in the same key, of which it is told
    assert answer(learnt=True) != answer(other, learnt=True)
    assert answer(condition=False) == answer(other, condition=False)

    assert melody(answer(keep=True)) == CALL
    both, injected = answer(inject=True, keep=True), answer(inject=True)
    assert melody(both) == CALL
    assert {note.voice for note in both.notes} > {0}
    assert melody(injected) == []
    assert len(injected.notes) == len(both.notes) - len(CALL)


@pytest.mark.parametrize("live_from", [None, Name.CALL_RESPONSE])
def test_who_is_accompanied_is_harmonised_a_bar_behind(live_from: Name | None) -> None:
    both = Jam(Name.ACCOMPANY, {"inject": True, "keep": True}, live_from=live_from)
    assert both.melodies()[3:] == [CALL] * (BARS - 3)
    injected = Jam(Name.ACCOMPANY, {"inject": True}, live_from=live_from)
    assert injected.melodies()[3:] == [[]] * (BARS - 3)
    assert all(bar.notes for bar in injected.bars[3:])
    assert not injected.remarks


def test_that_nothing_is_kept_before_what_accompanies_is_told() -> None:
    kept, plain = Jam(Name.ACCOMPANY, {"keep": True}), Jam(Name.ACCOMPANY, {})
    assert (kept.remarks, plain.remarks) == ((ONLY_INJECTED,), ())
    assert kept.bars == plain.bars


@pytest.mark.parametrize("live_from", LIVE)
def test_who_is_followed_sounds_with_his_chords_where_he_is_kept(live_from: Name | None) -> None:
    def struck(**primer: bool) -> list[int]:
        jam = Jam(Name.FOLLOW, primer, live_from=live_from)
        on = (data for tick, data in jam.sounded if starts_note(data) and tick >= 3 * 1920)
        return [data[1] for data in on if not data[0] & 0x0F]

    kept = struck(keep=True)
    assert kept == CALL * (len(kept) // 4)
    assert len(kept) // 4 in (BARS - 4, BARS - 3)
    assert struck(inject=True) == struck() == []


@pytest.mark.parametrize("mode", [each for each in Name if each not in HEARING])
def test_who_kept_what_was_played_can_go_over_to_any_mode(mode: Name) -> None:
    jam = Jam(mode, {"keep": True}, live_from=Name.CALL_RESPONSE)
    assert all(bar.notes for bar in jam.bars[2:])
