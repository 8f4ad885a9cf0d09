"""Pure modules keep what STYLE promises of them: no clock, no chance, no environment. What they need of these is an
argument.

The import contract in `pyproject.toml` lists them, and keeps Django, Celery and Redis out; what the standard library
offers is looked for here.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import ROOT, sources

CHANCE = {"random", "secrets", "uuid"}
WORLD = {"os", "pathlib", "socket", "subprocess", "time"}
CLOCKS = re.compile(r"\b(datetime|date)\.(now|utcnow|today)\b|\bnow_ms\b|\btimezone\.now\b")
# Seeded generators are plain values; those that belong to nobody are not.
GLOBAL_NUMPY = re.compile(r"\b(np|numpy)\.random\.(?!Generator\b|default_rng\(\w)")

# Each with its reason.
EXCUSED = {
    # A message without an id gets one that no other has: chance is the point.
    "tracking/steps/description.py": {"uuid"},
    # For the type alone: the generator is an argument, and seeded.
    "personalization/demo/course.py": {"random"},
}


def pure_modules() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [pure] = [contract for contract in contracts if contract["name"].startswith("Pure modules")]
    return pure["source_modules"]


def files_of(module: str) -> list[Path]:
    path = ROOT / module.replace(".", "/")
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def impurities(source: str) -> Iterator[str]:
    """What a source takes from outside: modules of chance and of the world, clocks, generators that have no owner."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from {alias.name.split(".")[0] for alias in node.names} & (CHANCE | WORLD)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from {node.module.split(".")[0]} & (CHANCE | WORLD)
            yield from {alias.name for alias in node.names} & {"now_ms"}
        elif isinstance(node, ast.Call):
            call = ast.unparse(node)
            if CLOCKS.match(call) or GLOBAL_NUMPY.match(call):
                yield call


@pytest.mark.parametrize("module", pure_modules())
def test_a_pure_module_looks_at_no_clock_and_throws_no_dice(module):
    files = files_of(module)
    found = {str(path.relative_to(ROOT)): set(impurities(path.read_text())) for path in files}

    assert files
    assert {path: what for path, what in found.items() if what - EXCUSED.get(path, set())} == {}


def test_a_module_that_calls_itself_pure_is_held_to_it():
    listed = {str(path.relative_to(ROOT)) for module in pure_modules() for path in files_of(module)}
    claimed = [
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(r"\bPure\b", ast.get_docstring(ast.parse(path.read_text())) or "")
    ]

    assert claimed
    assert [path for path in claimed if path not in listed] == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import time", "time"),
        ("from random import choice", "random"),
        ("import os.path", "os"),
        ("from sites.times import now_ms", "now_ms"),
        ("def f():\n    return datetime.now(UTC)", "datetime.now(UTC)"),
        ("x = np.random.rand(3)", "np.random.rand(3)"),
        ("x = np.random.default_rng()", "np.random.default_rng()"),
    ],
)
def test_the_look_for_impurities_finds_them(source, what):
    assert list(impurities(source)) == [what]


@pytest.mark.parametrize(
    "source", ["rng = np.random.default_rng(seed)", "now = situation.now", "from sites.times import DAY_MS"]
)
def test_what_is_handed_over_is_no_impurity(source):
    assert list(impurities(source)) == []
