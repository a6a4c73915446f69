"""The kit as it is played live: the arrays are those of a file, and nothing sounds on."""

import json

import numpy as np
import pytest

from daw_bridge.config.render import load_render
from daw_bridge.midi.messages import TimedMessage, control_change, note_off, note_on, rank_of
from daw_bridge.music.time import Seconds
from daw_bridge.render.kits import KitSettings
from daw_bridge.render.live import MOST_NOTES, LiveKit, LiveSettings, Part
from tests.render.tunes import BAR, job_of, rendered, tune

RATE = 48_000


def kit_of(preset, *parts):
    settings = begin_settings(preset)
    return LiveKit(LiveSettings(kit=settings, parts=parts), RATE)


def begin_settings(preset):
    return KitSettings.model_validate_json(json.dumps(load_render(preset).settings))


def message(data):
    return TimedMessage(Seconds(0.0), rank_of(data), 0, "notes", data)


def played(kit, timed, length, block=256):
    """Play (sample, message) as a live kit gets them: none before the block that it is in."""
    timed, out = sorted(timed, key=lambda each: (each[0], rank_of(each[1]))), []
    for first in range(0, length, block):
        while timed and timed[0][0] < first + block:
            at, data = timed.pop(0)
            kit.play(at, message(data))
        out.append(kit.mix(first, first + block))
    return np.concatenate(out, axis=1)[:, :length].T


@pytest.mark.parametrize(("preset", "within"), [("nes", 0.002), ("plain", 0.02)])
def test_what_is_heard_live_is_what_a_file_of_it_is_rendered_to(tmp_path, preset, within):
    notes = [
        (0, 1700, 60, 100, 0),
        (480, 300, 67, 80, 0),
        (3, 1040, 43, 120, 1),
        (5, 900, 72, 60, 2),
    ]
    notes += [
        (tick, 60, pitch, 90, 9) for tick, pitch in ((0, 36), (300, 46), (420, 42), (960, 49))
    ]
    whole = rendered(job_of(tune(tmp_path / "a.mid", notes), preset))
    timed = []
    for tick, length, pitch, velocity, channel in notes:
        timed.append((tick * 50, note_on(channel, pitch, velocity)))
        timed.append(((tick + length) * 50, note_off(channel, pitch)))
    live = played(kit_of(preset), timed, BAR * 50)
    whole = np.broadcast_to(whole, (len(whole), 2))[: len(live)]
    assert np.abs(whole).max() > 0.1
    assert np.abs(live - whole).max() < within


def test_a_note_is_held_for_as_long_as_nobody_ends_it():
    live = np.abs(played(kit_of("nes"), [(0, note_on(0, 69, 100))], 5 * RATE)).max(axis=1)
    assert live[:: RATE // 10].shape == (50,)
    assert all(live[at : at + 2400].max() > 0.01 for at in range(0, 5 * RATE, 2400))


def test_a_note_that_is_ended_falls_silent_and_is_forgotten():
    kit = kit_of("plain", Part(port="notes", channel=0, voice="lead"))
    live = np.abs(played(kit, [(0, note_on(0, 69, 100)), (9600, note_off(0, 69))], RATE))
    assert live[:9600].max() > 0.05
    assert live[9600 + RATE // 4 :].max() == 0
    assert kit._voices == []


def test_a_panic_ends_what_rings_at_once():
    notes = [(0, note_on(9, 49, 127)), (0, note_on(0, 60, 127))]
    panic = [(9600, control_change(channel, 123, 0)) for channel in (0, 9)]
    live = np.abs(played(kit_of("plain"), [*notes, *panic], RATE))
    assert live[9600 - 480 : 9600].max() > 0.05
    assert live[9600 + 480 :].max() == 0


def test_a_drum_is_found_whatever_the_kit_calls_it():
    notes = [-1] * 128
    notes[1] = 36
    renamed = Part(port="notes", channel=9, voice="drums", notes=tuple(notes))
    plain = Part(port="notes", channel=9, voice="drums")
    kick = played(kit_of("plain", plain), [(0, note_on(9, 36, 100))], 4800)
    assert np.array_equal(played(kit_of("plain", renamed), [(0, note_on(9, 1, 100))], 4800), kick)
    assert played(kit_of("plain", renamed), [(0, note_on(9, 36, 100))], 4800).max() == 0


LEAD = Part(port="notes", channel=0, voice="lead")


def settings_of(preset, *parts):
    return LiveSettings(kit=begin_settings(preset), parts=parts)


def test_from_a_sample_on_other_instruments_play_and_what_sounds_goes_on():
    notes = [(0, note_on(0, 60, 100)), (4800, note_on(0, 72, 100))]
    changed = kit_of("plain", LEAD)
    changed.change(4800, settings_of("nes", LEAD))
    heard = played(changed, notes, 9600)
    before = played(kit_of("plain", LEAD), notes[:1], 9600)
    after = played(kit_of("nes", LEAD), notes[1:], 9600)
    assert np.allclose(heard, before + after, atol=1e-6)
    assert np.abs(after - played(kit_of("plain", LEAD), notes[1:], 9600)).max() > 0.01


def test_drums_stay_drums_whatever_map_they_are_sent_through_from_now_on():
    drums = Part(port="notes", channel=9, voice="drums")
    moved = [-1] * 128
    moved[1] = 36
    kit = kit_of("plain", drums)
    kit.change(4800, settings_of("plain", drums.model_copy(update={"notes": tuple(moved)})))
    kick = played(kit_of("plain", drums), [(0, note_on(9, 36, 100))], 4800)
    heard = played(kit, [(0, note_on(9, 36, 100)), (4800, note_on(9, 1, 100))], 9600)
    alone = played(kit_of("plain", drums), [(0, note_on(9, 36, 100))], 9600)
    assert np.allclose(heard[4800:], kick + alone[4800:], atol=1e-6)


def test_of_two_changes_the_one_that_was_told_last_holds_from_its_sample_on():
    notes = [(4800, note_on(0, 72, 100))]
    kit = kit_of("nes", LEAD)
    kit.change(9600, settings_of("nes", LEAD))
    kit.change(4800, settings_of("plain", LEAD))
    heard = played(kit, [*notes, (9600, note_on(0, 60, 100))], 14400)
    plain = played(kit_of("plain", LEAD), [*notes, (9600, note_on(0, 60, 100))], 14400)
    assert np.array_equal(heard, plain)


def test_however_many_notes_come_few_sound():
    kit = kit_of("nes")
    for i in range(1000):
        kit.play(i, message(note_on(i % 16, i % 128, 100)))
    assert np.abs(kit.mix(1000, 1256)).max() <= 1
    kit.mix(1256, 2256)
    assert len(kit._voices) <= MOST_NOTES
