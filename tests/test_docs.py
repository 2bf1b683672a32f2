"""The documentation holds: its commands print what it says, its Python runs, its files load, its links lead somewhere.

A page is run from top to bottom in a folder of its own:

    ```csv title="data/orders.csv"      the block is written to that file
    ```console                          `$ command`, and below it what is printed; a line `…` stands for any lines
    ```python                           is run; a ```text block right after it is what it prints

With TENURE_WRITE_DOCS=1 the outputs in the pages are written anew.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tenure.cli.commands import app
from tenure.documents import Document, parse, validate
from tenure.errors import DefinitionError
from tenure.events import STANDARD
from tenure.expressions import Names
from tenure.lifecycle import library
from tenure.lifecycle.definition import LifecycleSpec
from tenure.metrics import library as metric_library
from tenure.metrics.__main__ import page as metrics_page
from tenure.metrics.definition import MetricsSpec
from tenure.metrics.definition import define as define_metrics
from tenure.metrics.targets import TargetsSpec, define_targets
from tenure.predict.health import HealthSpec, define_health
from tenure.server.environment import Environment
from tenure.warehouse.schema import TABLES
from tenure.workspace.config import WorkspaceConfig
from tenure.workspace.definitions import read_definitions
from tenure.workspace.reference import page as workspace_page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SHARED = ROOT.parent / "shared"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
WRITE = "TENURE_WRITE_DOCS"
# what a reader types and this test does not: the block is left as it is
FOREIGN = ("make", "git", "pip", "uv")

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of a page: its language, the file that it is, its text, and where it stands."""

    language: str
    title: str | None
    wrong: bool
    text: str
    line: int
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    found = []
    for match in _FENCE.finditer(text):
        words = match["info"].split()
        title = _TITLE.search(match["info"])
        found.append(
            Block(
                language=words[0] if words else "", title=title[1] if title else None, wrong="wrong" in words[1:],
                text=match["text"], line=text.count("\n", 0, match.start()) + 1, start=match.start("text"),
                end=match.end("text"),
            )
        )  # fmt: skip
    return found


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what is printed below it."""
    assert block.text.startswith("$ "), f"line {block.line}: a console block begins with `$ command`"
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


# running a page


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a page runs: beside the examples, which find the data where they look for it."""
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TENURE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "tenure"
    shutil.copytree(ROOT / "examples", home / "examples", ignore=shutil.ignore_patterns(".tenure"))
    if SHARED.exists():
        (tmp_path / "shared").symlink_to(SHARED)
    monkeypatch.chdir(home)
    return home


class Reader:
    """Somebody who types what a page says."""

    def __init__(self, page: Path) -> None:
        self.page = page
        self.runner = CliRunner()
        self.names: dict[str, Any] = {"__name__": "__docs__"}

    def typed(self, command: str) -> str:
        words = shlex.split(command)
        if words[0] == "tenure":
            result = self.runner.invoke(app, words[1:], prog_name="tenure")
            assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
            return result.output
        if words[0] == "cd" and len(words) == 2:
            os.chdir(words[1])
        elif words[0] == "cat":
            return "".join(Path(word).read_text(encoding="utf-8") for word in words[1:])
        else:
            pytest.fail(f"{self.page.name}: nobody here can type `{command}`")
        return ""

    def ran(self, code: str, line: int) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * line + code, self.page, "exec"), self.names)
        return printed.getvalue()


