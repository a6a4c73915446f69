"""The tables of names: what stands in each is there, and is imported only when asked for."""

import subprocess
import sys

import pytest

from daw_bridge import registry
from daw_bridge.errors import UserError
from daw_bridge.registry import Table

TABLES = [each for each in vars(registry).values() if isinstance(each, Table)]


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table in TABLES for name in table], ids=str
)
def test_every_name_stands_for_something(table, name):
    if table is registry.TRAINED:
        pytest.importorskip("torch", reason="the train extra is not installed")
    assert callable(table.find(name))


def test_a_name_that_is_not_there_is_refused_with_the_near_one():
    table = Table("a fruit", {"apple": "nowhere:Apple", "pear": ("nowhere:Pear", "green")})
    with pytest.raises(UserError, match=r"^expected a fruit, found 'aple': did you mean 'apple'\?"):
        table.find("aple")
    with pytest.raises(KeyError):
        table["aple"]


def test_looking_through_a_table_imports_nothing():
    code = (
        "import sys; from daw_bridge.registry import *; import daw_bridge.registry as r;"
        "tables = [t for t in vars(r).values() if isinstance(t, r.Table)];"
        "seen = [(n in t, t.words()[n]) for t in tables for n in t];"
        "print(len(seen) > 20, [m for m in sys.modules if m.startswith('daw_bridge.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True ['daw_bridge.errors', 'daw_bridge.registry']"
