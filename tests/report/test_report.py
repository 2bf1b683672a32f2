"""The report: the figures of the workspace, on a page that stands alone."""

from __future__ import annotations

import re
import shlex
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from tenure.cli.commands import app
from tenure.errors import UsageError
from tenure.report import Figures, board, board_page, figures, frozen, page
from tenure.workspace import Workspace

VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})


class Page(HTMLParser):
    """What stands on a page: its text, its elements, its tables by the section they stand in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.section = ""
        self.feed(text)
        self.close()
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.elements.append((tag, told))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = told["aria-labelledby"] or ""
        if tag == "tr":
            self.tables.setdefault(self.section, []).append([])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[self.section][-1].append(data)


@pytest.fixture(scope="module")
def told(shop: Workspace) -> Figures:
    return figures(shop, full=True)


@pytest.fixture(scope="module")
def html(told: Figures) -> str:
    return page(told, command="tenure -C shop")


@pytest.fixture(scope="module")
def parsed(html: str) -> Page:
    return Page(html)


def test_the_page_stands_alone(html: str, parsed: Page):
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not [name for _, attributes in parsed.elements for name in attributes if name.startswith("on")]
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in html
    assert len(html.encode()) < 3_000_000
    identifiers = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    links = set(re.findall(r"url\(#([^)]+)\)", html))
    assert links <= set(identifiers)


def test_what_people_wrote_is_text(html: str, parsed: Page):
    text = "".join(parsed.text)
    assert "Corner <b>shop</b>" in text
    assert "<script>alert(1)</script>" in text
    assert "The & store" in text
    assert "<b>shop" not in html


def test_the_map_has_the_people_and_the_money(shop: Workspace, parsed: Page):
    text = " ".join(" ".join(parsed.text).split())
    counted = shop.stages()
    assert sum(one.people for one in counted) == 200
    for one in counted:
        if one.stage is not None:
            title = shop.lifecycle().stage(one.stage).title
            assert re.search(rf"{re.escape(title)} {one.people:,} ", text), (title, one)
    assert "200 people" in text
    outside = next(one.people for one in counted if one.stage is None)
    assert (f"{outside} are in no stage" in text) is (outside > 0)


def test_every_chart_has_its_figures_as_a_table(shop: Workspace, told: Figures, parsed: Page):
    assert set(parsed.tables) == {
        "figures", "why", "months", "moves", "staying", "survival", "cohorts", "rfm", "personas", "follows", "paths",
        "due", "outlook", "errors",
    }  # fmt: skip
    head, *rows = parsed.tables["moves"]
    assert head == ["From", "To", "Moves", "Of", "Share", "Median time before"]
    assert sum(int(row[2].replace(",", "")) for row in rows) == sum(
        one.moves for one in shop.moves.transitions(since=told.since)
    )
    head, *rows = parsed.tables["months"]
    last = {row[1]: int(row[2].replace(",", "")) for row in rows[-4:]}
    titles = {stage.name: stage.title for stage in shop.lifecycle().stages}
    assert last == {titles[one.stage]: one.people for one in shop.stages() if one.stage is not None}


def test_charts_are_drawn_in_the_colours_of_the_page(html: str):
    drawn = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(drawn) == 2 * 14
    for picture in drawn:
        root = ElementTree.fromstring(picture)
        assert root.get("viewBox")
        assert root.get("width") is None
        assert "#010" not in picture
        assert "var(--muted)" in picture or "var(--ink)" in picture


def test_findings_stand_with_the_command_that_lists_the_people(told: Figures, parsed: Page):
    text = "".join(parsed.text)
    assert told.findings
    for finding in told.findings:
        assert finding.sentence in text
        assert f"tenure -C shop {finding.command}" in text


def test_the_command_writes_the_file(tmp_path: Path):
    from .conftest import SETTINGS, STORE, log

    (tmp_path / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "lifecycles").mkdir()
    (tmp_path / "lifecycles" / "store.yaml").write_text(STORE, encoding="utf-8")
    (tmp_path / "log.csv").write_text(log(), encoding="utf-8")
    runner = CliRunner()
    target = tmp_path / "june.html"
    early = runner.invoke(app, ["-C", str(tmp_path), "report", "-o", str(target)])
    assert early.exit_code == 2
    assert "tenure run" in early.output
    assert not target.exists()
    assert runner.invoke(app, ["-C", str(tmp_path), "run"]).exit_code == 0
    done = runner.invoke(app, ["-C", str(tmp_path), "report", "-o", str(target)])
    assert done.exit_code == 0, done.output
    assert "june.html" in done.output
    text = target.read_text(encoding="utf-8")
    Page(text)
    command = re.search(r"<code>tenure ([^<]+)</code>", text)
    assert command
    listed = runner.invoke(app, ["-C", str(tmp_path), *shlex.split(command[1]), "--format", "csv"])
    assert listed.exit_code == 0, listed.output
    said = re.search(r"n = ([\d,]+)", text)
    assert said
    assert len(listed.stdout.splitlines()) - 1 == int(said[1].replace(",", ""))


def test_sections_say_what_their_figures_say(shop: Workspace, told: Figures, parsed: Page):
    head, *rows = parsed.tables["cohorts"]
    assert head == ["First bought in", "Months after", "People", "Bought again", "Share", "Complete"]
    assert len(rows) == len(shop.cohorts.table())
    assert sum(int(row[1].replace(",", "")) for row in parsed.tables["rfm"][1:]) == sum(
        one.people for one in shop.journeys.rfm()
    )
    why = told.measured.why
    assert why is not None
    assert f"Why did the figure change: {why.metric.title}?" in "".join(parsed.text)
    head, *rows = parsed.tables["personas"]
    assert {row[0] for row in rows} == set(told.measured.personas.names if told.measured.personas else ())
    # no channel is known of anybody
    assert "credits" not in parsed.tables
    # every section can be come to from the top
    links = {attributes["href"] for tag, attributes in parsed.elements if tag == "a"}
    assert links == {f"#{name}" for name in parsed.tables}


def test_an_empty_workspace_says_so(empty: Workspace):
    parsed = Page(page(figures(empty, full=True)))
    text = " ".join("".join(parsed.text).split())
    assert "Nobody is known yet" in text
    assert "0 people" in text


def test_a_period_for_the_board(shop: Workspace):
    told = board(shop, "2024-Q3", comments="A **good** quarter <script>alert(1)</script>")
    html = board_page(told, command="tenure")
    parsed = Page(html)
    text = " ".join("".join(parsed.text).split())
    assert "2024-Q3" in text
    assert "<strong>good</strong>" in html
    assert "<script>" not in html
    figures_told = {one.judged.name: one for one in told.figures}
    points = shop.metrics.points(["revenue"], period="quarter", since="2024-07-01", until="2024-09-30")
    assert figures_told["revenue"].judged.value == points[0].value
    before = shop.metrics.points(["revenue"], period="quarter", since="2024-04-01", until="2024-06-30")
    assert figures_told["revenue"].judged.previous == before[0].value
    head, *rows = parsed.tables["stages"]
    assert head == ["Stage", "At first", "Came", "Left", "At the end", "Worth"]
    assert len(rows) == 4
    for row in told.stages:
        assert row.people == row.before + row.entries - row.exits
    kept = frozen(told)
    assert kept["known_at"] == shop.received_until
    assert {one["metric"] for one in kept["figures"]} == set(figures_told)


def test_the_board_asks_for_a_period_that_the_data_has(shop: Workspace):
    with pytest.raises(UsageError, match="no period '2019-Q1'; it goes from 2024-01"):
        board(shop, "2019-Q1")
    with pytest.raises(UsageError, match="A day is too short"):
        board(shop, "2024-05-01")
    # the last event is of 30 December, so the fourth quarter goes on
    assert board(shop).period.name == "2024-Q3"


def test_the_board_is_told_what_was_done_and_what_it_brought(acted: Workspace):
    told = board(acted, "2024-Q3")
    (done,) = told.actions
    html = board_page(told)
    text = " ".join("".join(Page(html).text).split())
    assert "Win &lt;b&gt;them&lt;/b&gt; back" in html
    assert f"{done.lift.treated.people} treated, {done.lift.held_out.people} held out" in text
    # three of them were not known by then
    assert done.lift.treated.people + done.lift.held_out.people == 197
    assert frozen(told)["actions"] == [
        {
            "action": done.action.id, "treated": done.lift.treated.people, "held_out": done.lift.held_out.people,
            "difference": done.lift.difference, "low": done.lift.low, "high": done.lift.high, "verdict": done.verdict,
        }
    ]  # fmt: skip
    assert board(acted, "2024-Q1").actions == ()
    assert "No action ran in this quarter" in " ".join(board_page(board(acted, "2024-Q1")).split())
