"""Names that users write, and what each stands for: imported when it is asked for, not before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from daw_bridge.errors import UserError, near


class Table(Mapping[str, Any]):
    """Classes, functions or commands by name, each imported when it is asked for.

    `what` says in an error what a name here stands for, such as "a codec". `places` are
    "module:attribute"; with it, where people see a list, a line on what is there.
    """

    def __init__(self, what: str, places: Mapping[str, str | tuple[str, str]]) -> None:
        self.what = what
        self._places = {
            name: (at, "") if isinstance(at, str) else at for name, at in places.items()
        }

    def __getitem__(self, name: str) -> Any:
        module, attribute = self._places[name][0].split(":")
        return getattr(import_module(module), attribute)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def find(self, name: str) -> Any:
        """Import what a name stands for.

        Raises:
            UserError: there is none of that name; the near one is suggested.
        """
        if name not in self:
            raise UserError(self.what, repr(name), near(name, self))
        return self[name]

    def words(self) -> Mapping[str, str]:
        """Return what is said of each name, in the table's order; nothing is imported."""
        return {name: words for name, (_, words) in self._places.items()}


CODECS = Table(
    "a codec",
    {
        "chip-voices": "daw_bridge.encoding.chip_voices:ChipVoices",
        "choir-voices": "daw_bridge.encoding.choir_voices:ChoirVoices",
        "drum-grid": "daw_bridge.encoding.drum_grid:DrumGrid",
        "drum-text": "daw_bridge.encoding.drum_text:DrumText",
        "frames": "daw_bridge.encoding.frames:Frames",
        "line": "daw_bridge.encoding.line:Line",
        "styled-line": "daw_bridge.encoding.styled_line:StyledLine",
        "polyphony": "daw_bridge.encoding.polyphony:Polyphony",
        "tx1": "daw_bridge.encoding.tx1:Tx1",
    },
)
"""Every encoding that a card may name."""

BULK = Table(
    "a codec with a way to encode hits in bulk",
    {"drum-grid": "daw_bridge.encoding.drum_grid_bulk:encode_hits"},
)
"""What writes the hits of a whole piece as the codec of that name would, in less time."""

_NETWORKS = {
    "lstm": "lstm:Lstm",
    "look-back": "drum_lookback:LookBack",
    "token-look-back": "token_lookback:TokenLookBack",
}

NETWORKS = Table(
    "a kind of network",
    {name: f"daw_bridge.policies.{place}Policy" for name, place in _NETWORKS.items()},
)
"""Every kind of network that a card may name; each says its `sizes` and `shapes`, and is built of
card, codec and weights."""

LANES = Table(
    "a kind of network",
    {
        "lstm": "daw_bridge.training.lanes.lstm:LstmLanes",
        "look-back": "daw_bridge.training.lanes.drum_lookback:DrumLookBackLanes",
        "token-look-back": "daw_bridge.training.lanes.token_lookback:TokenLookBackLanes",
    },
)
"""The same networks in many lanes at once; see `training.lanes.lanes`."""

TRAINED = Table(
    "a kind of network",
    {
        name: f"daw_bridge.training.networks.{place}"
        for name, place in {**_NETWORKS, "touch": "touch:Touch"}.items()
    },
)
"""The same networks as they are trained, under the same stems, and the touch that a model may have;
see `training.networks.network`."""

LISTENERS = Table(
    "a listener",
    {
        "conv": "daw_bridge.training.networks.listeners:Conv",
        "lstm": "daw_bridge.training.networks.listeners:Lstm",
        "transformer": "daw_bridge.training.networks.listeners:Transformer",
    },
)
"""Every network that tells real music by its mel spectrogram, built of the number of bands."""

DATA = Table(
    "a kind of data",
    {
        "drum-text": "daw_bridge.corpora.text_file:read_music",
        "groove": "daw_bridge.corpora.groove:read_music",
        "music": "daw_bridge.corpora.parts:read_music",
    },
)
"""Every way to read music that a training preset may name."""

BACKENDS = Table(
    "a MIDI backend",
    {
        "jack": ("daw_bridge.ports.jack_callback:JackBackend", "JACK"),
        "rtmidi": ("daw_bridge.ports.rtmidi_thread:RtmidiBackend", "rtmidi"),
        "offline": ("daw_bridge.ports.offline:OfflineBackend", "virtual time"),
    },
)
"""Every way to reach a DAW, the preferred one first, and its name for people."""

