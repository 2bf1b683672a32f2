from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from tenure.lifecycle import library
from tenure.lifecycle.library.trades import TRADES
from tests.cli.conftest import Invoke


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outside").mkdir()
    monkeypatch.chdir(tmp_path / "outside")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def orders(folder: Path, people: int = 90) -> Path:
    """A file of orders of people who come back after some thirty days, or not."""
    random = Random(5)
    lines = ["order,customer,date,total"]
    for person in range(people):
        day = date(2023, 1, 1) + timedelta(days=random.randrange(200))
        for _ in range(random.randint(1, 6)):
            lines.append(f"{len(lines):05},c{person:03},{day},{random.randint(500, 9000) / 100}")
            day += timedelta(days=random.randint(5, 60))
    path = folder / "orders.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_all_of_the_library_are_listed_anywhere(invoke: Invoke) -> None:
    listed = rows(invoke("lifecycles", "--format", "csv").stdout)
    assert {row["lifecycle"] for row in listed} == set(library.names())
    assert all(row["means"] and row["source"] and row["in_workspace"] == "false" for row in listed)
    page = invoke("lifecycles").stdout
    assert "reach → acquisition → conversion → retention → loyalty" in " ".join(page.split())
    assert max(map(len, page.splitlines())) <= 80


def test_those_of_the_workspace_come_first(invoke: Invoke, corner: Path) -> None:
    page = invoke("-C", corner, "lifecycles").stdout
    assert page.startswith("This workspace\n")
    listed = rows(invoke("-C", corner, "lifecycles", "--format", "csv").stdout)
    assert [row["lifecycle"] for row in listed if row["in_workspace"] == "true"] == ["classic"]
    assert len(listed) == len(library.names())


@pytest.mark.parametrize("trade", TRADES)
def test_those_for_a_trade_begin_with_what_is_offered(invoke: Invoke, trade: str) -> None:
    listed = [row["lifecycle"] for row in rows(invoke("lifecycles", "--sells", trade, "--format", "csv").stdout)]
    assert listed[: len(TRADES[trade].offered)] == list(TRADES[trade].offered)


def test_one_is_shown_without_a_workspace(invoke: Invoke) -> None:
    page = " ".join(invoke("lifecycles", "--show", "commerce").stdout.split())
    assert "at least one purchase" in page
    assert "count(purchase) >= 1" in page
    assert "Was thanked, or shows trust, and has not bought since." in page
    assert "tenure init DIR --lifecycle commerce" in page
    assert "cannot be filled" not in page
    shown = rows(invoke("lifecycles", "--show", "commerce", "--format", "csv").stdout)
    assert {row["can_be_filled"] for row in shown} == {""}
    assert json.loads(invoke("lifecycles", "--show", "commerce", "--format", "json").stdout)[0]["stage"] == "awareness"


def test_a_workspace_tells_what_it_has_and_what_it_lacks(invoke: Invoke, corner: Path) -> None:
    page = " ".join(invoke("-C", corner, "lifecycles", "--show", "commerce").stdout.split())
    assert "awareness · prospect · reach · cannot be filled" in page
    assert "sales · customer · conversion means" in page
    assert "praise (Product Reviewed or Review Posted), from shop or web" in page
    shown = {row["stage"]: row for row in rows(
        invoke("-C", corner, "lifecycles", "--show", "commerce", "--format", "csv").stdout)}  # fmt: skip
    assert [name for name, row in shown.items() if row["can_be_filled"] == "true"] == ["sales", "repeat"]
    assert shown["retention"]["has"] == "purchase"
    assert shown["retention"]["lacks"] == "reward followup message praise"


def test_before_the_first_run_it_says_what_to_do(invoke: Invoke, fresh: Path) -> None:
    assert "Nothing is loaded yet." in invoke("-C", fresh, "lifecycles", "--show", "classic").stdout


