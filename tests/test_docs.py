"""The documentation is complete, its links lead somewhere, its commands exist and its code runs."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

import click
import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

import driftline
from driftline import errors
from driftline.cli.main import EXIT_CODES, main
from driftline.cli.topics import topics
from driftline.config.published import settings
from driftline.drift.statistic import STATISTICS
from driftline.verdicts.policy import DEFAULT_FLOORS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(p for p in DOCS.rglob("*.md") if "_build" not in p.parts)]
DECISIONS = sorted((DOCS / "decisions").glob("0*.md"))
CODE = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def here(path: Path) -> str:
    """Name a page as people do."""
    return path.relative_to(ROOT).as_posix()


def text(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text()


def unfenced(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^(```+).*?^\1$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def slug(heading: str) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def commands(command: click.Command, path: tuple[str, ...]) -> dict[tuple[str, ...], click.Command]:
    """Every command below one, by the words that reach it."""
    found = {path: command}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            found |= commands(below, (*path, name))
    return found


COMMANDS = commands(main, ("driftline",))


@pytest.mark.parametrize("page", PAGES, ids=here)
class TestEveryPage:
    """What is asked of each page."""

    def test_its_links_lead_somewhere(self, page: Path) -> None:
        """A link between files names a file, and its anchor a heading there."""
        broken = []
        for target in re.findall(r"(?<!\\)\]\(([^)\s]+)\)", unfenced(page)):
            if "://" in target or target.startswith("mailto:"):
                continue
            name, _, anchor = target.partition("#")
            file = (page.parent / name) if name else page
            headings = re.findall(r"^#+ (.+)$", unfenced(file), re.MULTILINE) if file.suffix == ".md" and file.exists() else []
            if not file.exists() or (anchor and anchor not in map(slug, headings)):
                broken.append(target)
        assert broken == []

    def test_its_commands_exist(self, page: Path) -> None:
        """A line that starts with `driftline` or `make`, in a block or in the text, names a command and options that are there."""
        blocks = "\n".join(re.findall(r"^```(?:console|sh|bash)?\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE))
        lines = re.findall(r"^ *(?:\$ )?(?:\.venv/bin/)?((?:driftline|make) .*)$", blocks, re.MULTILINE)
        lines += re.findall(r"`((?:driftline|make) [^`]*)`", unfenced(page))
        assert [line for line in lines if complaint(line)] == []

    def test_its_code_runs(self, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The blocks of Python run from top to bottom, in an empty folder."""
        monkeypatch.chdir(tmp_path)
        for example in CODE.parse(page).examples():
            example.evaluate()


def complaint(line: str) -> str:
    """What is wrong with a command line that a page shows; nothing if it is right."""
    program, *words = shlex.split(line, comments=True)
    if program == "make":
        wrong = [word for word in words if "=" not in word and word not in TARGETS]
        return f"no target {wrong}" if wrong else ""
    path: tuple[str, ...] = ("driftline",)
    while words and (*path, words[0]) in COMMANDS:
        path = (*path, words.pop(0))
    command = COMMANDS[path]
    if words and isinstance(command, click.Group) and not words[0].startswith("-") and words[0] != "COMMAND":
        return f"no command {words[0]}"
    known = {name for parameter in (*command.params, *main.params) for name in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "-h"}
    wrong = [word for word in words if re.match(r"--?[a-z]", word) and word.split("=")[0] not in known]
    return f"no option {wrong}" if wrong else ""


@pytest.mark.parametrize("line", ["driftline chekc", "driftline check --jsno", "driftline config chekc", "make tset"])
def test_a_wrong_command_line_is_noticed(line: str) -> None:
    """The check of command lines can fail."""
    assert complaint(line)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_is_documented(path: tuple[str, ...]) -> None:
    """docs/commands.md names each command and each of its options."""
    page = text("commands.md")
    options = [max(p.opts, key=len) for p in COMMANDS[path].params if isinstance(p, click.Option) and not p.hidden]
    assert [word for word in (" ".join(path), *options) if not re.search(rf"{re.escape(word)}(?![\w-])", page)] == []


def test_every_setting_is_documented() -> None:
    """docs/configuration.md names each setting of driftline.yaml."""
    page = text("configuration.md")
    assert [setting.path for setting in settings() if not re.search(rf"(?<![\w-]){re.escape(setting.key)}(?![\w-])", page)] == []


def test_every_statistic_is_documented() -> None:
    """docs/methods.md names each statistic that can be asked for and each that is judged, and says where each is from."""
    page = text("methods.md")
    names = [*(statistic.name for statistic in STATISTICS), *DEFAULT_FLOORS]
    assert [name for name in names if f"`{name}`" not in page] == []
    assert [statistic.name for statistic in STATISTICS if not (statistic.formula and statistic.source)] == []


def test_every_error_is_documented() -> None:
    """docs/glossary.md names each error with its exit code, which docs/commands.md lists, and `driftline explain` knows it."""
    every = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.DriftlineError)]
    codes = {cls.__name__: code for cls in every for kind, code in EXIT_CODES.items() if issubclass(cls, kind)}
    assert dict(re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", text("glossary.md"), re.MULTILINE)) == {k: str(v) for k, v in codes.items()}
    assert {str(code) for code in codes.values()} <= set(re.findall(r"^\| (\d+) \|", text("commands.md"), re.MULTILINE))
    assert set(codes) == {topic.name for topic in topics() if topic.kind == "error"}


def test_everything_that_can_be_explained_is_explained() -> None:
    """No topic of `driftline explain` is an empty heading."""
    assert [topic.name for topic in topics() if not topic.meaning.strip()] == []


def test_every_public_name_is_documented() -> None:
    """What `import driftline` offers stands in the README or in docs/, as code."""
    written = "\n".join(page.read_text() for page in PAGES)
    names = [name for name in driftline.__all__ if not name.startswith("__")]
    assert [name for name in names if not re.search(rf"\b(dl|driftline)\.{name}\b", written)] == []


def test_every_page_is_in_the_contents() -> None:
    """Each page of docs/ can be reached from the first one."""
    listed = set(re.findall(r"^[\w/-]+$", text("index.md"), re.MULTILINE))
    assert {page.stem for page in DOCS.glob("*.md")} - {"index"} == {name for name in listed if "/" not in name}


@pytest.mark.parametrize("page", DECISIONS, ids=here)
def test_a_decision_tells_its_price(page: Path) -> None:
    """A decision has a context, a choice, a price, and what would change our mind."""
    assert re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE) == ["Context", "Choice", "Price", "What would change our mind"]


def test_decisions_are_numbered_in_a_row() -> None:
    """No decision is lost."""
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_no_figure_without_the_command_that_makes_it() -> None:
    """A section of the README that has a table with numbers names the command that prints them."""
    sections = re.split(r"^## ", README.read_text(), flags=re.MULTILINE)
    measured = [section for section in sections if re.search(r"^\|.*\d.*\|$", section, re.MULTILINE) and "exit code" not in section.lower()]
    assert [section.splitlines()[0] for section in measured if not re.search(r"`make [a-z]+`", section)] == []


def test_the_changelog_knows_the_version() -> None:
    """What is released is described; what is not yet is under Unreleased."""
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0] == driftline.__version__
