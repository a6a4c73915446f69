"""What a loop is by its name: told where it is plain, refused where it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.loops.names import BUILT_IN, HAT, PERC, WEAK_KICK, Rules, name_loop, words
from daw_bridge.music.drums import DRUMS


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
        ("bounce 3", "it names no drum"),
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
        (["808", "Dark 3"], "kick"),
        (["808 Kit", "Dark 3"], None),
        (["Kicks and Snares", "Dark 3"], None),
    ],
)
def test_folders_count_where_the_name_says_nothing(path, drum):
    assert name_loop(path).drum == drum


def test_own_rules_come_first():
    rules = Rules({words("finger snap"): "clap", words("kick"): "snare"})
    assert name_loop(["Finger_Snap 3"], rules).drum == "clap"
    assert name_loop(["Kick Hat"], rules).drum == "snare"
    assert name_loop(["Hat"], rules).drum == "closed-hat"
    assert name_loop(["kick finger snap"], rules).reason == "it names clap and snare"


def test_every_built_in_name_is_of_a_drum():
    assert set(BUILT_IN.values()) - {HAT, PERC, WEAK_KICK} <= set(DRUMS)


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
