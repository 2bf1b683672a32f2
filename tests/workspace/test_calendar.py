"""Weeks and years begin where the workspace says, whoever asks for periods."""

from __future__ import annotations

import pytest

from tenure.errors import UsageError
from tenure.workspace.calendar import named_period

from .conftest import Edit, Folder


@pytest.fixture
def fiscal(folder: Folder, edit: Edit) -> Folder:
    edit("as_of: last_event", "as_of: last_event\nweek_start: sunday\nyear_start: april")
    return folder


def test_everybody_counts_in_the_same_periods(fiscal: Folder) -> None:
    ws = fiscal.open()
    ws.run()
    assert [one.name for one in ws.moves.periods(unit="quarter")] == ["2023/24-Q4"]
    assert {one.period.name for one in ws.moves.over_time(unit="quarter")} == {"2023/24-Q4"}
    cells = ws.cohorts.table("orders", unit="quarter")
    assert {cell.cohort.name for cell in cells if cell.cohort is not None} == {"2023/24-Q4"}
    unit, before, last = ws.why.periods("2023/24-Q3", "2023/24-Q4")
    assert (unit, before.name, last.name) == ("quarter", "2023/24-Q3", "2023/24-Q4")
    assert before.ends == last.begins
    # the last event is of a Saturday, and the day before that week was one too
    assert [one.start.isoformat() for one in ws.moves.periods(unit="week", count=1)] == ["2024-02-04"]


@pytest.mark.parametrize(
    ("text", "unit", "start"),
    [
        ("2024/25-Q1", "quarter", "2024-04-01"),
        ("2024/25", "year", "2024-04-01"),
        ("2024-02", "month", "2024-02-01"),
        ("2024-02-04", "day", "2024-02-04"),
    ],
)
def test_a_period_by_its_name(fiscal: Folder, text: str, unit: str, start: str) -> None:
    found = named_period(fiscal.open(), text)
    assert (found[0], found[1].start.isoformat()) == (unit, start)


@pytest.mark.parametrize(
    ("text", "unit", "start"),
    [("2024-W01", "week", "2024-01-01"), ("2020-W53", "week", "2020-12-28"), ("2024", "year", "2024-01-01")],
)
def test_a_period_by_the_common_calendar(folder: Folder, text: str, unit: str, start: str) -> None:
    found = named_period(folder.open(), text)
    assert (found[0], found[1].start.isoformat()) == (unit, start)


@pytest.mark.parametrize("text", ["", "soon", "2024-13", "2024-W54", "2024-Q5", "0000", "2024-02-30", "20244"])
def test_what_is_no_period(folder: Folder, text: str) -> None:
    with pytest.raises(UsageError, match="is no period"):
        named_period(folder.open(), text)
