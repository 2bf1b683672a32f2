"""The commands on moves: every figure of a listing is as many rows of the list of people that belongs to it."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
Rows = list[dict[str, str]]


def rows(invoke: Invoke, folder: Path, command: str) -> Rows:
    printed = invoke("-C", folder, *shlex.split(command), "--format", "csv").stdout
    return list(csv.DictReader(io.StringIO(printed)))


def test_a_population_over_time(invoke: Invoke, corner: Path) -> None:
    """Every month adds up, and the last one is today."""
    found = rows(invoke, corner, "population --since 2024-01-01")
    assert {row["period"] for row in found} == {f"2024-{month:02}" for month in range(1, 13)}
    for row in found:
        assert int(row["people"]) == int(row["before"]) + int(row["entries"]) - int(row["exits"])
    now = {row["stage"]: int(row["people"]) for row in rows(invoke, corner, "stages")}
    last = {row["stage"]: int(row["people"]) for row in found if row["period"] == "2024-12"}
    assert last == now


def test_entries_of_a_month_are_the_moves_of_it(invoke: Invoke, corner: Path) -> None:
    (january,) = [
        row for row in rows(invoke, corner, "population --since 2024-01-01 --stage conversion")
        if row["period"] == "2024-01"
    ]  # fmt: skip
    moved = rows(invoke, corner, "moves --to conversion --since 2024-01-01 --until 2024-01-31 --people")
    assert len(moved) == int(january["entries"]) > 0
    assert {row["new"] for row in moved} == {"true"}


def test_each_transition_lists_its_moves(invoke: Invoke, corner: Path) -> None:
    found = rows(invoke, corner, "moves")
    assert found
    for row in found:
        stage = "new" if row["new"] == "true" else row["from"] or "none"
        moved = rows(invoke, corner, f"moves --from {stage} --to {row['to'] or 'none'} --people")
        assert len(moved) == int(row["moves"])
        assert len({one["customer_id"] for one in moved}) == int(row["people"])


def test_each_level_at_risk_lists_its_people(invoke: Invoke, corner: Path) -> None:
    found = rows(invoke, corner, "risk")
    assert found
    for row in found:
        chosen = f"--stage {row['stage']} --highest {row['highest'] or 'none'} --from {row['previous'] or 'none'}"
        people = rows(invoke, corner, f"people {chosen}")
        assert len(people) == int(row["people"])
        assert sum((Decimal(one["money"]) for one in people), Decimal(0)) == Decimal(row["money"])


def test_the_stuck_and_the_short_are_listed(invoke: Invoke, corner: Path) -> None:
    for row in rows(invoke, corner, "stuck"):
        assert len(rows(invoke, corner, f"people --stage {row['stage']} --stuck")) == int(row["people"])
    found = rows(invoke, corner, "short")
    assert found
    for row in found[::4]:
        where = f" --stage {row['stage']}" if row["stage"] else ""
        people = rows(invoke, corner, f"people --short-of {row['to']} --by {row['event']}{where}")
        alike = [one for one in people if one["value"] == row["value"] and one["stage"] == row["stage"]]
        assert len(alike) == int(row["people"])


def test_conversion_lists_its_cohort(invoke: Invoke, corner: Path) -> None:
    found = rows(invoke, corner, "conversion conversion retention --within 90 --period quarter")
    people = rows(invoke, corner, "conversion conversion retention --within 90 --people")
    assert sum(int(row["people"]) for row in found) == len(people) > 0
    assert sum(int(row["reached"]) for row in found) == sum(1 for one in people if one["reached_at"])
    assert [row["complete"] for row in found] == sorted((row["complete"] for row in found), reverse=True)


def test_a_crosstab_adds_up(invoke: Invoke, corner: Path) -> None:
    found = rows(invoke, corner, "crosstab classic best")
    sums: dict[str, int] = {}
    for row in found:
        sums[row["stage"]] = sums.get(row["stage"], 0) + int(row["people"])
    stages = rows(invoke, corner, "stages")
    assert sums == {row["stage"]: int(row["people"]) for row in stages if int(row["people"])}


def test_every_finding_lists_as_many_as_it_says(invoke: Invoke, corner: Path) -> None:
    found = rows(invoke, corner, "findings")
    assert found
    for row in found:
        listed = rows(invoke, corner, row["command"].removeprefix("tenure "))
        assert len(listed) == int(row["people"])
        if row["money"]:
            assert sum((Decimal(one["money"]) for one in listed), Decimal(0)) == Decimal(row["money"])


def test_times_have_curves(invoke: Invoke, corner: Path) -> None:
    told = json.loads(invoke("-C", corner, "times", "--format", "json").stdout)
    for one in told:
        assert one["visits"] == one["ended"] + one["inside"]
        shares = [point["staying"] for point in one["curve"]]
        assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(
    "command",
    ["population", "population --stage loyalty", "moves", "moves --people", "times", "stuck", "short", "risk",
     "crosstab classic best", "crosstab classic best --money", "findings", "conversion conversion",
     "conversion conversion --people", "conversion reach", "risk -l best", "findings -l best", "short -l best",
     "population --since 2031-01-01", "moves --since 2031-01-01 --people", "people --stage none",
     "people --short-of loyalty", "people --stuck"],
)  # fmt: skip
def test_tables_fit_a_narrow_terminal(
    command: str,
    invoke: Invoke,
    corner: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    printed = invoke("-C", corner, *shlex.split(command)).stdout
    assert printed.strip()
    lines = printed.split("Next: ")[0].splitlines()
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("population --period fortnight", "no period 'fortnight'"),
        ("moves --from nowhere", "no stage 'nowhere'"),
        ("conversion nowhere", "no stage 'nowhere'"),
        ("people --by order", "Name the stage"),
        ("people --short-of loyalty --stuck", "Leave out the others"),
        ("people --stuck --at 2024-06-30", "Leave out --at"),
        ("forecast --to nowhere", "no stage 'nowhere'"),
        ("crosstab classic nothing", "no lifecycle or segment 'nothing'"),
    ],
)
def test_what_is_not_there_is_told(command: str, said: str, invoke: Invoke, corner: Path) -> None:
    assert said in invoke("-C", corner, *shlex.split(command), code=2).output