def test_windows_are_fitted_and_written_with_the_reason(invoke: Invoke, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    invoke("init", shop, "--data", orders(tmp_path))
    made = shop / "lifecycles" / "classic.yaml"
    text = made.read_text(encoding="utf-8")
    assert "days(90)" not in text
    assert "Kaplan-Meier over" in text
    # whoever changes them by hand can have them fitted anew
    window = next(line.split()[1] for line in text.splitlines() if line.startswith("  at_risk:"))
    assert f"when: since(purchase) >= days({window})\n" in text
    # a comment that somebody writes stays
    edited = text.replace(f"days({window})", "days(50)").replace(f"at_risk: {window}", "at_risk: 50 # mine")
    made.write_text(edited, encoding="utf-8")
    told = invoke("-C", shop, "lifecycles", "--fit", "classic").stdout
    assert f"at_risk: {window} days (were 50)" in told
    assert made.read_text(encoding="utf-8").replace(" # mine", "") == text


def test_one_of_the_library_is_taken_over_with_its_windows(invoke: Invoke, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    invoke("init", shop, "--data", orders(tmp_path))
    told = invoke("-C", shop, "lifecycles", "--fit", "shopper", "--add", "lapsed").stdout
    assert "shopper.yaml is made" in told.replace("\n", "")
    assert "Add shopper to `lifecycles:`" in told
    config = shop / "tenure.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("[classic]", "[classic, shopper]"), encoding="utf-8")
    invoke("-C", shop, "run")
    assert "Lapsed" in invoke("-C", shop, "stages", "-l", "shopper").stdout


def test_too_little_to_fit_changes_nothing(invoke: Invoke, ran: Path) -> None:
    told = " ".join(invoke("-C", ran, "lifecycles", "--fit", "classic").stdout.split())
    assert "it takes 30 people and 60 intervals" in told
    assert told.endswith("Nothing was changed.")
    assert not (ran / "lifecycles").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--show", "clasic"), "Did you mean 'classic'?"),
        (("--sells", "shops"), "Did you mean 'shop'?"),
        (("--show", "classic", "--sells", "shop"), "do not go together"),
        (("--add", "lapsed"), "--add goes with --fit"),
        (("--fit", "clasic"), "Did you mean 'classic'?"),
        (("--fit", "four-stage"), "No condition of four-stage waits for a silence"),
        (("--fit", "service", "--add", "lapsed"), "service takes no stage 'lapsed'"),
    ],
)
def test_what_is_refused(invoke: Invoke, ran: Path, arguments: tuple[str, ...], message: str) -> None:
    assert message in " ".join(invoke("-C", ran, "lifecycles", *arguments, code=2).stderr.split())


def test_a_silence_that_is_not_declared_is_told_apart(invoke: Invoke, ran: Path) -> None:
    (ran / "lifecycles").mkdir()
    own = ran / "lifecycles" / "mine.yaml"
    own.write_text("lifecycle: mine\nstages:\n  - quiet: {when: since(purchase) >= days(60)}\n")
    told = " ".join(invoke("-C", ran, "lifecycles", "--fit", "mine", code=2).stderr.split())
    assert "mine waits for a silence of 60 days, but its file does not declare that" in told
    assert "Write `windows: {at_risk: 60}` above `stages:`." in told
    # what it says helps
    own.write_text(own.read_text().replace("stages:", "windows: {at_risk: 60}\nstages:"))
    assert "it takes 30 people" in " ".join(invoke("-C", ran, "lifecycles", "--fit", "mine").stdout.split())


def test_a_stage_that_is_there_already_can_be_asked_for(invoke: Invoke, ran: Path) -> None:
    assert "Fitting" not in invoke("-C", ran, "lifecycles", "--fit", "classic", "--add", "at_risk").stdout


def test_a_workspace_that_is_named_must_be_there(invoke: Invoke, tmp_path: Path) -> None:
    assert "There is no folder" in invoke("-C", tmp_path / "nowhere", "lifecycles", code=2).stderr


def test_files_of_ones_own_are_listed_and_shown(invoke: Invoke, tmp_path: Path, corner: Path) -> None:
    own = Path(shutil.copytree(corner, tmp_path / "own"))
    (own / "lifecycles").mkdir()
    (own / "lifecycles" / "mine.yaml").write_text("lifecycle: mine\nstages:\n  - all: {otherwise: true}\n")
    config = own / "tenure.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("[classic]", "[mine]"), encoding="utf-8")
    listed = rows(invoke("-C", own, "lifecycles", "--format", "csv").stdout)
    assert listed[0]["lifecycle"] == "mine"
    assert "otherwise" in invoke("-C", own, "lifecycles", "--show", "mine").stdout
