"""From a jam's settings to what plays it: routes, ports, and the source of its bars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import find, is_shipped
from daw_bridge.config.jam import JamFile, VoiceFile, jam_file_of, load_jam
from daw_bridge.config.jam_names import name_problems, voice_problems
from daw_bridge.config.validation import problems
from daw_bridge.daemon.performance import Jam
from daw_bridge.document import Document, refusal
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.follow import SppUnit
from daw_bridge.jam.masters import Sync
from daw_bridge.jam.metronome import VOICE as CLICKS
from daw_bridge.jam.modes import HEARING, Name
from daw_bridge.jam.plan import Late, Plan
from daw_bridge.jam.primer import NO_PRIMER, Primer
from daw_bridge.jam.relief import NOTHING, OnError, SoFar
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.song import Loop
from daw_bridge.jam.trade import OTHER
from daw_bridge.policies.card import Card
from daw_bridge.policies.card import read as read_card
from daw_bridge.ports.backend import PLAYED, STATE, SYNC, PortSettings, PortSpec
from daw_bridge.ports.open import VIRTUAL
from daw_bridge.registry import CODECS

if TYPE_CHECKING:
    from daw_bridge.daemon.sound import Sound

ONLY_INJECTED = "--keep-primer: in the mode accompany only with --inject-primer"

DRUM_VOICES = ("drums", "noise")
"""What cards call a voice of drums; it goes to channel 10, through a drum map."""


OF_ITS_MODEL = (
    "conditions", "voices", "primer", "limits", "form", "novelty", "fill", "guidance",
    "loudness", "rl_mix",
)  # fmt: skip
"""What a preset says to its own model alone."""


def settled(
    jam: JamFile, options: dict[str, Any], *, drum_map: str | None = None
) -> tuple[JamFile, Path, Card]:
    """Put flags over a preset and find its model; give also the model's folder and card.

    Another model than the preset's leaves out what the preset tells its own: `OF_ITS_MODEL`.

    Raises:
        UserError: there is no such model, its card is not in order, or the settings contradict
            each other.
    """
    values = _flags_over(jam, options)
    folder, card = _found(jam, values["model"], drum_map)
    values["voices"] = values["voices"] or voices_of(card)
    if drum_map is not None:
        find("presets/drum_maps", drum_map)
        values["voices"] = tuple(
            each.model_copy(update={"drum_map": drum_map}) if each.drum_map is not None else each
            for each in values["voices"]
        )
    try:
        file = JamFile(**values)
    except ValidationError as error:
        raise UserErrors(map(str, problems(error))) from error
    return file.read_from(jam.document), folder, card


@dataclass(frozen=True, slots=True)
class Ready:
    """A jam that can be played: its settings, the folder of its model, and its primer.

    `remarks` say what of the primer could not be kept; `sound` is how it is heard without a DAW.
    """

    file: JamFile
    folder: Path
    primer: Primer = NO_PRIMER
    remarks: tuple[str, ...] = ()
    sound: Sound | None = None

    @property
    def bars(self) -> int | None:
        """Count the bars to play; a primer that comes first adds its own to those asked for."""
        bars = self.file.bars
        return None if bars is None else bars + self.primer.bars_before


def ready(jam: JamFile, options: dict[str, Any], *, drum_map: str | None = None) -> Ready:
    """Put flags over a preset, find its model, and read its primer.

    A tempo and a meter of the primer come before those of a preset that is shipped, and after what
    a flag or a preset of the user's own says.

    Raises:
        UserError: see `settled`; or the primer cannot be read or played.
    """
    file, folder, card = settled(jam, options, drum_map=drum_map)
    said = file.primer
    check_primer(file)
    if not said.is_given:
        primer = Primer((), said.condition, said.inject, said.keep)
        return Ready(file, folder, primer, (ONLY_INJECTED,) if _is_idle(file) else ())
    from daw_bridge.daemon.primer import primed  # noqa: PLC0415  numpy: only where it is needed

    own = jam.document is not None and not is_shipped(jam.document.path)
    stated = options.keys() | (jam.model_fields_set if own else set())
    file, primer, remarks = primed(file, card, stated)
    return Ready(file, folder, primer, remarks)


def check_primer(file: JamFile) -> None:
    """Check that there is a primer, or a player, where one is to be injected or kept.

    Raises:
        UserError: there is none.
    """
    said = file.primer
    if (said.inject or said.keep) and not (said.is_given or file.mode in HEARING):
        raise UserError(
            "a primer to inject or to keep", "none", "give one, or a mode that hears a player"
        )


def _is_idle(file: JamFile) -> bool:
    """Whether what is played is to be kept where nothing comes before what is made, or after."""
    return file.mode == Name.ACCOMPANY and file.primer.keep and not file.primer.inject


def _flags_over(jam: JamFile, options: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a preset with those of flags over them, part by part."""
    own: dict[str, Any] = {}
    if options.get("model", jam.model) != jam.model:
        own = {name: JamFile.model_fields[name].get_default() for name in OF_ITS_MODEL}
    preset = {**dict(jam), **own}
    values = {**preset, **options}
    for part in ("primer", "limits"):
        values[part] = {**dict(preset[part]), **options.get(part, {})}
    values["conditions"] = {**preset["conditions"], **dict(options.get("conditions", ()))}
    return values


