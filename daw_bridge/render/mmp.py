"""A project of LMMS 1.2 with the notes of a MIDI file: XML to a score's bytes, and no program run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from daw_bridge.midi.files import FileNote, Score
from daw_bridge.music.bar_lines import Tempos
from daw_bridge.music.time import PPQ, Ticks