def same(written: str, printed: str) -> bool:
    """Whether the page shows what was printed; blanks at line ends and the size of a store do not count."""
    texts = [re.sub(r"\d[\d.]* [kMGT]?B\b", "SIZE", text) for text in (written, printed)]
    wanted, found = ("\n".join(line.rstrip() for line in text.strip("\n").splitlines()) for text in texts)
    pattern = ".*".join(map(re.escape, re.split(r"^…$", wanted, flags=re.MULTILINE)))
    return re.fullmatch(pattern, found, re.DOTALL) is not None


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_page_does_what_it_says(page: Path, folder: Path) -> None:
    text = page.read_text(encoding="utf-8")
    reader = Reader(page)
    found = blocks(text)
    if 'open("tenure-demo")' in text:
        # what `make demo` leaves
        reader.typed("tenure demo --no-serve")
    outputs: list[tuple[Block, str]] = []
    wrong: list[str] = []
    for block, after in pairwise([*found, None]):
        assert block is not None
        if block.title:
            Path(block.title).parent.mkdir(parents=True, exist_ok=True)
            Path(block.title).write_text(block.text, encoding="utf-8")
        if block.language == "console":
            typed = list(commands(block))
            if typed[0][0].split()[0] in FOREIGN:
                continue
            if "cd examples/" in block.text and not SHARED.exists():
                pytest.skip("needs the data sets of ../shared/data")
            told = [(command, output, reader.typed(command)) for command, output in typed]
            wrong += [f"line {block.line}: $ {one}\n{now}" for one, written, now in told if not same(written, now)]
            outputs.append((block, "".join(f"$ {one}\n" + shown(written, now) for one, written, now in told)))
        elif block.language == "python":
            missing = re.search(r"^import (polars)", block.text, re.MULTILINE)
            if missing and importlib.util.find_spec(missing[1]) is None:
                continue
            printed = reader.ran(block.text, block.line)
            if after is not None and after.language == "text" and not text[block.end + 4 : after.start - 8].strip():
                if not same(after.text, printed):
                    wrong.append(f"line {block.line}: prints\n{printed}")
                outputs.append((after, shown(after.text, printed)))
    if os.environ.get(WRITE):
        for block, new in reversed(outputs):
            text = text[: block.start] + new + text[block.end :]
        page.write_text(text, encoding="utf-8")
        return
    assert not wrong, "\n".join(wrong) + f"\nIs it better? Then {WRITE}=1"


def shown(written: str, printed: str) -> str:
    """What the page shows of what was printed; as it is where that is right."""
    if same(written, printed):
        return written
    text = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
    return text + "\n" if written.endswith("\n\n") else text


# files that are shown


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_yaml_is_what_the_product_reads(page: Path, tmp_path: Path) -> None:
    shared = [
        block for block in blocks(page.read_text(encoding="utf-8")) if block.language == "yaml" and not block.wrong
    ]
    for place, block in enumerate(shared):
        try:
            check(parse(block.text, file=page.name), block.text, tmp_path / str(place), shared)
        except DefinitionError as error:
            pytest.fail(f"{page.name}, line {block.line}: {error}")


def check(document: Document, text: str, folder: Path, others: list[Block]) -> None:
    """Raises DefinitionError where the product would not read the text, or the file that it is a part of."""
    data = document.value(())
    head = data if isinstance(data, dict) else data[0] if isinstance(data, list) else None
    assert isinstance(head, dict), "a mapping, or a list of them"
    if "public_url" in head:
        validate(Environment, document)
        return
    if "metrics" in head:
        metrics = validate(MetricsSpec, document)
        written = [(spec, read, False) for spec, read in metric_library.specs()]
        found = define_metrics([*written, (metrics, document, True)], bindings=STANDARD)
        if found.problems:
            raise DefinitionError(found.problems)
        return
    if "targets" in head or "key_metrics" in head:
        metrics = define_metrics([(one, read, False) for one, read in metric_library.specs()], bindings=STANDARD)
        stages = {one: [stage.name for stage in library.lifecycle(one).stages] for one in library.names()}
        spec = validate(TargetsSpec, document)
        targets = define_targets([(spec, document)], metrics=metrics.metrics, stages=stages)
        if targets.problems:
            raise DefinitionError(targets.problems)
        return
    if "health" in head:
        names = Names(events=STANDARD, lifecycles=dict.fromkeys(library.names(), ()), scores_allowed=True)
        _, problems = define_health(validate(HealthSpec, document), document, names)
        if problems:
            raise DefinitionError(problems)
        return
    if "lifecycle" in head or "stages" in head:
        whole = text if "lifecycle" in head else f"lifecycle: example\n{text}"
    elif isinstance(data, list) and "name" in head:
        whole = f"name: Example\nsources:\n{indented(text)}"
    elif isinstance(data, list):
        whole = f"lifecycle: example\nstages:\n{indented(text)}"
    elif set(head) <= set(WorkspaceConfig.model_fields):
        whole = text if "name" in head else f"name: Example\n{text}"
    else:
        pytest.fail(f"nothing in a workspace begins with {next(iter(head))!r}")
    (folder / "lifecycles").mkdir(parents=True)
    if re.search("^lifecycle:", whole, re.MULTILINE):
        name = validate(LifecycleSpec, parse(whole, file="lifecycle")).lifecycle
        (folder / "lifecycles" / f"{name}.yaml").write_text(whole, encoding="utf-8")
        whole = f"name: Example\nlifecycles: [{', '.join(dict.fromkeys((name, 'classic')))}]\n"
    else:
        for other in others:
            if other.title and "lifecycles/" in other.title:
                (folder / "lifecycles" / Path(other.title).name).write_text(other.text, encoding="utf-8")
    (folder / "tenure.yaml").write_text(whole, encoding="utf-8")
    read_definitions(folder)


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


