"""The shape of the project: who may import whom, what playing loads, and all data in order."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import get_args

import click
import pytest

from daw_bridge.cli.main import cli, run
from daw_bridge.config.files import shipped_folder
from daw_bridge.config.kinds import SCHEMAS
from daw_bridge.encoding.kind import Kind
from daw_bridge.registry import CODECS, COMMANDS, NETWORKS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "daw_bridge"

ROWS: dict[str, int] = {
    "__init__": 0,
    "errors": 0,
    "files": 0,
    "registry": 0,
    "music": 0,
    "document": 1,
    "midi": 1,
    "encoding": 1,
    "policies": 2,
    "jam": 2,
    "drums": 2,
    "ports": 3,
    "control": 3,
    "pictures": 3,
    "corpora": 3,
    "config": 3,
    "evaluation": 4,
    "envs": 4,
    "render": 4,
    "training": 4,
    "daemon": 4,
    "cli": 5,
}
"""A module imports its own row, or rows above it (of smaller numbers).

`document` reads YAML with the lines it stands on: for presets, and for the cards of models, which
`policies` reads without knowing what a preset is. So it is above both.
"""

THIRD_PARTY: dict[str, set[str]] = {
    "document": {"yaml"},
    "midi": {"numpy"},
    "encoding": {"numpy"},
    "policies": {"numpy", "safetensors", "threadpoolctl"},
    "ports": {"aalink", "jack", "rtmidi"},
    "render": {"dawdreamer", "joblib", "numpy", "pydantic", "pyo", "soundfile"},
    "pictures": {"matplotlib", "numpy"},
    "corpora": {"numpy"},
    "control": {"pydantic", "pythonosc"},
    "daemon": {"pydantic"},
    "drums": {"numpy"},
    "evaluation": {"numpy", "yaml"},
    "config": {"pydantic"},
    "envs": {"cma", "gymnasium", "numba", "numpy", "safetensors", "yaml"},
    "cli": {"click", "mcp", "numpy", "pydantic", "rich", "rtmidi", "yaml"},
}
"""What a package may import from outside; `training` is free to. Where none is named: nothing."""

TRAIN_COMMAND = PACKAGE / "cli" / "train.py"
"""Besides training itself the one file that may name torch, to say that it is missing."""

STRANGERS = [
    {"jam", "encoding"},
    {"jam", "policies"},
    {"jam", "ports"},
    {"ports", "policies"},
    {"ports", "training"},
    {"control", "ports"},
    {"envs", "jam"},
    {"evaluation", "training"},
]
"""Packages that must not know each other, either way, though their rows would allow it."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "data" not in path.parts)


def package_of(path: Path) -> str:
    """Name the part of daw_bridge that a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path, *, types: bool = False) -> Iterator[tuple[str, int]]:
    """Find what a file imports when it runs, and where; imports for types alone if `types`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inside
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for each in node.body
        for inside in ast.walk(each)
    }
    for node in ast.walk(tree):
        if node in for_types and not types:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path):
    here = package_of(path)
    assert here in ROWS, f"{here} has no row: give it one"
    for name, line in imports(path):
        parts = name.split(".")
        where = f"{path.relative_to(ROOT)}:{line} imports {name}"
        if parts[0] == "daw_bridge":
            there = next((part for part in parts[1:2] if part in ROWS), "__init__")
            assert ROWS[there] <= ROWS[here], where
            assert {here, there} not in STRANGERS, where
        elif parts[0] not in sys.stdlib_module_names:
            allowed = THIRD_PARTY.get(here, set()) | ({"torch"} if path == TRAIN_COMMAND else set())
            assert here == "training" or parts[0] in allowed, where


