"""What a loop is by its name: told where it is plain, refused where it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.drums.loop_names import BUILT_IN, GENERAL, UNCLEAR, Rules, name_loop, words
from daw_bridge.music.gm_drums import DRUMS


@pytest.mark.parametrize(
    ("name", "drum"),
    [
        ("Kick_01", "kick"),
        ("KICK01", "kick"),
        ("bd 3", "kick"),
        ("Bass Drum", "kick"),
        ("808", "kick"),
        ("808_12", "kick"),
        ("808s", "kick"),
        ("Snr", "snare"),
        ("Snare-Roll (2)", "snare"),
        ("808 Snare 2", "snare"),
        ("SD_4", "snare"),
        ("Clap", "clap"),
        ("Low Mid Tom 1", "low-mid-tom"),
        ("Tom Mid Hi", "hi-mid-tom"),
        ("Rim", "side-stick"),
        ("Rim Shot 1", "rimshot"),
        ("Hi_Hat_01", "closed-hat"),
        ("hihat", "closed-hat"),
        ("Hats 12", "closed-hat"),
        ("HH", "closed-hat"),
        ("HH2", "closed-hat"),
        ("CH", "closed-hat"),
        ("HiHatClosed", "closed-hat"),
        ("TR-808 Hat", "closed-hat"),
        ("Hi-Hat Open 3", "open-hat"),
        ("Open.HiHat.3", "open-hat"),
        ("HHOpen", "open-hat"),
        ("OH", "open-hat"),
        ("HH_OH_2", "open-hat"),
        ("HiHat Foot", "pedal-hat"),
        ("Perc", "high-bongo"),
        ("Perc_Conga_1", "open-conga"),
        ("Floor Tom", "low-floor-tom"),
        ("Hi Tom 3", "high-tom"),
        ("Ride Bell", "ride-bell"),
        ("Crash 2", "crash"),
        ("Cow-Bell", "cowbell"),
        ("Wood Block", "high-wood-block"),
        ("Dark Trap Snare 140bpm Am", "snare"),
        ("3rd Kick", "kick"),
        ("Crash Cym 2", "crash"),
        ("Cymbal (Ride)", "ride"),
        ("OHiHat", "open-hat"),
        ("Hat_O", "open-hat"),
        ("Rim Rimshot", "rimshot"),
        ("Tom 2 low", "low-floor-tom"),
        ("HiMidTom", "hi-mid-tom"),
        ("Hi Floor Tom", "high-floor-tom"),
        ("Bongo Low", "low-bongo"),
        ("Conga Muted", "mute-conga"),
        ("Triangle closed", "mute-triangle"),
        ("Long Guiro", "long-guiro"),
        ("Wood Block Lo", "low-wood-block"),
        ("LT 4", "low-floor-tom"),
        ("HHs 2", "closed-hat"),
        ("OHs", "open-hat"),
        ("kickloop01", "kick"),
        ("SNARELOOPS", "snare"),
    ],
)
def test_names_as_packs_have_them(name, drum):
    assert name_loop([name]).drum == drum


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Kick Snare 1", "it names kick and snare"),
        ("HiHat Kick", "it names closed-hat and kick"),
        ("Hat open closed", "it names closed-hat and open-hat"),
        ("Perc Snare", "it names high-bongo and snare"),
        ("808 Bass", "it names a bass"),
        ("808 Long 3", "it names an 808: a kick or a bass"),
        ("Kick Bass", "it names kick and a bass"),
        ("Cymbal", "it names a cymbal"),
        ("Cym_03", "it names a cymbal"),
        ("BellRide", "it names ride and a bell"),
        ("Bell", "it names a bell"),
        ("Stick 2", "it names a stick"),
        ("Block 3", "it names no drum"),
        ("3rd 5", "it names no drum"),
        ("Tri 2", "it names no drum"),
        ("Vox Oh 2", "it names open-hat and another instrument"),
        ("CH open", "it names closed-hat and open-hat"),
        ("Perc HH", "it names closed-hat and high-bongo"),
        ("Tom high low", "it names high-tom and low-floor-tom"),
        ("bounce 3", "it names no drum"),
        ("bassloop", "it names a bass"),
        ("loop 4", "it names no drum"),
        ("chant", "it names no drum"),
        ("", "it names no drum"),
        ("007", "it names no drum"),
    ],
)
def test_what_is_not_plain_is_not_guessed(name, reason):
    naming = name_loop([name])
    assert (naming.drum, naming.reason) == (None, reason)


@pytest.mark.parametrize(
    ("path", "drum"),
    [
        (["Pack", "Kicks", "Bouncy 3"], "kick"),
        (["Pack", "Kicks", "Vol 2", "7"], "kick"),
        (["Kicks", "Snr 2"], "snare"),
        (["Hats", "Open 3"], "open-hat"),
        (["Open Hats", "Loop 1"], "open-hat"),
        (["Hats", "Closed", "HH 1"], "closed-hat"),
        (["Open Source Pack", "HH 1"], "closed-hat"),
        (["Hats", "Open Loops", "HH 1"], "open-hat"),
        (["808", "Dark 3"], "kick"),
        (["808 Kit", "Dark 3"], None),
        (["Kicks and Snares", "Dark 3"], None),
    ],
)
def test_folders_count_where_the_name_says_nothing(path, drum):
    assert name_loop(path).drum == drum


def test_a_folder_that_named_a_loop_is_told():
    assert name_loop(["Ride or Die", "Dark 3"]).folder == "Ride or Die"
    assert name_loop(["Ride or Die", "Kick 3"]).folder == ""
    assert name_loop(["Mine", "3"], Rules({("mine",): "clap"})).folder == "Mine"
    assert name_loop(["Pack", "Kicks", "Dark", "Deep", "3"]).folder == "Kicks"


def test_own_rules_come_first():
    rules = Rules({words("finger snap"): "clap", words("kick"): "snare"})
    assert name_loop(["Finger_Snap 3"], rules).drum == "clap"
    assert name_loop(["Kick Hat"], rules).drum == "snare"
    assert name_loop(["Hat"], rules).drum == "closed-hat"
    assert name_loop(["kick finger snap"], rules).reason == "it names clap and snare"


def test_every_built_in_name_is_of_a_drum():
    assert set(BUILT_IN.values()) <= DRUMS.keys() | GENERAL.keys() | UNCLEAR.keys()
    made = {drum for _, taken, drums in GENERAL.values() for drum in (taken, *drums.values())}
    assert made <= DRUMS.keys()


@pytest.mark.parametrize(
    ("name", "drum", "said"),
    [
        ("Tom 3", "low-tom", "tom"),
        ("HH", "closed-hat", "hi-hat"),
        ("Perc", "high-bongo", "perc"),
        ("808", "kick", "808"),
        ("Rim", "side-stick", "rim"),
        ("HH closed", "closed-hat", ""),
        ("HH_OH_2", "open-hat", ""),
        ("Low Tom", "low-floor-tom", ""),
        ("Kick", "kick", ""),
    ],
)
def test_a_name_that_says_less_tells_that_it_was_taken_for_a_drum(name, drum, said):
    naming = name_loop([name])
    assert (naming.drum, naming.taken_for) == (drum, said)


SAYS_MORE = {"perc", "rim", "808"}
"""Names that another name of the same thing makes clear."""


@pytest.mark.parametrize("first", sorted(BUILT_IN), ids=" ".join)
def test_a_name_of_two_things_is_never_one_of_them(first):
    for second, other in BUILT_IN.items():
        kind = BUILT_IN[first]
        naming = name_loop([" ".join((*first, *second))])
        if naming.drum is None or (*first, *second) in BUILT_IN or {kind, other} & SAYS_MORE:
            continue
        alone = {name_loop([" ".join(each)]).drum for each in (first, second)} - {None}
        if {kind, other} & GENERAL.keys():  # the one may say which of the other it is
            assert len({DRUMS[drum].family for drum in alone}) == 1, (first, second)
        else:
            assert alone == {naming.drum}, (first, second)


@given(
    st.sampled_from([phrase for phrase, drum in BUILT_IN.items() if drum in DRUMS]),
    st.sampled_from([" ", "_", "-", ".", " - "]),
    st.sampled_from([str.lower, str.upper, str.title]),
    st.integers(0, 99),
)
def test_case_separators_and_numbers_do_not_matter(phrase, separator, case, number):
    name = case(separator.join(phrase))
    plain = name_loop([" ".join(phrase)]).drum
    assert plain is not None
    assert name_loop([f"{name}{separator}{number:02}"]).drum == plain