# where pages lead


def anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files that a page links to, each with the heading there."""
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", target):
            path, _, heading = target.partition("#")
            yield (page.parent / path).resolve() if path else page, heading


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=names)
def test_links_lead_somewhere(page: Path) -> None:
    for target, heading in links(page):
        assert target.exists(), f"{page.name} links to {target}"
        assert not heading or heading in anchors(target), f"{page.name}: {target.name} has no heading {heading!r}"


def test_every_page_can_be_reached_from_the_index() -> None:
    # what the README shows, an image, need not stand in the index too
    reached = {target for target, _ in links(ROOT / "README.md") if target.suffix != ".md"}
    ahead = [DOCS / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [target for target, _ in links(page) if page.suffix == ".md" and DOCS in target.parents]
    assert {path for path in DOCS.rglob("*") if path.is_file()} - reached == set()


def test_every_command_has_a_heading() -> None:
    def paths(group: Any, before: str = "tenure") -> Iterator[str]:
        for name, command in group.commands.items():
            yield from paths(command, f"{before} {name}") if hasattr(command, "commands") else [f"{before} {name}"]

    headings = set(_HEADING.findall((DOCS / "reference" / "cli.md").read_text(encoding="utf-8")))
    assert set(paths(get_command(app))) <= headings


def test_the_reference_of_workspace_files_is_current() -> None:
    path = DOCS / "reference" / "workspace.md"
    assert workspace_page() == path.read_text(encoding="utf-8"), (
        "run `python -m tenure.workspace.reference docs/reference/workspace.md`"
    )


def test_the_reference_of_metrics_is_current() -> None:
    path = DOCS / "reference" / "metrics.md"
    assert metrics_page() == path.read_text(encoding="utf-8"), (
        "run `python -m tenure.metrics docs/reference/metrics.md`"
    )


def test_the_reference_of_the_store_tells_every_column() -> None:
    told: dict[str, str] = {}
    for section in (DOCS / "reference" / "store.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        name, _, text = section.partition("\n")
        columns = re.findall(r"^\| `(\w+)` \| (\S+) \|", text, re.MULTILINE)
        told[name] = ", ".join(f"{column} {kind}" for column, kind in columns)
    assert told == {name: columns.replace(" NOT NULL", "") for name, columns in TABLES.items()}


def test_what_the_page_shows_is_compared() -> None:
    assert same("a\n…\nd\n", "a\nb\nc\nd\n")
    assert same("Store 1.2 MB\n", "Store 18 kB \n")
    assert not same("a\n…\nd\n", "a\nb\n")
    assert not same("a.c\n", "abc\n")
