"""The house rules that no linter knows, as tests over the source tree."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tokenize
import tomllib
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import driftline
from driftline import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[1]
SRC, TESTS = ROOT / "src" / "driftline", ROOT / "tests"
FILES = sorted(SRC.rglob("*.py"))
MODULES = [file for file in FILES if file.name not in {"__init__.py", "__main__.py"}]
TEST_FILES = sorted(TESTS.rglob("*.py"))
TREES: dict[Path, ast.Module] = {file: ast.parse(file.read_text()) for file in [*FILES, *TEST_FILES]}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

DRAWERS = {"utils", "util", "helpers", "common", "misc", "base", "manager", "core", "legacy", "shared", "v2", "future"}
CORE = next(c for c in PYPROJECT["tool"]["importlinter"]["contracts"] if c["name"] == "The core touches no I/O library")
PYTHONS_OWN = {"os", "socket", "subprocess", "urllib"}
WORDS_WE_DO_NOT_USE = re.compile(
    r"chunk|baseline|^_?(get|do|process|handle)_|_v\d+$|^(Base|Abstract)[A-Z]|(Manager|Factory|Helper|Mixin)$",
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def here(file: Path) -> str:
    """Name a file as people do, from the root of the repository."""
    return file.relative_to(ROOT).as_posix()


def dotted(file: Path) -> str:
    """Name a module as Python does."""
    parts = file.relative_to(SRC.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def in_core(file: Path) -> bool:
    """Whether a module is among those that may not touch the world."""
    return any(f"{dotted(file)}.".startswith(f"{room}.") for room in CORE["source_modules"])


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def body(function: Function) -> list[ast.stmt]:
    """The statements of a function, its docstring left out."""
    return function.body[1:] if ast.get_docstring(function) else function.body


def outside_functions(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported, but not those that run only when it is the program."""
    for statement in statements:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'":
            continue
        yield statement
        if not isinstance(statement, Function | ast.ClassDef):
            yield from outside_functions(child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt))


@pytest.mark.parametrize("module", MODULES, ids=here)
class TestEveryModule:
    """What is asked of each file under src."""

    def test_is_at_most_two_storeys_deep(self, module: Path) -> None:
        """A reader finds any module with one turn: the room, then the file."""
        assert len(module.relative_to(SRC).parts) <= 2

    def test_fits_on_a_desk(self, module: Path) -> None:
        """No file is longer than 400 lines."""
        assert len(module.read_text().splitlines()) <= 400

    def test_has_a_name_that_says_what_is_inside(self, module: Path) -> None:
        """A drawer called utils is a drawer nobody opens with hope."""
        assert not DRAWERS & {part.strip("_") for part in module.relative_to(SRC).with_suffix("").parts}

    def test_begins_with_a_sentence(self, module: Path) -> None:
        """The first line says what the module is for, and ends like a sentence."""
        opening = (ast.get_docstring(TREES[module]) or "").split("\n\n", maxsplit=1)[0]
        assert re.fullmatch(r"\S.+[.:]", opening, re.DOTALL)

    def test_has_a_test_file_of_the_same_name(self, module: Path) -> None:
        """Tests mirror the house, so that a failing test names the room."""
        mirror = TESTS / module.relative_to(SRC).with_name(f"test_{module.stem.strip('_')}.py")
        assert mirror.exists(), f"{here(mirror)} is missing"

    def test_has_short_functions(self, module: Path) -> None:
        """No function body is longer than 50 lines, its docstring not counted."""
        long = {f.name: (f.end_lineno or 0) - body(f)[0].lineno + 1 for f in functions(TREES[module]) if body(f)}
        assert {name: lines for name, lines in long.items() if lines > 50} == {}

    def test_uses_the_words_of_the_glossary(self, module: Path) -> None:
        """A window is never a chunk, the reference never a baseline, and no name is a filler word."""
        nodes = list(ast.walk(TREES[module]))
        # A class with a parent may have to use its parent's words.
        given = {f.name for n in nodes if isinstance(n, ast.ClassDef) and n.bases for f in n.body if isinstance(f, Function)}
        named = {n.name for n in nodes if isinstance(n, Function | ast.ClassDef)} | {n.arg for n in nodes if isinstance(n, ast.arg)}
        assert {name for name in named - given if WORDS_WE_DO_NOT_USE.search(name)} == set()

    def test_gives_a_reason_with_each_exception(self, module: Path) -> None:
        """Whoever silences a tool says why on the same line."""
        with module.open("rb") as text:
            comments = [token.string for token in tokenize.tokenize(text.readline) if token.type == tokenize.COMMENT]
        silenced = [comment for comment in comments if re.search(r"# (noqa|type: ignore)", comment)]
        reasoned = re.compile(r"# (noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])\s+(# )?\w+")
        assert [comment for comment in silenced if not reasoned.search(comment)] == []


@pytest.mark.parametrize("file", FILES, ids=here)
class TestEveryFile:
    """What is asked of each file under src, the package's own doors included."""

    def test_does_nothing_on_import(self, file: Path) -> None:
        """Importing reads no environment, opens no file, registers nothing: no call stands alone in a module."""
        calls = [
            ast.unparse(statement)
            for statement in outside_functions(TREES[file].body)
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        ]
        assert file.name == "__main__.py" or calls == []

    def test_does_not_import_the_package_root(self, file: Path) -> None:
        """The root imports the rooms, so no room may import the root."""
        rooms = {path.stem for path in SRC.iterdir()}
        guilty = [
            ast.unparse(node)
            for node in ast.walk(TREES[file])
            if (isinstance(node, ast.Import) and any(name.name == "driftline" for name in node.names))
            or (isinstance(node, ast.ImportFrom) and node.module == "driftline" and any(n.name not in rooms for n in node.names))
        ]
        assert guilty == []


