"""`tenure cohorts`."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]


def rows(invoke: Invoke, folder: Path, command: str) -> list[dict[str, str]]:
    printed = invoke("-C", folder, *shlex.split(command), "--format", "csv").stdout
    return list(csv.DictReader(io.StringIO(printed)))


def test_cohorts(invoke: Invoke, corner: Path) -> None:
    found = rows(invoke, corner, "cohorts")
    whole = [row for row in found if not row["cohort"]]
    assert [row["age"] for row in whole] == [str(age) for age in range(len(whole))]
    for row in found:
        if row["age"] == "0" and row["people"] != "0":
            assert float(row["share"]) == 1
    # as many began as ever ordered
    ordered = rows(invoke, corner, "population --stage conversion --since 2020-01-01")
    began = sum(int(row["people"]) for row in found if row["age"] == "0" and row["cohort"])
    assert began == sum(int(row["new"]) for row in ordered)


def test_the_screen(invoke: Invoke, corner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = invoke("-C", corner, "cohorts").stdout
    assert shown.startswith("Cohorts by first purchase: who came again\n")
    assert "* so far" in shown
    assert max(len(line) for line in shown.split("Next:")[0].splitlines()) <= 80
    absolute = invoke("-C", corner, "cohorts", "--what", "revenue", "--absolute", "--period", "quarter").stdout
    assert "£" in absolute
    assert "%" not in absolute


@pytest.mark.parametrize(
    "command",
    ["cohorts --by order", 'cohorts --by "first conversion" --what reached:loyalty', 'cohorts --by "first event"',
     "cohorts --what kept", "cohorts --what orders --period quarter", "cohorts --what retention:order -l best"],
)  # fmt: skip
def test_forms(invoke: Invoke, corner: Path, command: str) -> None:
    assert rows(invoke, corner, command) or "-l best" in command
    assert "Cohorts by first" in invoke("-C", corner, *shlex.split(command)).stdout


def test_json(invoke: Invoke, corner: Path) -> None:
    found = json.loads(invoke("-C", corner, "cohorts", "--format", "json").stdout)
    assert found[-1]["cohort"] is None
    assert {"cohort", "begins", "age", "people", "value", "share", "each", "complete"} == found[0].keys()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--what nonsense", "Cohorts do not tell 'nonsense'."),
        ('--by "first ordr"', "There is no event or stage 'ordr'."),
        ("--what reached:nowhere", "has no stage 'nowhere'."),
        ("--what kept -l best", "has no stage of kind customer."),
    ],
)
def test_what_does_not_exist(invoke: Invoke, corner: Path, arguments: str, message: str) -> None:
    result = invoke("-C", corner, "cohorts", *shlex.split(arguments), code=2)
    assert message in result.output
