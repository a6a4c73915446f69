"""Whether the tests notice when a line of the program is changed: a sample of small changes.

    pip install -e '.[mutation]'
    python benchmarks/mutation.py [--sample N] [--seed S] [PACKAGE ...]

mutmut makes the changes (another operator, number, argument or name, one at a time) and runs for
each those tests of the package that come by it, until one fails or the time is up. It works in a
copy in a temporary folder: the checkout is only read. N changes are drawn at random over all
packages, as their changes are many; 0 takes all. Tests that need JACK or the music data are left
out. Code outside functions is not changed, and what runs only while modules are imported survives
unjustly: they are imported before. Writes results/mutation.json and results/mutation.md, which
lists what no test noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from machine import describe
from record import command, record

ROOT = Path(__file__).parents[1]
PACKAGES = ("music", "midi", "encoding", "jam", "ports", "drums")

OUTCOMES = {0: "survived", 33: "no test runs it", None: "not tried"}
TIMED_OUT = (-24, 24, 36, 152, 255)

PROFILE = """
from hypothesis import Phase

settings.register_profile(
    "mutation", deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("mutation")
"""
"""For the copy: a failure is enough, whatever the smallest one is."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: its name, what became of it, and the change itself where nobody noticed."""

    package: str
    name: str
    outcome: str
    change: str = ""


class Copy:
    """A copy of the checkout in which mutmut changes one package."""

    def __init__(self, folder: Path, package: str) -> None:
        self._folder = folder
        self._package = package
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        beside = sorted(path.name for path in folder.iterdir() if path.name != "pyproject.toml")
        with (folder / "pyproject.toml").open("a") as project:
            project.write(
                "\n[tool.mutmut]\n"
                f'source_paths = ["daw_bridge/{package}"]\n'
                f"also_copy = {json.dumps(beside)}\n"
                f'pytest_add_cli_args_test_selection = ["tests/{package}"]\n'
                'pytest_add_cli_args = ["-m", "not jack and not shared_data"]\n'
            )
        with (folder / "tests" / "conftest.py").open("a") as conftest:
            conftest.write(PROFILE)

    def changes(self) -> list[str]:
        """Name all changes that can be made, once the tests are known that come by each."""
        self._mutmut("run", "none of them")  # it names no change, so none is tried
        return sorted(self._codes())

    def run(self, names: Sequence[str]) -> list[Mutant]:
        """Try changes, and say what became of each."""
        if names:
            self._mutmut("run", *names)
        return [self._mutant(name, self._codes()[name]) for name in names]

    def _mutant(self, name: str, code: int | None) -> Mutant:
        outcome = "timed out" if code in TIMED_OUT else OUTCOMES.get(code, "killed")
        change = ""
        if outcome == "survived":
            shown = self._mutmut("show", name).splitlines()
            headers = ("+++", "---")
            lines = (line for line in shown if line[:1] in ("+", "-") and line[:3] not in headers)
            change = "\n".join(lines)
        return Mutant(self._package, name, outcome, change)

    def _codes(self) -> Mapping[str, int | None]:
        """Return the exit code of the tests under each change; None where it was not tried."""
        found: dict[str, int | None] = {}
        for path in (self._folder / "mutants").rglob("*.meta"):
            found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        return found

    def _mutmut(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "mutmut", *arguments],
            cwd=self._folder,
            env={**os.environ, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if not any((self._folder / "mutants").rglob("*.meta")):
            sys.exit(f"mutmut {arguments[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout


def sampled(changes: Mapping[str, Sequence[str]], count: int, seed: int) -> dict[str, list[str]]:
    """Draw changes by package, from all of them alike; 0 takes all."""
    every = [(package, name) for package, names in changes.items() for name in names]
    chosen = random.Random(seed)  # noqa: S311  # nothing is secret
    drawn = chosen.sample(every, min(count or len(every), len(every)))
    return {
        package: sorted(name for where, name in drawn if where == package) for package in changes
    }


def table(mutants: Iterable[Mutant], total: Mapping[str, int]) -> str:
    """Return counts by package, and what was not noticed."""
    counts: dict[str, Counter[str]] = {package: Counter() for package in (*total, "all")}
    survived = []
    for mutant in mutants:
        counts[mutant.package][mutant.outcome] += 1
        counts["all"][mutant.outcome] += 1
        if mutant.outcome == "survived":
            survived.append(mutant)
    lines = [
        "| package | changes there are | tried | noticed | survived | no test runs it | score |",
        "|---|---|---|---|---|---|---|",
    ]
    for package, each in counts.items():
        there = total[package] if package in total else sum(total.values())
        noticed = each["killed"] + each["timed out"]
        score = f"{noticed / each.total():.0%}" if each.total() else ""
        rest = f"{each['survived']} | {each['no test runs it']}"
        lines.append(f"| {package} | {there} | {each.total()} | {noticed} | {rest} | {score} |")
    for mutant in survived:
        lines += ["", f"`{mutant.name}`", "", "```diff", mutant.change, "```"]
    return "\n".join([*lines, ""])


def main() -> None:
    """Try changes, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=300, help="how many changes; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("packages", metavar="PACKAGE", nargs="*", default=PACKAGES)
    options = parser.parse_args()
    if find_spec("mutmut") is None:
        sys.exit("expected mutmut, found none: pip install -e '.[mutation]'")
    mutants: list[Mutant] = []
    with tempfile.TemporaryDirectory() as folder:
        copies = {}
        for package in options.packages:
            (place := Path(folder) / package).mkdir()
            copies[package] = Copy(place, package)
        changes = {package: copy.changes() for package, copy in copies.items()}
        for package, names in sampled(changes, options.sample, options.seed).items():
            mutants += copies[package].run(names)
            print(package, dict(Counter(each.outcome for each in mutants[-len(names) :])))
    total = {package: len(names) for package, names in changes.items()}
    result = {
        "command": command(),
        "machine": describe("mutmut", "hypothesis", "pytest"),
        "changes": total,
        "mutants": [asdict(each) for each in mutants],
    }
    record("mutation", result, table(mutants, total))


if __name__ == "__main__":
    main()
