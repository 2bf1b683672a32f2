"""`tenure outlook`, and `ws.outlook` behind it."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import Result

import tenure
from tenure.errors import UsageError
from tenure.simulate import simulate
from tenure.workspace import Workspace

Invoke = Callable[..., Result]


def rows(invoke: Invoke, folder: Path, command: str) -> list[dict[str, str]]:
    printed = invoke("-C", folder, *shlex.split(command), "--format", "csv").stdout
    return list(csv.DictReader(io.StringIO(printed)))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, invoke: Invoke) -> Path:
    folder = tmp_path_factory.mktemp("companies") / "shop"
    simulate("shop", people=250, seed=3).write(folder)
    invoke("-C", folder, "run")
    return folder


@pytest.fixture
def ws(company: Path) -> Iterator[Workspace]:
    with tenure.open(company) as opened:
        yield opened


def test_a_listing_is_what_the_method_gives(invoke: Invoke, company: Path) -> None:
    listed = rows(invoke, company, "outlook --periods 3")
    with tenure.open(company) as ws:
        found = ws.outlook.expected(periods=3)
    assert [row["period"] for row in listed[:: len(found.now)]] == ["2025-07", "2025-08", "2025-09"]
    for row, one in zip(listed, found.expected, strict=True):
        assert (row["stage"] or None, row["period"]) == (one.stage, one.period.name)
        assert float(row["people"]) == pytest.approx(one.people, abs=0.01)
        assert float(row["people_low"]) <= float(row["people"]) <= float(row["people_high"])
        worth = Decimal(one.people) * found.worth[one.stage]
        assert Decimal(row["money"]) == pytest.approx(worth, abs=Decimal("0.01"))
    # everybody of now, and whoever comes
    new = sum(one.people for one in found.new)
    last = [one.people for one in found.expected if one.period.name == "2025-09"]
    assert sum(last) == pytest.approx(sum(found.now.values()) + new, rel=0.01)


def test_one_stage(invoke: Invoke, company: Path) -> None:
    found = rows(invoke, company, "outlook --stage loyalty --periods 4")
    assert [row["stage"] for row in found] == ["loyalty"] * 4
    shown = invoke("-C", company, "outlook", "--stage", "loyalty", "--periods", "4").stdout
    assert shown.startswith("Loyalty to come\n")


def test_the_screen_tells_how_good_it_was(invoke: Invoke, company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = invoke("-C", company, "outlook").stdout
    assert "Four in five cases" in shown
    assert "in the past, up to 12 periods ahead" in shown
    assert "tenure -C" in shown
    assert max(len(line) for line in shown.split("Next:")[0].splitlines()) <= 80


def test_errors_beside_simple_rules(invoke: Invoke, company: Path) -> None:
    found = rows(invoke, company, "outlook --errors --periods 4")
    assert {row["measure"] for row in found} == {"people", "entries"}
    assert found[0]["stage"] == "all"
    for row in found:
        rules = {
            name: Decimal(row[f"{name}_error"]) for name in ("outlook", "last_value", "same_season")
            if row[f"{name}_error"]
        }  # fmt: skip
        assert rules[row["best"].replace(" ", "_")] == min(rules.values())
    assert "WAPE" in invoke("-C", company, "outlook", "--errors", "--periods", "3").stdout


def test_leverage_is_ranked(invoke: Invoke, company: Path) -> None:
    found = rows(invoke, company, "outlook --leverage")
    money = [Decimal(row["more_money"]) for row in found]
    assert money == sorted(money, reverse=True)
    assert {"conversion", "retention"} <= {row["stage"] for row in found}
    assert "What one more point of conversion brings" in invoke("-C", company, "outlook", "--leverage").stdout


def test_target(invoke: Invoke, company: Path) -> None:
    found = rows(invoke, company, "outlook --target loyalty=40 --periods 5")
    assert found[0]["way"] == "new"
    assert {row["people"] for row in found} == {"40.00"}
    assert (
        "to have 40 people in loyalty"
        in invoke("-C", company, "outlook", "--target", "loyalty=40", "--periods", "5").stdout
    )


def test_json_and_other_periods(invoke: Invoke, company: Path) -> None:
    printed = invoke("-C", company, "outlook", "--period", "quarter", "--periods", "2", "--format", "json").stdout
    assert {row["period"] for row in json.loads(printed)} == {"2025-Q3", "2025-Q4"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--target loyalty", "'loyalty' is no target."),
        ("--target loyalty=-5", "'loyalty=-5' is no target."),
        ("--target loylty=5", "has no stage 'loylty'"),
        ("--stage loylty", "has no stage 'loylty'"),
        ("--leverage --errors", "asked one at a time"),
        ("--periods 0", "0 periods cannot be looked ahead."),
        ("--periods 9000 --period year", "from 1 to 366."),
        ("--period moon", "There is no period 'moon'."),
    ],
)
def test_what_does_not_exist(invoke: Invoke, company: Path, arguments: str, message: str) -> None:
    result = invoke("-C", company, "outlook", *shlex.split(arguments), code=2)
    assert message in result.output


def test_a_small_shop(invoke: Invoke, corner: Path) -> None:
    """A handful of people and a segment are looked ahead from, too."""
    for command in (
        "outlook --periods 3",
        "outlook -l best --periods 2",
        "outlook --leverage",
        "outlook --target loyalty=3 --periods 3",
        "outlook --errors",
    ):
        assert invoke("-C", corner, *shlex.split(command)).stdout


def test_not_before_anything_is_known(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        ws.outlook.needed("loyalty", -1)