@pytest.mark.parametrize("file", TEST_FILES, ids=here)
class TestEveryTest:
    """What is asked of each file under tests."""

    def test_is_collected(self, file: Path) -> None:
        """A file that defines tests has a name that pytest looks at, and so do its classes."""
        tests = [f.name for f in functions(TREES[file]) if f.name.startswith("test_")]
        assert file.name.startswith("test_") or tests == []
        homes = [n for n in TREES[file].body if isinstance(n, ast.ClassDef) and any(f.name.startswith("test_") for f in functions(n))]
        machines = {"RuleBasedStateMachine"}
        hidden = [n.name for n in homes if not n.name.startswith("Test") and not machines & {ast.unparse(b) for b in n.bases}]
        assert hidden == []

    def test_is_there_once(self, file: Path) -> None:
        """No test hides another of the same name."""
        scopes: list[ast.Module | ast.ClassDef] = [TREES[file], *(n for n in TREES[file].body if isinstance(n, ast.ClassDef))]
        for scope in scopes:
            names = sorted(n.name for n in scope.body if isinstance(n, Function))
            assert [name for name, following in pairwise(names) if name == following] == []

    def test_says_its_contract_in_a_sentence(self, file: Path) -> None:
        """A test that fails tells its reader what was promised."""
        tests = [f for f in functions(TREES[file]) if f.name.startswith("test_")]
        assert [f.name for f in tests if not (ast.get_docstring(f) or "").strip()] == []


def test_the_error_tree_is_drawn_as_it_is() -> None:
    """The tree in the docstring of errors.py is the tree of classes."""
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"([│├└─ ]*)([A-Z]\w+)", line):
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            if depth:
                drawn[found[2]] = above[depth - 1]
    real = {
        cls.__name__: parent.__name__
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        for parent in cls.__bases__
        if issubclass(parent, errors.DriftlineError)
    }
    assert drawn == real


def test_classes_are_shallow() -> None:
    """A class has at most one ancestor of ours, an error at most two."""
    deep = set()
    for name in map(dotted, MODULES):
        for _, cls in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            ours = [parent for parent in cls.__mro__[1:] if parent.__module__.startswith("driftline.")]
            if cls.__module__ == name and len(ours) > (2 if issubclass(cls, Exception) else 1):
                deep.add(f"{name}.{cls.__name__}")
    assert deep == set()


def test_the_core_loads_nothing_that_touches_the_world() -> None:
    """Importing all of the core in a bare process loads no library that reads, writes or draws."""
    core = [dotted(file) for file in FILES if in_core(file)]
    world = set(CORE["forbidden_modules"]) - PYTHONS_OWN
    code = f"import importlib, sys; [importlib.import_module(n) for n in {core!r}]; print(*{world!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_core_freezes_its_records() -> None:
    """A value that has been made does not change: the core's dataclasses are frozen and slotted."""
    loose = [
        f"{here(file)}:{node.name}"
        for file in filter(in_core, FILES)
        for node in ast.walk(TREES[file])
        if isinstance(node, ast.ClassDef)
        for decorator in map(ast.unparse, node.decorator_list)
        if re.match(r"(dataclasses\.)?dataclass\b", decorator) and not ("frozen=True" in decorator and "slots=True" in decorator)
    ]
    assert loose == []


def test_no_function_is_written_twice() -> None:
    """Two functions that differ only in the names they use are one function."""
    places = defaultdict(list)
    for file in FILES:
        for function in functions(TREES[file]):
            shape = Anonymous().shape(function)
            if shape.count("(") >= 60:
                places[shape].append(f"{here(file)}:{function.name}")
    assert [twins for twins in places.values() if len(twins) > 1] == []


class Anonymous(ast.NodeTransformer):
    """Replaces each name by the order in which it is first used."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def shape(self, function: Function) -> str:
        """Write a function's statements without its own words."""
        copy = ast.parse("\n".join(map(ast.unparse, body(function))))
        return ast.dump(self.visit(copy))

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Forget what a variable is called."""
        return ast.Name(self.names.setdefault(node.id, f"_{len(self.names)}"), node.ctx)


def test_the_package_needs_little() -> None:
    """The base install has at most 12 direct dependencies, and the root at most 25 names."""
    assert len(PYPROJECT["project"]["dependencies"]) <= 12
    assert len(driftline.__all__) <= 25


def test_every_exception_in_the_configuration_has_its_reason() -> None:
    """A rule that ruff is told to ignore says why on its line."""
    text = (ROOT / "pyproject.toml").read_text()
    ruff = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.flake8-tidy-imports]")]
    codes = [line for line in ruff.splitlines() if re.match(r'\s+"[A-Z]+\d*",', line)]
    assert codes
    assert [line for line in codes if not re.search(r",\s+# \S", line)] == []


def test_types_are_strict_everywhere() -> None:
    """No module is excused from mypy."""
    assert PYPROJECT["tool"]["mypy"]["strict"] is True
    assert "overrides" not in PYPROJECT["tool"]["mypy"]


def test_the_lock_names_no_host() -> None:
    """What is installed is pinned by hash and comes from wherever the machine's own pip is pointed at."""
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"://|^\s*--(index|extra|find|trusted)", lock, re.MULTILINE)
    pins = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==\S+", lock, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^\s#]", lock, re.MULTILINE))
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", lock)) >= len(pins)
