"""The same preset and seed play the same bytes, from one version to the next."""

import json

import pytest

from tests.golden.takes import FILE, cases, hash_of

HASHES = json.loads(FILE.read_text(encoding="utf-8"))


def test_every_case_has_its_hash():
    assert list(HASHES) == list(cases())


@pytest.mark.parametrize("name", cases())
def test_the_same_seed_plays_what_it_played(name, tmp_path, capsys):
    assert hash_of(cases()[name], tmp_path) == HASHES[name]
