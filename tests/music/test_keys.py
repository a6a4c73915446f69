"""Keys are read, moved, and told from notes."""

from __future__ import annotations

import pytest

from daw_bridge.music.keys import KEYS, Key, estimate


@pytest.mark.parametrize(
    ("text", "tonic", "scale"),
    [
        ("C", 0, "major"),
        ("Am", 9, "minor"),
        ("Eb minor", 3, "minor"),
        ("f# Dorian", 6, "dorian"),
        ("Bb_minor pentatonic", 10, "minor-pentatonic"),
    ],
)
def test_a_key_is_read_as_people_write_it(text: str, tonic: int, scale: str) -> None:
    assert Key.parse(text) == Key(tonic, scale)


@pytest.mark.parametrize("text", ["", "H major", "C locrian-ish", "major"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Key.parse(text)


@pytest.mark.parametrize("tonic", [-1, 12])
def test_a_tonic_is_one_of_twelve(tonic: int) -> None:
    with pytest.raises(ValueError, match=f"found {tonic}"):
        Key(tonic)


def test_a_scale_is_its_pitch_classes() -> None:
    assert Key.parse("C minor-pentatonic").pitch_classes() == {0, 3, 5, 7, 10}


@pytest.mark.parametrize("key", KEYS)
def test_a_cadence_tells_its_key(key: Key) -> None:
    third = 4 if key.scale == "major" else 3
    degrees = [0, 2, third, 5, 7, 0, third, 7, 11, 0]
    histogram = [0.0] * 12
    for degree in degrees:
        histogram[(key.tonic + degree) % 12] += 1
    assert estimate(histogram) == key


@pytest.mark.parametrize(
    ("scale", "weights"),
    [
        ("major", (238, 6, 111, 6, 137, 94, 16, 214, 9, 80, 8, 81)),
        ("minor", (220, 6, 104, 123, 19, 103, 12, 214, 62, 22, 61, 52)),
        ("minor", (30, 0, 10, 12, 3, 11, 0, 31, 5, 3, 5, 4)),
    ],
)
def test_major_and_minor_are_weighed_alike(scale: str, weights: tuple[float, ...]) -> None:
    """Weights by degree; each profile fits itself best, though one is flatter than the other."""
    for tonic in range(12):
        histogram = [weights[(pitch - tonic) % 12] for pitch in range(12)]
        assert estimate(histogram) == Key(tonic, scale)


def test_silence_has_no_key() -> None:
    assert estimate([0.0] * 12) is None


@pytest.mark.parametrize(
    ("scale", "key"),
    [
        ("D dorian", "D minor"),
        ("E phrygian", "E minor"),
        ("F lydian", "F major"),
        ("G mixolydian", "G major"),
        ("A blues", "A minor"),
        ("C harmonic minor", "C minor"),
        ("Bb pentatonic", "Bb major"),
        ("B chromatic", "B major"),
        ("C minor", "C minor"),
    ],
)
def test_a_scale_is_nearest_to_the_key_of_its_tonic_and_third(scale: str, key: str) -> None:
    assert Key.parse(scale).nearest() == Key.parse(key)
