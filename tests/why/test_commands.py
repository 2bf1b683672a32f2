"""`tenure why` and `tenure drivers`: what they print, in every form, and what they say where nothing can be said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import tenure
from tenure.cli.commands import app
from tenure.lifecycle.periods import PeriodUnit
from tenure.simulate import PriceRise, TrackingOutage

from .companies import SHOP, workspace

Invoke = Callable[..., Result]
DEARER = ("orders", "--from", "2024-Q3", "--to", "2024-Q4")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    causes = [
        PriceRise(country="DE", since=date(2024, 10, 1), fewer=0.7),
        TrackingOutage(since=date(2025, 3, 10), until=date(2025, 3, 17)),
    ]
    folder = tmp_path_factory.mktemp("commands") / "shop"
    return workspace(folder, "shop", 5, causes, 3_000, (*SHOP, "surveys", "cases", "notes"))


def typed(shop: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["-C", str(shop), *words], env={"COLUMNS": "100"})
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(shop: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["-C", str(shop), *words])
    assert result.exit_code != 0
    return " ".join(result.output.split())


def test_a_part_is_told_with_its_people(shop: Path) -> None:
    told = typed(shop, "why", *DEARER)
    words = " ".join(told.split())
    assert "Orders: 2024-Q3 to 2024-Q4" in words
    assert "- People from DE (" in words and "beyond what everybody else did (95 %:" in words
    assert "Behind country DE:" in words and "Noted meanwhile:" in words
    assert "why orders --from 2024-Q3 --to 2024-Q4 --people country=DE" in words
    assert all(len(line) <= 100 for line in told.splitlines() if not line.startswith("Next:"))


def test_an_outage_is_told_as_data(shop: Path) -> None:
    words = " ".join(typed(shop, "why", "website_visits", "--from", "2025-02", "--to", "2025-03").split())
    assert "It is the data: Page Viewed broke off, with no events from 2025-03-10 to 2025-03-16 (0 where about" in words
    assert "no change in what people did" in words


def test_the_parts_in_a_file_add_up(shop: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(typed(shop, "why", *DEARER, "--format", "csv"))))
    document = json.loads(typed(shop, "why", *DEARER, "--format", "json"))
    change = Decimal(document["change"])
    for dimension in {row["dimension"] for row in rows}:
        parts = [Decimal(row["contribution"]) for row in rows if row["dimension"] == dimension]
        assert abs(sum(parts) - change) < Decimal("1e-9")
    assert document["causes"][0]["kind"] == "part" and document["causes"][0]["part"] == "DE"
    assert document["people"]["part"] == "DE" and document["people"]["most"]


def test_one_breakdown_and_the_people_of_a_part(shop: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(typed(shop, "why", *DEARER, "--by", "country", "--format", "csv"))))
    assert {row["dimension"] for row in rows} == {"country"}
    germany = next(row for row in rows if row["part"] == "DE")
    people = list(csv.DictReader(io.StringIO(typed(shop, "why", *DEARER, "--people", "country=DE", "--format", "csv"))))
    assert sum(Decimal(one["before"]) for one in people) == Decimal(germany["before"])
    assert sum(Decimal(one["after"]) for one in people) == Decimal(germany["after"])


@pytest.mark.parametrize(
    ("since", "until", "unit", "expected"),
    [
        (None, None, None, ("2025-05", "2025-06")),
        (None, None, "week", ("2025-W25", "2025-W26")),
        ("2025-01", None, None, ("2025-01", "2025-06")),
        (None, "2025-03", None, ("2025-02", "2025-03")),
        ("2024-Q3", None, None, ("2024-Q3", "2025-Q2")),
        ("2024-12-24", "2025-02-03", None, ("2024-12", "2025-02")),
        ("2024-12-24", "2025-02-03", "day", ("2024-12-24", "2025-02-03")),
    ],
)
def test_the_last_complete_periods_are_taken(
    shop: Path, since: str | None, until: str | None, unit: PeriodUnit | None, expected: tuple[str, str]
) -> None:
    with tenure.open(shop) as ws:
        _, one, two = ws.why.periods(since, until, unit)
        assert (one.name, two.name) == expected


def test_a_middle_value_has_no_parts(shop: Path) -> None:
    words = " ".join(typed(shop, "why", "time_between_orders", "--from", "2024-10", "--to", "2024-11").split())
    assert "no parts that add up" in words


def test_what_cannot_be_asked(shop: Path) -> None:
    assert "There is no metric 'ordrs'. Did you mean 'orders'?" in refused(shop, "why", "ordrs")
    assert "2025-03 is not before 2025-02" in refused(shop, "why", "orders", "--from", "2025-03", "--to", "2025-02")
    assert "'spring' is no period" in refused(shop, "why", "orders", "--from", "spring")
    assert "There is no breakdown by 'contry'. Did you mean 'country'?" in refused(
        shop, "why", "orders", "--by", "contry"
    )
    assert "is no part" in refused(shop, "why", "orders", "--people", "DE")
    assert "lies after all that is known" in refused(shop, "why", "orders", "--to", "2026-01")


def test_a_metric_without_data_says_what_it_needs(shop: Path) -> None:
    words = " ".join(typed(shop, "why", "win_rate").split())
    assert "Nothing to compare." in words and "needs" in words


def test_drivers(shop: Path) -> None:
    words = " ".join(typed(shop, "drivers", "retention").split())
    assert "What goes before entering retention" in words and "this is no proof of a cause" in words
    rows = list(csv.DictReader(io.StringIO(typed(shop, "drivers", "retention", "--leave", "--format", "csv"))))
    assert rows and {row["move"] for row in rows} == {"leave"}
    assert "has no stage 'retenton'. Did you mean 'retention'?" in refused(shop, "drivers", "retenton")