def _found(jam: JamFile, model: str, drum_map: str | None) -> tuple[Path, Card]:
    """Find a model, and all else that the preset names for it.

    Raises:
        UserError: there is none, or the preset does not fit it.
    """
    voices = jam.voices or () if model == jam.model else ()
    try:
        folder = find("models", model)
        card = read_card(folder)
        if strangers := [each.what for each in voice_problems(card, [v.voice for v in voices])]:
            raise UserErrors(strangers)
        for each in voices if drum_map is None else ():
            if each.drum_map is not None:
                find("presets/drum_maps", each.drum_map)
    except UserError as error:
        raise _with_all_names(jam, error, model=model, drum_map=drum_map) from error
    return folder, card


def _with_all_names(
    jam: JamFile, error: UserError, *, model: str, drum_map: str | None
) -> UserError:
    """Return, by line, all that a preset names and that there is not; else the error itself."""
    if jam.document is None or model != jam.model:
        return error
    found, others = name_problems(jam.document, () if drum_map is None else {"voices"})
    return refusal(jam.document, found, others) if found or others else error


def voices_of(card: Card) -> tuple[VoiceFile, ...]:
    """Route a model's voices where its user is likely to want them.

    Drums go to channel 10 through the General MIDI map, the others to channels 1, 2, 3 and so on.
    """
    names = card.voices
    if not names:
        # A codec that there is not is told of with its line, when the model is loaded.
        drums = card.codec in CODECS and CODECS[card.codec].kind == "drums"
        names = ("drums",) if drums else ("notes",)
    channels = iter([*range(1, 10), *range(11, 17)])
    return tuple(
        VoiceFile(voice=voice, channel=10, drum_map="gm")
        if name in DRUM_VOICES
        else VoiceFile(voice=voice, channel=next(channels))
        for voice, name in enumerate(names)
    )