def module_of(path: Path) -> str:
    """Name a file as it is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Give the modules of a circle of imports, the first one again at the end; [] for none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    """Every import statement counts that can run, in a function as well.

    Left out are imports for types alone, and names that the registry imports when they are asked
    for: it knows everybody. A package counts where something of its own is imported.
    """
    files = {module_of(path): path for path in MODULES}
    graph = {
        name: {there if there in files else there.rpartition(".")[0] for there, _ in imports(path)}
        for name, path in files.items()
    }
    assert sum(len(there & files.keys()) for there in graph.values()) > len(files)
    assert circle(graph) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []


SEEN_FROM_BELOW = {"daw_bridge.jam.ask.Ask"}
"""What a constraint is told, and so named in its type by rows below `jam`; never imported there."""


def test_types_too_are_of_rows_above():
    """A module that only names a type of another knows it all the same."""
    for path in MODULES:
        run = set(imports(path))
        named = {each for each in imports(path, types=True) if each not in run}
        for name, line in named:
            there = name.split(".")[1] if name.startswith("daw_bridge.") else "__init__"
            known = ROWS[there] <= ROWS[package_of(path)] or name in SEEN_FROM_BELOW
            assert known, f"{path.relative_to(ROOT)}:{line} names {name}"


def test_nothing_asks_a_codec_or_a_network_for_its_class_or_name():
    """What is to be known of one is in its table of tokens, its `kind`, or a method of its own."""
    classes = {table[name].__name__ for table in (CODECS, NETWORKS) for name in table}
    names = {*CODECS, *NETWORKS} - {*get_args(Kind)}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
                asked = {each.id for each in ast.walk(node.args[1]) if isinstance(each, ast.Name)}
                assert not asked & classes, where
            if isinstance(node, ast.Compare | ast.MatchValue):
                said = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
                assert not said & names, where


def test_the_rows_name_every_package_there_is():
    there = {package_of(path) for path in MODULES}
    assert there == set(ROWS), "ROWS and the folders of daw_bridge differ"


def test_contributing_shows_the_same_rows():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = {
        name: int(row)
        for row, names in re.findall(r"^\| (\d) \| (.*?) \|$", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert shown == {name: row for name, row in ROWS.items() if name != "__init__"}
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(re.findall(r"`(\w+)/`", text)), "the tour leaves a folder out"


def test_torch_is_named_by_training_and_its_command_alone():
    users = {path for path in MODULES for name, _ in imports(path) if name.startswith("torch")}
    assert {package_of(path) for path in users - {TRAIN_COMMAND}} <= {"training"}


PLAYING = """
import sys
from daw_bridge.cli.main import run
code = run({arguments!r})
heavy = sorted({names!r} & {{name.partition(".")[0] for name in sys.modules}})
sys.exit(f"exit code {{code}}" if code else f"imported {{heavy}}" if heavy else 0)
"""


def modules_loaded(arguments: list[str], unwanted: set[str], cwd: Path) -> str:
    """Run a command in a process of its own; say what it should not have imported."""
    code = PLAYING.format(arguments=arguments, names=unwanted)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd, check=False
    )
    return done.stderr


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    from tests.tiny_model import write_tiny_model

    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


TRAINING_ONLY = {"torch", "tensorboard"}


def test_playing_imports_no_torch(tiny):
    jam = ["jam", "--model", str(tiny), "--backend", "offline", "--bars", "2"]
    assert modules_loaded(jam, {*TRAINING_ONLY, "matplotlib", "soundfile", "rich"}, ROOT) == ""
    generate = ["generate", str(tiny), "--bars", "1", "--out", str(tiny.parent / "out")]
    assert modules_loaded(generate, {*TRAINING_ONLY, "matplotlib", "soundfile", "rich"}, ROOT) == ""


def test_the_port_process_is_small():
    heavy = {*TRAINING_ONLY, "numpy", "pydantic", "yaml", "click", "matplotlib", "safetensors"}
    code = f"import sys, daw_bridge.ports.__main__; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_help_imports_next_to_nothing():
    heavy = {"numpy", "pydantic", "yaml", "rich", "mido", "matplotlib", "soundfile", *TRAINING_ONLY}
    assert modules_loaded(["--help"], heavy, ROOT) == ""


@pytest.mark.parametrize("command", ["jam", "generate", "train", "evaluate"])
def test_the_help_of_a_command_imports_its_schema_at_most(command):
    heavy = {"numpy", "rich", "mido", "matplotlib", "soundfile", "safetensors", *TRAINING_ONLY}
    assert modules_loaded([command, "--help"], heavy, ROOT) == ""


def data_files() -> list[Path]:
    kinds = [shipped_folder() / kind for kind in SCHEMAS]
    models = [card.parent for card in (shipped_folder() / "models").glob("*/README.md")]
    return sorted([path for kind in kinds for path in kind.glob("*.yaml")] + models)


@pytest.mark.parametrize("path", data_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_everything_that_is_shipped_is_in_order(path, capsys):
    code = run(["check", str(path)])
    assert (code, capsys.readouterr().err) == (0, "")


def test_there_is_something_to_ship():
    folders = {path.parent.name for path in data_files()}
    assert {"jams", "drum_maps", "models"} <= folders


def test_the_package_says_what_it_is_and_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    import daw_bridge

    assert project.get("version", daw_bridge.__version__) == daw_bridge.__version__
    assert project["requires-python"] == ">=3.11"
    needs = " ".join(project["dependencies"])
    assert "torch" not in needs
    assert project["scripts"]["daw-bridge"] == "daw_bridge.cli.main:main"


WRITTEN = ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]


def options_of(words: list[str]) -> set[str]:
    """Give the options of the command that some words begin with, or of a subcommand of it."""
    command = cli
    while words and isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words.pop(0))
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts)}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_option_that_is_written_down_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for line in re.findall(r"daw-bridge ([a-z][^`\n#]*)", text):
        if named := set(re.findall(r"(?<= )--[a-z-]+", line)):
            assert named <= options_of(line.split()), line


def test_every_training_preset_is_written_of():
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    there = {path.stem for path in (ROOT / "presets" / "training").glob("*.yaml")}
    assert there <= set(re.findall(r"`([\w-]+)`", text))


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_of_the_project_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"<!-- results: .*?<!-- end -->", "", text, flags=re.DOTALL)
    commands = set(re.findall(r"daw-bridge ([a-z]\w*)", text)) - {"command"}
    assert commands <= set(COMMANDS), f"{name} names commands that there are not"
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert all((ROOT / name).parent.joinpath(link).exists() for link in links)
    maps = set(re.findall(r"--drum-map ([\w.-]+\w)", text))
    assert maps <= {path.stem for path in (ROOT / "presets" / "drum_maps").glob("*.yaml")}


READERS_OF_THEIR_OWN = {
    "files.py": "reads for all others, up to a bound",
    "daemon/growing.py": "a file of its own that it writes as well",
    "daemon/kept.py": "its own store, to which it adds lines",
    "daemon/journal.py": "its own journal, line by line",
    "control/places.py": "locks of its own, and the token that it writes",
    "render/factory.py": "its own manifest, at whose end it writes",
    "render/wave.py": "writes; what it reads has a length, and is read block by block",
    "cli/main.py": "the device that takes all and gives nothing",
    "corpora/download.py": "writes an archive, whose sum is checked before it is unpacked",
    "corpora/npz.py": "a zip in memory, each member up to a bound",
    "policies/token_lookback.py": "`open` of a head, which is no file",
}


def test_files_are_read_by_those_who_set_a_bound():
    reading = {"read_bytes", "read_text", "open", "ZipFile"}
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr in reading)
            or ast.unparse(node.func) in ("open", "np.load", "safe_open", "load_file", "torch.load")
        )
    }
    assert users == set(READERS_OF_THEIR_OWN)


def test_nothing_unpickles_or_evaluates():
    banned = {"pickle", "shelve", "marshal", "dill", "joblib.load", "joblib.Memory"}
    for path in MODULES:
        names = {name for name, _ in imports(path)}
        assert not names & banned, path
        assert "joblib" not in names, f"{path}: name what is used of it, so that `load` is seen"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        names = {call.id for call in calls if isinstance(call, ast.Name)}
        assert not names & {"eval", "exec", "__import__"}, path
