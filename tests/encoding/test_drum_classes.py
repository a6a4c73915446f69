"""The words of nine drums, as tokens."""

from __future__ import annotations

from daw_bridge.encoding.drum_classes import word_tokens


def test_a_word_is_a_whole_step_and_strikes_its_drums() -> None:
    tokens = [*word_tokens()]
    assert len(tokens) == 512
    assert {(token.rank, token.ends_step) for token in tokens} == {(0, True)}
    rock = tokens[0b101000000]
    assert (rock.name, rock.strikes, rock.drums) == ("0b101000000", 2, 0b101000000)
