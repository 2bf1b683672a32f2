"""Cohort tables worked out by hand, in a file that anyone can add to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tenure.errors import UsageError
from tenure.workspace import Workspace

from ..metrics.shop import rows, workspace

GOLDEN: Any = YAML(typ="safe").load((Path(__file__).parent / "golden.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with workspace(tmp_path_factory.mktemp("cohorts"), rows(GOLDEN["events"]), as_of=GOLDEN["as_of"]) as opened:
        yield opened


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"{case['what']} by {case['by']}")
def test_golden(shop: Workspace, case: dict[str, Any]) -> None:
    told: dict[str, list[object]] = {}
    for cell in shop.cohorts.table(case["what"], by=case["by"]):
        line = told.setdefault(cell.cohort.name if cell.cohort else "all", [cell.people])
        line.append(int(cell.value) if cell.complete else f"{int(cell.value)}*")
        assert cell.value == int(cell.value)
    assert [[name, *line] for name, line in told.items()] == case["rows"]


def test_shares_are_of_people_or_of_the_first_period(shop: Workspace) -> None:
    cells = {(cell.cohort.name if cell.cohort else "all", cell.age): cell for cell in shop.cohorts.table("retention")}
    assert cells["2024-01", 1].share == Decimal("0.5")
    # 3 people had their first month; of those whose second is over, 1 in 2 came
    assert cells["all", 1].share == Decimal("0.5")
    assert cells["2024-02", 0].share is None
    money = {(cell.cohort.name if cell.cohort else "all", cell.age): cell for cell in shop.cohorts.table("revenue")}
    assert money["2024-01", 1].share == Decimal("0.625")
    assert money["2024-01", 1].each == Decimal("12.5")
    assert money["2024-02", 1].share is None


def test_periods_and_ranges(shop: Workspace) -> None:
    quarters = shop.cohorts.table("orders", unit="quarter")
    assert [(cell.cohort.name if cell.cohort else None, cell.age, int(cell.value)) for cell in quarters] == [
        ("2024-Q1", 0, 6), ("2024-Q1", 1, 2), ("2024-Q2", 0, 0), (None, 0, 6),
    ]  # fmt: skip
    some = shop.cohorts.table(since="2024-02-01", until="2024-03-31")
    assert {cell.cohort.name for cell in some if cell.cohort} == {"2024-02", "2024-03"}
    assert {cell.cohort.name for cell in shop.cohorts.table(count=1) if cell.cohort} == {"2024-04"}


@pytest.mark.parametrize(
    ("what", "by", "message"),
    [
        ("retension", "first order", "Cohorts do not tell 'retension'."),
        ("reached", "first order", "Cohorts do not tell 'reached'."),
        ("reached:custmer", "first order", "'plain' has no stage 'custmer'."),
        ("retention:ordr", "first order", "There is no event 'ordr'."),
        ("retention", "first ordr", "There is no event or stage 'ordr'."),
        ("revenue:visit", "first order", "'visit' has no value."),
    ],
)
def test_what_does_not_exist(shop: Workspace, what: str, by: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        shop.cohorts.table(what, by=by)
    assert str(error.value).startswith(message)
    assert error.value.hint