LOUDSPEAKERS = Table("a player of sound", {"pyo": ("daw_bridge.render.speaker:LiveSound", "pyo")})
"""What plays what is sent, live, as a backend does that sends it."""

ENGINES = Table(
    "an engine",
    {
        "pyo": ("daw_bridge.render.kits:Kits", "Instruments of our own: a chip, drums, a choir."),
        "plugin": ("daw_bridge.render.plugin:Plugins", "VST3, VST2, LV2 and AU instruments."),
        "faust": (
            "daw_bridge.render.faust:Faust",
            "Instruments in Faust, such as a chip's voices.",
        ),
        "lmms": ("daw_bridge.render.lmms:Lmms", "LMMS: NES, Game Boy, FM and SID."),
        "ardour": ("daw_bridge.render.ardour:Ardour", "Ardour, with LV2 instruments by name."),
        "reaper": ("daw_bridge.render.reaper:Reaper", "REAPER, with JSFX or what you saved in it."),
        "reaper-batch": (
            "daw_bridge.render.reaper_batch:ReaperBatch",
            "REAPER's batch converter, with one chain of effects.",
        ),
    },
)
"""Every way to make sound of MIDI files, the default first, and what is said of it."""

JUDGES = Table(
    "a judge",
    {
        "typical": (
            "daw_bridge.daemon.judges:typical",
            "as much surprise as real music has: neither dull nor astray",
        ),
        "likelihood": ("daw_bridge.daemon.judges:likelihood", "what the model finds likeliest"),
        "variety": ("daw_bridge.daemon.judges:variety", "the most different bars"),
        "rewards": (
            "daw_bridge.daemon.judges:rewards",
            "what presets/rewards pays, of the model's name or else for its kind",
        ),
    },
)
"""Who chooses the best of several takes, the default first, and by what."""

_RATES = {
    "alike": "hits that bars share with the one a phrase before",
    "autocorrelation": "how far steps agree with those 1 to 3 before, beyond 0.15",
    "backbeat": "bars with the snare on the second and fourth quarter",
    "discriminator": "the log chance that a listener takes it for real",
    "excessive_repeats": "steps that repeat those before, as RL Tuner counts: held notes as well",
    "fills": "phrases of four bars that end with toms",
    "highest_once": "whether the highest note is struck once",
    "in_motif": "notes up to which a bar holds three pitches",
    "in_repeated_motif": "steps up to which a motif stands that has stood before",
    "leaps_doubled": "leaps that another leap the same way follows, by notes",
    "leaps_resolved": "leaps that are turned back, by notes",
    "literally_in_motif": "steps up to which a bar holds three pitches",
    "literally_out_of_key": "steps that strike a note out of the key",
    "long_notes": "notes of half a bar or more",
    "rests": "steps in which nothing sounds",
    "lowest_once": "whether the lowest note is struck once",
    "notes": "notes a bar",
    "novelty": "bars that are none of the training music's",
    "out_of_key": "notes out of the key",
    "playable": "16ths that two hands and two feet can play",
    "preference": "how much more bars are like those that were kept than like those rejected",
    "prior": "the mean log chance of a token under the model that was begun with",
    "repeats": "notes that are the fifth or later on end of their pitch",
    "returns": "bars with the rhythm and contour of a bar 1, 2 or 4 before",
    "tonic": "whether the first step strikes the tonic",
    "uneven": "how far off a hit's loudness is from the same one a phrase before",
}

REWARDS = Table(
    "a reward",
    {name: (f"daw_bridge.envs.rewards:{name}", words) for name, words in _RATES.items()},
)
"""What music may be paid for: rates, mostly shares."""

READERS = Table(
    "a format of music",
    {
        ".json": "daw_bridge.corpora.readers.frames:READER",
        ".kar": "daw_bridge.corpora.readers.midi:READER",
        ".mid": "daw_bridge.corpora.readers.midi:READER",
        ".midi": "daw_bridge.corpora.readers.midi:READER",
        ".npz": "daw_bridge.corpora.readers.piano_rolls:READER",
        ".pently": "daw_bridge.corpora.readers.pently:READER",
        ".rmi": "daw_bridge.corpora.readers.midi:READER",
        ".smf": "daw_bridge.corpora.readers.midi:READER",
        ".txt": "daw_bridge.corpora.readers.drum_text:READER",
    },
)
"""Every format of music that is read in bulk, by the end of a file's name."""