def jam_of(jam: Ready) -> Jam:
    """Return what the daemon plays.

    Raises:
        UserError: a drum map is unknown or not in order.
    """
    file, primer = jam.file, jam.primer
    voices = file.voices or (VoiceFile(drum_map="gm"),)
    if file.mode == Name.TRADE and file.turns.other is not None:
        voices += _voices_of_other(file.turns.other)
    routes = {
        each.voice: Route(
            each.port,
            each.channel - 1,
            None if each.drum_map is None else load_drum_map(each.drum_map),
        )
        for each in voices
    }
    roles = list(dict.fromkeys(each.port for each in voices))
    interplay = file.interplay()
    if interplay.may_click:
        clicks = file.turns.metronome_port
        routes[CLICKS] = Route(clicks, file.turns.metronome_channel - 1)
        roles += [clicks] if clicks not in roles else []
    outputs = tuple(_output(role, file.port if role == roles[0] else None) for role in roles)
    played, clock = PortSpec(PLAYED, file.in_port), PortSpec(SYNC, file.sync_port)
    sync, tempo_qpm = _sync_of(file), primer.tempo_qpm or file.bpm
    return Jam(
        tempo_qpm=tempo_qpm,
        plan=Plan(
            file.meter,
            jam.bars,
            Late(file.late),
            file.bar_where_late(),
            primer.tempos,
            Loop(file.loop),
            len(primer.bars) if interplay.hears and (primer.inject or primer.keep) else 0,
        ),
        routes=routes,
        ports=PortSettings(
            file.backend,
            outputs=(*outputs, *_beside(file, clock)),
            inputs=(played,) if sync is Sync.INTERNAL else (played, clock),
            sources=_sources(sync),
            tempo_qpm=tempo_qpm,
            meter=file.meter,
            transport_master=file.transport_master,
            thru=file.thru,
            sound=None if jam.sound is None else jam.sound.settings(routes),
        ),
        sync=sync,
        spp_unit=SppUnit(file.spp_unit),
        on_error=OnError(file.on_error),
        interplay=interplay,
    )


def _output(role: str, other: str | None) -> PortSpec:
    """Return an output of voices, connected to another's port where the jam or its role says so."""
    return PortSpec(role, other) if other is not None else PortSpec.of(role)


def _beside(file: JamFile, clock: PortSpec) -> Iterator[PortSpec]:
    """List the outputs that are for no voice: of our clock, and of what controllers show."""
    if _sync_of(file) is Sync.INTERNAL:
        yield clock
    if file.state_port is not None:
        yield PortSpec(STATE, file.state_port)


def _voices_of_other(preset: str) -> tuple[VoiceFile, ...]:
    """Return where the voices go of the preset that is traded with."""
    jam, _, _ = settled(load_jam(preset), {})
    return tuple(each.model_copy(update={"voice": each.voice + OTHER}) for each in jam.voices or ())


def _sync_of(file: JamFile) -> Sync:
    """Return whose time is kept: in virtual time there is nobody to wait for."""
    sync = Sync(file.sync)
    return Sync.AUTO if file.backend == VIRTUAL and sync is not Sync.INTERNAL else sync


def _sources(sync: Sync) -> tuple[str, ...]:
    """Return who else than a MIDI clock is asked where the DAW is; Link only where it can be."""
    if sync is Sync.AUTO:
        from daw_bridge.ports.link import installed  # noqa: PLC0415  asyncio

        return (Sync.JACK.value, *([Sync.LINK.value] if installed() else []))
    return (sync.value,) if sync in (Sync.JACK, Sync.LINK) else ()


def checked(document: Document) -> JamFile:
    """Return the jam of a document, all that it names looked up, as far as no device is needed.

    Raises:
        UserErrors: a line for everything that is wrong.
    """
    jam = jam_file_of(document)
    found, others = name_problems(document)
    if found or others:
        raise refusal(document, found, others)
    file, folder, card = settled(jam, {})
    check_primer(file)
    jam_of(Ready(file, folder))
    from daw_bridge.daemon.source import codec_for  # noqa: PLC0415  numpy: only where it is needed

    codec_for(card, file)
    return file


def source_of(jam: Ready, so_far: SoFar = NOTHING) -> BarSource:
    """Load a model and begin to draw bars from it, or go on where another one has failed.

    Numpy and the networks are imported here, while the port process starts beside it.

    Raises:
        UserError: the model does not fit its card.
    """
    from daw_bridge.daemon.loading import policy_of  # noqa: PLC0415
    from daw_bridge.daemon.source import bars_of  # noqa: PLC0415

    return bars_of(policy_of(jam.folder, jam.file.rl_mix), jam.file, jam.primer, so_far)


def need_bars(jam: Ready) -> int:
    """Return how many bars are to be played where there must be an end.

    Raises:
        UserError: none was given.
    """
    if jam.bars is None:
        raise UserError("how many bars to play in virtual time", "no --bars", "add --bars 8")
    return jam.bars
