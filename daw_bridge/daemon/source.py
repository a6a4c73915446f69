"""Bars from a model: its codec under conditions and limits, and the draws from its policy."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from daw_bridge.cli.primers import bars_of_primer
from daw_bridge.config.drawing import LimitsFile
from daw_bridge.config.jam import JamFile
from daw_bridge.config.jam_names import condition_problems
from daw_bridge.document import refusal
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.on_the_one import OnTheOne
from daw_bridge.encoding.wrapped import Wrapped
from daw_bridge.errors import Problem, UserError, UserErrors
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.primer import PrimedBars, Primer
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.music.keys import KEYS, Key, estimate
from daw_bridge.music.notes import Bar
from daw_bridge.policies.bars import PolicyBars
from daw_bridge.policies.card import Card
from daw_bridge.policies.load import codec_of
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.sampling import Sampler
from daw_bridge.registry import CODECS

if TYPE_CHECKING:
    from daw_bridge.encoding.limits import Limits


def bars_of(policy: Policy, file: JamFile) -> BarSource:
    """Begin to draw bars from a policy, from the first number of the seed on.

    Raises:
        UserError: the primer cannot be read, or a limit is none for this model.
    """
    sampler = Sampler(file.temperature, file.top_p, file.seed)
    primer = primer_of(policy.card, file)
    codec: Codec = codec_for(policy.card, file, primer.bars)
    heard = dataclasses.replace(primer, bars=tuple(codec.quantise(bar) for bar in primer.bars))
    if any(bar.notes for bar in primer.bars) and not any(bar.notes for bar in heard.bars):
        raise UserError(
            f"a primer that {policy.card.name} can play", "none of its notes", "give another"
        )
    used: Codec = codec
    first: tuple[Codec, ...] = ()
    if file.limits != LimitsFile() or primer.inject:
        from daw_bridge.encoding.limits import Limited, edge_of  # noqa: PLC0415  # most have none

        kept = heard.bars[-1] if heard.bars else None
        used = limited = Limited(codec, limits_of(file.limits), kept)
        if primer.inject:
            first = tuple(limited.requiring(bar, edge_of(heard.bars)) for bar in heard.bars)
    after = _on_the_one if file.on_the_one and not primer.inject else _limited
    past = heard.bars if heard.condition else ()
    drawn = PolicyBars(policy, used, sampler, heard=past, first=first, after=after)
    return PrimedBars(drawn, heard)


def _limited(codec: Codec, bar: Bar | None) -> Codec:
    """Give a codec as it is after a bar: what may be drawn within limits depends on it."""
    return codec.after(bar) if isinstance(codec, Wrapped) else codec


def _on_the_one(codec: Codec, bar: Bar | None) -> Codec:
    """Give a codec as it is after a bar: after none, or a silent one, music comes in on the one.

    Players may begin with a pickup or a rest, and a model that is asked for the likeliest only
    would rest for ever.
    """
    limited = _limited(codec, bar)
    return limited if bar and bar.notes else OnTheOne(limited)


def codec_for(card: Card, file: JamFile, primer: Iterable[Bar] = ()) -> Codec:
    """Build a card's codec under the jam's conditions, which the tempo and meter are as well.

    Where a model takes a key and the jam names none, it is that of its scale, of its primer, or C;
    where it can be told of drums, they play.

    Raises:
        UserError: the model does not take such a condition.
    """
    if problems := list(condition_problems(card, file.conditions)):
        raise _refused(problems, file)
    takes = {each.name for each in dataclasses.fields(CODECS[card.codec])}
    conditions: dict[str, Any] = {"tempo_qpm": file.bpm, "meter": file.meter}
    if "key" in takes and "key" not in file.conditions:
        conditions["key"] = key_of(file.limits.scale, primer)
    if "drums" not in file.conditions:
        conditions["drums"] = True
    wanted = {name: value for name, value in conditions.items() if name in takes}
    return codec_of(card, **wanted, **file.conditions)


def key_of(scale: Key | None, primer: Iterable[Bar]) -> Key:
    """Choose a key for music of a scale or after a primer; without either, C major.

    Models play worse without a key: no music that they have learnt from was in all of them.
    """
    if scale in KEYS:
        return scale
    sounds = [0.0] * 12
    for bar in primer:
        for note in bar.notes:
            sounds[note.pitch % 12] += note.duration
    return estimate(sounds) or Key(0)


def _refused(problems: Iterable[Problem], file: JamFile) -> UserErrors:
    """Tell the problems of conditions: by line where the preset has them, else by name."""
    if file.document is None:
        return UserErrors(map(str, problems))
    stated = file.document.data.get("conditions", {})
    ours, others = list[Problem](), list[str]()
    for each in problems:
        name = str(each.location[0])
        if stated.get(name, object()) == file.conditions[name]:
            ours.append(each.under("conditions"))
        else:
            others.append(str(each))
    return refusal(file.document, ours, others)


def primer_of(card: Card, file: JamFile) -> Primer:
    """Read the primer of a jam for a model.

    Raises:
        UserError: it cannot be read, or holds nothing for such a model.
    """
    given, drums = file.primer, card.codec.startswith("drum-")
    chip = card.codec == "chip-voices"
    bars = bars_of_primer(given, file.meter, drums=drums, chip=chip)
    return Primer(bars, given.condition, given.inject, given.keep)


def limits_of(file: LimitsFile) -> Limits:
    """Give the limits of a jam."""
    from daw_bridge.encoding.limits import Limits  # noqa: PLC0415

    numbers = {each.name: number for number, each in enumerate(DRUM_CLASSES)}
    low, high = file.range or (0, 127)
    return Limits(
        scale=file.scale,
        low=low,
        high=high,
        density=file.density,
        polyphony=file.polyphony,
        mute=frozenset(numbers[name] for name in file.mute),
        lock=frozenset(numbers[name] for name in file.lock),
    )