COMMANDS = Table(
    "a command",
    {
        "demo": ("daw_bridge.cli.demo:demo", "Make eight bars as MIDI, sound and picture."),
        "generate": ("daw_bridge.cli.generate:generate", "Write MIDI files from a model."),
        "factory": ("daw_bridge.cli.factory:factory", "Make tracks by the hundred, with sound."),
        "render": ("daw_bridge.cli.render:render", "Make sound files of MIDI files."),
        "infill": ("daw_bridge.cli.infill:infill", "Make bars of a MIDI file anew."),
        "jam": ("daw_bridge.cli.jam:jam", "Play a model into the DAW, bar by bar."),
        "ctl": ("daw_bridge.cli.ctl:ctl", "Tell a running jam something, ask it, watch it."),
        "mcp": ("daw_bridge.cli.mcp:mcp", "Serve an assistant that drives a DAW."),
        "kept": ("daw_bridge.cli.kept:kept", "The bars that you kept or rejected."),
        "replay": ("daw_bridge.cli.replay:replay", "Play a logged session again, into a file."),
        "ports": ("daw_bridge.cli.ports:ports", "List MIDI systems and their ports."),
        "doctor": ("daw_bridge.cli.doctor:doctor", "Measure this machine, and say what to do."),
        "models": ("daw_bridge.cli.models:models", "List the models there are."),
        "reaper": ("daw_bridge.cli.reaper:reaper", "Put our scripts into REAPER."),
        "drums": ("daw_bridge.cli.drums:drums", "Drum maps in and out, loop packs, new loops."),
        "encode": ("daw_bridge.cli.encode:encode", "Write MIDI files as text."),
        "decode": ("daw_bridge.cli.encode:decode", "Write text as a MIDI file."),
        "train": ("daw_bridge.cli.train:train", "Train a model on a folder of music."),
        "tune": ("daw_bridge.cli.tune:tune", "Have a model learn from its own best pieces."),
        "listen": ("daw_bridge.cli.listen:listen", "Train a listener to tell a model from music."),
        "sounds": ("daw_bridge.cli.sounds:sounds", "Find a synth program's numbers by ear."),
        "data": ("daw_bridge.cli.data:data", "Look at music, or fetch public data sets."),
        "evaluate": ("daw_bridge.cli.evaluate:evaluate", "Measure a model beside baselines."),
        "check": ("daw_bridge.cli.check:check", "Tell whether a file is valid, and what is not."),
        "show": ("daw_bridge.cli.show:show", "Print a jam preset with all its defaults."),
    },
)
"""Every command, in the order of a first visit, and what `daw-bridge --help` says of it."""

SOUND_COMMANDS = Table(
    "a command",
    {
        "match": (
            "daw_bridge.cli.sounds_match:match",
            "Find the numbers that come nearest to a target.",
        ),
        "train": (
            "daw_bridge.cli.sounds_train:train",
            "Train an agent that tunes a sound's program.",
        ),
    },
)
"""The commands of `daw-bridge sounds`."""

DRUM_COMMANDS = Table(
    "a command",
    {
        "maps": ("daw_bridge.cli.drums_maps:maps", "List the drum maps there are."),
        "show": ("daw_bridge.cli.drums_maps:show", "Print a map, note by note."),
        "convert": (
            "daw_bridge.cli.drums_convert:convert",
            "Move MIDI files from one map to another.",
        ),
        "detect": (
            "daw_bridge.cli.drums_detect:detect",
            "Tell which map a MIDI file was made for.",
        ),
        "note-names": (
            "daw_bridge.cli.drums_maps:note_names",
            "Write a map's note names for a DAW.",
        ),
        "standardise": (
            "daw_bridge.cli.drums_standardise:standardise",
            "Give single-drum loops their standard note, by file name.",
        ),
        "combine": (
            "daw_bridge.cli.drums_combine:combine",
            "Make new loops of kick, snare and hi-hat.",
        ),
        "jsfx": ("daw_bridge.cli.drums_maps:jsfx", "Write REAPER's live remap of all maps."),
    },
)
"""The commands of `daw-bridge drums`, and what `daw-bridge drums --help` says of each."""
