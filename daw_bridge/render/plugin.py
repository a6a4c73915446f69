"""Instruments and effects that the user has as plugins: VST3, VST2, LV2 and Audio Units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from daw_bridge.config.schema import Schema
from daw_bridge.errors import UserError
from daw_bridge.render import host
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.job import Job
from daw_bridge.render.plugin_folders import find_plugin, is_uri
from daw_bridge.render.tracks import Name, Track

_STATES = {".fxp": "load_preset", ".vstpreset": "load_vst3_preset"}
"""How a file of settings is loaded, by the end of its name; any other is a state of its host's."""


class PluginFile(Schema):
    """A plugin: its path, its file's name in one of the usual folders, or the URI of an LV2.

    `preset` is the path of a .vstpreset, an .fxp or a state that was saved; `parameters` are set
    after it, by the names that the plugin tells, each 0..1.
    """

    plugin: Name
    preset: Name | None = None
    parameters: dict[Name, Annotated[float, Field(ge=0, le=1)]] = Field(default={})


class PluginTrack(Track):
    """An instrument, and the effects behind it, in order."""

    instrument: PluginFile
    effects: tuple[PluginFile, ...] = ()


class PluginSettings(Schema):
    """The tracks, and the effects on all of them.

    Where plugins are not kept they are loaded for each file, so that it sounds the same whatever
    was played before: hosts cannot reset them, and one that passes for unchanged after a file may
    not be so after two, as amsynth. Where they are, one with a large set of samples is loaded once.
    """

    tracks: tuple[PluginTrack, ...] = Field(min_length=1)
    effects: tuple[PluginFile, ...] = ()
    keep: bool = False


class Plugins:
    """Tracks of plugins."""

    Settings = PluginSettings

    def __init__(self, settings: PluginSettings) -> None:
        self._settings = settings
        self._kept: tuple[int, host.Rack] | None = None

    def missing(self) -> str | None:
        """Say what must be installed: DawDreamer, or the plugins that are not there."""
        named = dict.fromkeys(each.plugin for each in self._plugins())
        absent = [name for name in named if find_plugin(name) is None]
        return host.missing() or (f"the plugin {', '.join(absent)}" if absent else None)

    def version(self) -> str:
        """Name the host and the plugins."""
        names = ", ".join(Path(each.plugin).name for each in self._plugins())
        return f"{host.name_and_version()} with {names}"

    def render(self, job: Job, out: Path) -> None:
        """Write the sound of a file.

        Raises:
            UserError: the file cannot be read, or a plugin is not there, cannot be loaded, or has
                not the parameters or the preset.
        """
        if self._kept is None or self._kept[0] != job.rate or not self._settings.keep:
            self._kept = None  # the old ones go before the new ones come
            self._kept = job.rate, self._rack(job.rate)
        self._kept[1].render(job, out)

    def _plugins(self) -> Iterable[PluginFile]:
        for track in self._settings.tracks:
            yield track.instrument
            yield from track.effects
        yield from self._settings.effects

    def _rack(self, rate: int) -> host.Rack:
        engine = host.new_engine(rate)
        tracks = [
            (track, _chain(engine, (track.instrument, *track.effects), f"{i}"))
            for i, track in enumerate(self._settings.tracks)
        ]
        return host.Rack(engine, tracks, _chain(engine, self._settings.effects, "all"))


def _chain(engine: Any, plugins: Sequence[PluginFile], name: str) -> list[host.Processor]:
    return [_loaded(engine, each, f"{name}-{i}") for i, each in enumerate(plugins)]


def _loaded(engine: Any, file: PluginFile, name: str) -> host.Processor:
    place = find_plugin(file.plugin)
    if place is None:
        why = UserError("a plugin", f"none at {file.plugin!r}", "install it, or name its path")
        raise RenderError(Failure.MISSING, why)
    try:
        plugin = engine.make_plugin_processor(name, place)
    except RuntimeError as error:
        what = "an LV2 that can be opened" if is_uri(place) else "a VST3, VST2, LV2 or Audio Unit"
        raise UserError(what, f"{file.plugin!r} ({error})", "try another format of it") from error
    if file.preset is not None:
        _load_preset(plugin, Path(file.preset).expanduser())
    known = {each["name"]: each["index"] for each in plugin.get_parameters_description()}
    for number, value in host.numbered(known, file.parameters, file.plugin):
        # As a curve that stays where it is: LV2 instruments do not hear of a parameter otherwise.
        plugin.set_automation(number, np.full(2, value, np.float32))
    return plugin


def _load_preset(plugin: host.Processor, path: Path) -> None:
    load = getattr(plugin, _STATES.get(path.suffix.lower(), "load_state"))
    try:
        if not path.is_file():
            raise RuntimeError("there is no such file")
        said = load(str(path))
    except RuntimeError as error:
        raise UserError("a preset of the plugin", f"{path} ({error})", "save it anew") from error
    if said is False:
        raise UserError("a preset of the plugin", f"another, {path}", "save it anew")
