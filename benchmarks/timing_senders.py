"""The senders that `timing.py` compares, each in a process of its own.

    python benchmarks/timing_senders.py SENDER BUSY BARS

Sends BARS * 80 notes, an event every 12.5 ms (a note-on, its note-off, the next note-on, ...), once
a line has come in on standard input; then prints what it counted, as JSON. SENDER is jack, rtmidi
(both: a jam of ours), mido or isobar; BUSY is 1 to let a policy compute in the same process.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from itertools import count

TEMPO_QPM = 120.0
GRID_TICKS = 12  # 12.5 ms, 600 frames at 48 kHz
NOTES_A_BAR = 80
BAR_S = 2.0
BUSY_S = 1.6
"""How much of each bar of 2 s the generator computes."""

MODEL = "groove-drums"
API = "mido.backends.rtmidi/UNIX_JACK"


def pitch_and_velocity(index: int) -> tuple[int, int]:
    """Give each note a name of its own: the pair is unique among 16,256 notes."""
    return index % 128, 1 + index // 128


def generator() -> Callable[[], object]:
    """Give a function that makes one bar with the shipped policy."""
    from daw_bridge.config.files import find
    from daw_bridge.jam.ask import Ask
    from daw_bridge.policies.bars import PolicyBars
    from daw_bridge.policies.load import codec_of, load
    from daw_bridge.policies.sampling import Sampler

    policy = load(find("models", MODEL))
    bars, numbers = PolicyBars(policy, codec_of(policy.card), Sampler()), count()
    return lambda: bars.bar(Ask(next(numbers)))


def compute(make_bar: Callable[[], object], seconds: float) -> int:
    """Make bars for so long, one after the other; give how many."""
    end, made = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        make_bar()
        made += 1
    return made


def play_ours(backend: str, *, busy: bool, bars: int) -> dict[str, object]:
    """Run a real jam, whose bars are the grid, made while the policy computes."""
    from daw_bridge.daemon.opening import jam
    from daw_bridge.daemon.performance import Jam
    from daw_bridge.jam.ask import Ask
    from daw_bridge.jam.plan import Plan
    from daw_bridge.music.notes import Bar, Note
    from daw_bridge.music.time import Ticks
    from daw_bridge.ports.backend import PortSettings

    class Grid:
        """Make bars of the grid, and throw away those that the policy made meanwhile."""

        def __init__(self) -> None:
            self.thrown_away = 0
            self.make_bar = generator() if busy else None
            print("# opening", flush=True)
            sys.stdin.readline()

        def bar(self, ask: Ask) -> Bar:
            """Make one bar."""
            if self.make_bar is not None and ask.number:
                self.thrown_away += compute(self.make_bar, BUSY_S)
            first = ask.number * NOTES_A_BAR
            return Bar.of(
                Note(Ticks(2 * GRID_TICKS * i), pitch, Ticks(GRID_TICKS), velocity)
                for i in range(NOTES_A_BAR)
                for pitch, velocity in [pitch_and_velocity(first + i)]
            )

    ports = PortSettings(backend, client="timing")  # type: ignore[arg-type]
    sources: list[Grid] = []

    def make() -> Grid:
        sources.append(Grid())
        return sources[0]

    report = jam(Jam(TEMPO_QPM, Plan(bars=bars), ports=ports), make)
    return {
        "late_bars": report.late_bars,
        "late_messages": report.counts.late,
        "xruns_sender": report.counts.xruns,
        "bars_generated": sources[0].thrown_away,
    }


def keep_busy() -> None:
    """Compute in a thread, the same share of the time as our own generator does."""
    make_bar = generator()

    def run() -> None:
        while True:
            compute(make_bar, BUSY_S)
            time.sleep(BAR_S - BUSY_S)

    threading.Thread(target=run, daemon=True).start()


def play_mido(*, busy: bool, bars: int) -> dict[str, object]:
    """Play a MIDI file of the same events as mido's documentation says."""
    import mido

    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(TEMPO_QPM))])
    for index in range(bars * NOTES_A_BAR):
        pitch, velocity = pitch_and_velocity(index)
        time_ticks = GRID_TICKS if index else 0
        track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=time_ticks))
        track.append(mido.Message("note_off", note=pitch, time=GRID_TICKS))
    file = mido.MidiFile(ticks_per_beat=480, tracks=[track])
    mido.set_backend(API)
    with mido.open_output("timing-mido", virtual=True) as port:
        if busy:
            keep_busy()
        print("# opening", flush=True)
        sys.stdin.readline()
        for message in file.play():
            port.send(message)
        time.sleep(0.1)
    return {}


def play_isobar(*, busy: bool, bars: int) -> dict[str, object]:
    """Play a timeline of the same events as isobar's documentation says."""
    import isobar
    import mido

    mido.set_backend(API)
    device = isobar.MidiOutputDevice("timing-isobar", virtual=True)
    notes = [pitch_and_velocity(index) for index in range(bars * NOTES_A_BAR)]
    timeline = isobar.Timeline(TEMPO_QPM, output_device=device)
    timeline.stop_when_done = True
    if busy:
        keep_busy()
    print("# opening", flush=True)
    sys.stdin.readline()
    timeline.schedule(
        {
            "note": isobar.PSequence([pitch for pitch, _ in notes], 1),
            "amplitude": isobar.PSequence([velocity for _, velocity in notes], 1),
            "duration": 2 * GRID_TICKS / 480,
            "gate": 0.5,
        }
    )
    timeline.run()
    time.sleep(0.1)
    return {}


def main() -> None:
    """Play as one sender."""
    sender, busy, bars = sys.argv[1], sys.argv[2] == "1", int(sys.argv[3])
    if sender == "mido":
        counted = play_mido(busy=busy, bars=bars)
    elif sender == "isobar":
        counted = play_isobar(busy=busy, bars=bars)
    else:
        counted = play_ours(sender, busy=busy, bars=bars)
    print(json.dumps(counted), flush=True)


if __name__ == "__main__":
    main()
