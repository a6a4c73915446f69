"""Bars from a model: its codec under conditions and limits, and the draws from its policy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from daw_bridge.config.drawing import LimitsFile
from daw_bridge.config.files import find
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.config.jam_names import condition_problems
from daw_bridge.config.turns import AUTO
from daw_bridge.daemon.hearing import (
    FOLLOWING,
    BesideAPlayer,
    as_loud,
    as_loud_beside,
    as_swung,
    as_voices,
)
from daw_bridge.daemon.loading import policy_of
from daw_bridge.document import refusal
from daw_bridge.encoding.codec import Codec, Constraint, holds
from daw_bridge.encoding.on_the_one import OnTheOne
from daw_bridge.encoding.velocities import as_played
from daw_bridge.errors import Problem, UserError, UserErrors
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.form import (
    FREE,
    Fills,
    Form,
    as_pieces,
    ending_at,
    free,
    of_sections,
    sections_of,
)
from daw_bridge.jam.modes import HEARING, PHRASE, Name
from daw_bridge.jam.primer import NO_PRIMER, PrimedBars, Primer
from daw_bridge.jam.relief import NOTHING, SoFar
from daw_bridge.jam.shadow import Harmony
from daw_bridge.jam.trade import OTHER, TradedBars
from daw_bridge.music import loudness
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.music.keys import Key, estimate
from daw_bridge.music.notes import Bar
from daw_bridge.music.swing import STRAIGHT, swung
from daw_bridge.music.time import Meter
from daw_bridge.policies.bars import PolicyBars
from daw_bridge.policies.candidates import ONE, Choice
from daw_bridge.policies.card import Card
from daw_bridge.policies.load import codec_of
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.sampling import Sampler
from daw_bridge.policies.touched import TouchedBars
from daw_bridge.registry import CODECS, JUDGES

if TYPE_CHECKING:
    from daw_bridge.encoding.limits import Limits


def bars_of(
    policy: Policy,
    file: JamFile,
    primer: Primer = NO_PRIMER,
    so_far: SoFar = NOTHING,
) -> PrimedBars:
    """Begin to draw bars from a policy, or go on from the music so far.

    Where what made that music plays the same policy, nothing is heard anew.

    Raises:
        UserError: the model has no bars of the meter, or can play nothing of the primer, or no
            chords under a player, or a limit is none for this model.
    """
    sampler = Sampler(file.temperature, file.top_p, file.seed)
    codec = codec_for(policy.card, file, primer.bars)
    if codec.meter not in (None, file.meter):
        raise UserError(
            f"a model of bars in {file.meter}", f"one in {codec.meter}", "choose another"
        )
    codec.grammar(file.meter)  # tells of a meter that no bar can have
    touch, swings = policy.card.touch, "swing" in file.followed
    held = partial(_played, codec=codec, in_full=touch is not None, swings=swings)
    heard = dataclasses.replace(primer, bars=tuple(map(held, primer.bars)))
    if any(bar.notes for bar in primer.bars) and not any(bar.notes for bar in heard.bars):
        raise UserError(
            f"a primer that {policy.card.name} can play", "none of its notes", "give another"
        )
    if touch is None and file.loudness != loudness.ANY:
        raise UserError("a model with a touch", policy.card.name, "leave out --loudness")
    in_it = bool(primer.bars_before and so_far.bars)  # the primer is part of the music so far
    before = list(heard.bars) if heard.condition and not in_it else []
    before = [bar for bar in (*before, *map(held, so_far.bars)) if holds(codec, bar.meter)]
    form, first = form_of(policy.card, file), max(0, so_far.number - primer.bars_before)
    drawn_before, touched_before = _left(so_far, policy, file.guidance, first)
    drawn = PolicyBars(
        policy,
        codec,
        sampler,
        heard=before,
        constraints=constraints_of(codec, file, heard),
        codec_for=partial(_as_played_to, codec) if follows_key(codec, file) else None,
        form=form,
        first=first,
        least=0 if "density" in file.followed else least_notes(codec, file.limits),
        choice=choice_of(policy, file),
        guidance=file.guidance,
        after=drawn_before,
        undone=so_far.undone,
    )
    harmony = partial(_harmony, drawn.policy, codec, sampler, drawn.now, file.meter)
    if file.mode == Name.FOLLOW:
        harmony()  # tells at once of a model that has no voices for it
    bars: BarSource = drawn
    if touch is not None:
        bars = TouchedBars(
            drawn,
            touch,
            file.seed,
            heard=before,
            form=form,
            loudness=loudness.named(file.loudness),
            first=first,
            after=touched_before,
            undone=so_far.undone,
        )
    shape = _shape(file, touched=touch is not None)
    if file.mode == Name.TRADE:
        beside = dataclasses.replace(heard, keep=True) if heard.inject else NO_PRIMER
        one = PrimedBars(bars, beside, partial(_held, held, codec), shaped=shape, meter=file.meter)
        hears = primer.condition and not in_it
        theirs = dataclasses.replace(primer, condition=hears, keep=primer.inject)
        so_far = dataclasses.replace(so_far, number=first)
        bars, shape = _traded(one, policy, file, theirs, so_far), _as_it_is
    return PrimedBars(
        bars,
        heard,
        partial(_held, held, codec),
        played=lambda bar: held(as_voices(bar, codec.kind)),
        shaped=shape,
        harmony=harmony,
        meter=file.meter,
    )


def _harmony(
    policy: Policy, codec: Codec, sampler: Sampler, now: tuple[Any, Any], meter: Meter
) -> Harmony:
    """Return what makes chords under a player, from where the music was; see `PolicyHarmony`.

    Raises:
        UserError: the model has no voices for that.
    """
    from daw_bridge.policies.harmony import PolicyHarmony  # noqa: PLC0415  # few jams follow

    return PolicyHarmony(policy, codec, sampler, _in_key, now, meter)


def follows_key(codec: Codec, file: JamFile) -> bool:
    """Whether a jam is in the key that a player plays in, once he does."""
    return "key" in _takes(codec) and (file.mode in HEARING or "key" in file.followed)


def _as_played_to(codec: Codec, ask: Ask) -> Codec:
    """Return a codec in the key that was found in what was played."""
    key = None if ask.found is None else ask.found.key
    return codec if key is None else _in_key(codec, key)


def _in_key(codec: Codec, key: Key) -> Codec:
    return dataclasses.replace(codec, key=key)  # type: ignore[type-var]  # codecs are dataclasses


def _shape(file: JamFile, *, touched: bool) -> Callable[[Bar, Ask], Bar]:
    """Return what makes bars as loud as a player, and swing as he does, where he is followed."""
    follows = "loudness" in file.followed and file.loudness == loudness.ANY
    loud = as_loud if follows else _as_it_is if touched else as_loud_beside
    return (lambda bar, ask: as_swung(loud(bar, ask), ask)) if "swing" in file.followed else loud


def _as_it_is(bar: Bar, _ask: Ask) -> Bar:
    return bar


def _held(held: Callable[[Bar], Bar], codec: Codec, bar: Bar) -> Bar | None:
    """Return a bar as a codec holds it; None where it holds none such."""
    return held(bar) if holds(codec, bar.meter) else None


def _traded(
    one: PrimedBars, policy: Policy, file: JamFile, primer: Primer, so_far: SoFar
) -> TradedBars:
    """Return bars of which every other turn is another's: of a preset, or of another seed.

    The primer is the other's as well, but of one who plays something else.
    """
    other, kind = traded_with(file), CODECS[policy.card.codec].kind
    if (other.model, other.rl_mix) != (file.model, file.rl_mix):
        policy = policy_of(find("models", other.model), other.rl_mix)
    bars = None if file.turns.bars == AUTO else int(file.turns.bars)
    alike = CODECS[policy.card.codec].kind == kind
    theirs = bars_of(policy, other, primer if alike else NO_PRIMER, so_far)
    voice = OTHER if file.turns.other else 0
    return TradedBars(one, theirs, bars or PHRASE, voice)


def traded_with(file: JamFile) -> JamFile:
    """Return the jam of who takes the other turns, in the time of this one."""
    if file.turns.other is None:
        return file.model_copy(update={"mode": Name.SOLO.value, "seed": file.seed + 1})
    time = {"bpm": file.bpm, "meter": file.meter, "mode": Name.SOLO.value}
    return load_jam(file.turns.other).read_from(None).model_copy(update=time)


def _left(
    so_far: SoFar, policy: Policy, guidance: float, first: int
) -> tuple[PolicyBars | None, TouchedBars | None]:
    """Return what drew and played the bars before the first, if it was the same policy."""
    after = None if so_far.left is None else so_far.left.source()
    source = after.source if isinstance(after, PrimedBars) else None
    touched = source if isinstance(source, TouchedBars) else None
    drawn = source if touched is None else touched.bars
    number = first - so_far.undone
    if isinstance(drawn, PolicyBars) and drawn.goes_on_from(policy, guidance, number):
        return drawn, touched
    return None, None


def choice_of(policy: Policy, file: JamFile) -> Choice:
    """Return how each bar is chosen.

    Raises:
        UserError: the judge needs what is not there.
    """
    return ONE if file.best_of == 1 else Choice(file.best_of, JUDGES[file.judge](policy))


def least_notes(codec: Codec, limits: LimitsFile) -> int:
    """Return how many notes a bar are no rest: one for each voice, unless few are asked for."""
    if limits.density is not None or limits.polyphony is not None:
        return 0
    return int(codec.tokens.voice.max()) + 1


def form_of(card: Card, file: JamFile) -> Form:
    """Plan what the bars of a jam are to be."""
    if file.form == FREE:
        form: Form = free
    elif file.form is not None:
        form = of_sections(sections_of(file.form), card.forms, file.seed, file.novelty)
    else:
        form = as_pieces(card.forms, file.seed, file.novelty) if card.forms else free
    if not file.ending or file.bars is None:
        return form
    return ending_at(form, file.bars)


def _played(bar: Bar, codec: Codec, *, in_full: bool, swings: bool = False) -> Bar:
    """Return a bar as a codec can hold it; where it has no such bars, as it is.

    In full, its velocities are kept. One that `swings` is heard in even eighths.
    """
    bar = swung(bar, STRAIGHT) if swings else bar
    near = as_played(codec, bar) if in_full else codec.quantise(bar)
    if near.meter.bar_length() != bar.meter.bar_length():
        return bar
    return dataclasses.replace(near, meter=bar.meter)  # a codec may not know by which name


def constraints_of(codec: Codec, file: JamFile, heard: Primer) -> list[Constraint]:
    """Return what bars are drawn under; music around a primer need not come in on the one.

    Raises:
        UserError: a limit is none for this codec.
    """
    constraints: list[Constraint] = []
    within = file.limits.model_copy(update={"parallels": True, "leap": None})
    if within != LimitsFile() or heard.inject:
        from daw_bridge.encoding.limits import Within, edge_of  # noqa: PLC0415  # most have none

        kept = heard.bars[-1] if heard.bars else None
        edge = edge_of(heard.bars) if heard.inject else None
        constraints.append(Within(codec, limits_of(file.limits), kept, edge))
    if file.on_the_one and not heard.inject:
        constraints.append(OnTheOne(codec))
    constraints += _leading(codec, file.limits)
    accompanies = file.mode == Name.ACCOMPANY
    if accompanies:
        constraints.append(BesideAPlayer(codec))
    constraints += [follow(codec) for name, follow in FOLLOWING.items() if name in file.followed]
    if file.fill != Fills.ANY or (accompanies and "fill" in _takes(codec)):
        constraints.append(_fills(codec, Fills(file.fill)))
    return constraints


def _leading(codec: Codec, limits: LimitsFile) -> Iterator[Constraint]:
    """Yield what limits say of how voices move."""
    if limits.leap is not None:
        from daw_bridge.encoding.leaps import NoLeapsOver  # noqa: PLC0415  # most may leap

        yield NoLeapsOver(codec, limits.leap)
    if not limits.parallels:
        from daw_bridge.encoding.parallels import NoParallels  # noqa: PLC0415  # most may have them

        yield NoParallels(codec)


def _fills(codec: Codec, fills: Fills) -> Constraint:
    if "fill" not in _takes(codec):
        raise UserError("a model that plays drum fills", codec.name, "leave out --fill")
    from daw_bridge.encoding.fills import FillsAt  # noqa: PLC0415  # most have none

    def wanted(ask: Ask) -> bool | None:
        found = ask.found if ask.accompanies else None
        pauses = found is not None and found.density > 0 and found.paused
        return True if pauses else fills.fall_on(ask.number)

    return FillsAt(wanted)


def _takes(codec: Codec) -> set[str]:
    """Return the names of what a codec may be told."""
    return {each.name for each in dataclasses.fields(CODECS[codec.name])}


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
    said = {name: said for name, said in file.conditions.items() if name not in file.followed}
    conditions: dict[str, Any] = {"tempo_qpm": file.bpm, "meter": file.meter}
    if "key" in takes and "key" not in said:
        conditions["key"] = key_of(file.limits.scale, primer)
    if "drums" not in file.conditions:
        conditions["drums"] = True
    wanted = {name: value for name, value in conditions.items() if name in takes}
    return codec_of(card, **wanted, **said)


def key_of(scale: Key | None, primer: Iterable[Bar]) -> Key:
    """Choose a key for music of a scale, whose tonic it has, or after a primer; else C major.

    Models play worse without a key: no music that they have learnt from was in all of them.
    """
    if scale is not None:
        return scale.nearest()
    sounds = [0.0] * 12
    for bar in primer:
        for note in bar.notes:
            sounds[note.pitch % 12] += note.duration
    return estimate(sounds) or Key(0)


def _refused(problems: Iterable[Problem], file: JamFile) -> UserErrors:
    """Return the problems of conditions: by line where the preset has them, else by name."""
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


def limits_of(file: LimitsFile) -> Limits:
    """Return the limits of a jam."""
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
