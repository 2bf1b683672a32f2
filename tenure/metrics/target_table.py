"""A spreadsheet of targets, read from CSV: one row a target, or one a month of it.

    metric,period,month,value,min,max,since,lifecycle,stage,by,owner,note,benchmark_value,benchmark_source,benchmark_date
    Average order value,month,,45,,,,,,,Shop team,,,,

Only `metric` and one of `value`, `min`, `max` have to be there. Rows that cannot be read are told, each with its line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tenure.documents import did_you_mean, listing
from tenure.errors import UsageError
from tenure.lifecycle.periods import UNITS, PeriodUnit
from tenure.metrics.target_file import Reach, TargetRow
from tenure.metrics.targets import MONTHS

COLUMNS = (
    "metric", "period", "month", "value", "min", "max", "since", "lifecycle", "stage", "by", "owner", "note",
    "benchmark_value", "benchmark_source", "benchmark_date",
)  # fmt: skip
_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*(%?)")
_BY = re.compile(r"(\w+)\s*=\s*(.+)")
MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that is no target: its line in the file, and what is wrong."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTable:
    """What a spreadsheet holds: targets, each with the lines that it stands in, and the rows that are none."""

    rows: tuple[tuple[TargetRow, tuple[int, ...]], ...]
    bad: tuple[BadRow, ...]


def read_targets(text: str) -> TargetTable:
    """The targets of a CSV text, of which months of one target come together.

    Raises UsageError where it has no column `metric`, or one that is not known.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    head = lines[0] if lines else ""
    mark = max(",;\t", key=head.count)
    reader = csv.reader(lines, delimiter=mark)
    names = [_plain(name) for name in next(reader, [])]
    _check(names)
    found: dict[tuple[object, ...], tuple[TargetRow, tuple[int, ...]]] = {}
    bad: list[BadRow] = []
    for cells in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if line > MOST:
            raise UsageError(f"The file has more than {MOST:,} lines.", hint="Is it the right file?")
        try:
            row = _row(names, cells)
            key = (row.metric, row.period, row.since, row.lifecycle, row.stage, row.by)
            found[key] = (_joined(found[key][0], row), (*found[key][1], line)) if key in found else (row, (line,))
        except _Wrong as wrong:
            bad.append(BadRow(line=line, reason=str(wrong)))
    return TargetTable(rows=tuple(found.values()), bad=tuple(bad))


class _Wrong(Exception):
    """A row that is no target."""


def _check(names: list[str]) -> None:
    unknown = next((name for name in names if name and name not in COLUMNS), None)
    if unknown is not None:
        hint = did_you_mean(unknown, COLUMNS) or f"Columns are {listing(COLUMNS, 'and')}."
        raise UsageError(f"A file of targets has no column {unknown!r}.", hint=hint)
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"The file has the column {twice!r} twice.", hint="Keep one of them.")
    if "metric" not in names:
        raise UsageError("The file has no column 'metric'.", hint=f"Columns are {listing(COLUMNS, 'and')}.")


def _row(names: list[str], written: list[str]) -> TargetRow:
    if len(written) > len(names):
        raise _Wrong(f"it has {len(written)} cells, the heading {len(names)}")
    cells = {name: cell.strip() for name, cell in zip(names, written, strict=False)}
    metric = _plain(cells.get("metric", ""))
    if not metric:
        raise _Wrong("it names no metric")
    reach = Reach(value=_number(cells, "value"), low=_number(cells, "min"), high=_number(cells, "max"))
    if reach == Reach():
        raise _Wrong("it has neither value nor min nor max")
    if reach.value is not None and (reach.low is not None or reach.high is not None):
        raise _Wrong("it has a value and a range: keep one of them")
    if reach.low is not None and reach.high is not None and reach.low > reach.high:
        raise _Wrong(f"min ({reach.low}) is more than max ({reach.high})")
    month = _month(cells.get("month", ""))
    period = _period(cells.get("period", "").lower() or "month")
    if month is not None and period != "month":
        raise _Wrong("it has a month, but its period is not month")
    by = _BY.fullmatch(cells.get("by", ""))
    if cells.get("by") and by is None:
        raise _Wrong(f"by is {cells['by']!r}: write channel=email")
    value, source = _number(cells, "benchmark_value"), cells.get("benchmark_source")
    if value is not None and not source:
        raise _Wrong("its benchmark has no source")
    return TargetRow(
        metric=metric, period=period, reach=Reach() if month else reach, seasonal={month: reach} if month else {},
        since=_day(cells, "since"), lifecycle=cells.get("lifecycle") or None, stage=cells.get("stage") or None,
        by=(by[1], by[2]) if by else None, owner=cells.get("owner") or None, note=cells.get("note") or None,
        benchmark=(value, source, _day(cells, "benchmark_date")) if value is not None and source else None,
    )  # fmt: skip


def _joined(held: TargetRow, row: TargetRow) -> TargetRow:
    """One target of two rows, of which one at least is of a month that the other says nothing of."""
    if any(month in held.seasonal for month in row.seasonal) or (not row.seasonal and held.reach != Reach()):
        raise _Wrong("the same target stands in an earlier row")
    return replace(
        held, reach=row.reach if held.reach == Reach() else held.reach, seasonal={**held.seasonal, **row.seasonal},
        owner=held.owner or row.owner, note=held.note or row.note, benchmark=held.benchmark or row.benchmark,
    )  # fmt: skip


def _plain(name: str) -> str:
    """The name of a metric or column from how people write it: Average order value."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _number(cells: Mapping[str, str], name: str) -> Decimal | None:
    written = cells.get(name, "")
    if not written:
        return None
    match = _NUMBER.fullmatch(written)
    if match is None:
        raise _Wrong(f"{name} is {written!r}: write a number as 1200.50 or 30%")
    value = Decimal(match[1].replace(",", ""))
    return value / 100 if match[2] else value


def _period(written: str) -> PeriodUnit:
    for unit in UNITS:
        if written == unit:
            return unit
    raise _Wrong(f"period is {written!r}: write {listing(UNITS)}")


def _month(written: str) -> str | None:
    if not written:
        return None
    for place, month in enumerate(MONTHS, start=1):
        if written.lower()[:3] == month or written in (str(place), f"{place:02}"):
            return month
    raise _Wrong(f"month is {written!r}: write jan to dec, or 1 to 12")


def _day(cells: Mapping[str, str], name: str) -> str | None:
    written = cells.get(name, "")
    try:
        return date.fromisoformat(written).isoformat() if written else None
    except ValueError:
        raise _Wrong(f"{name} is {written!r}: write a day as 2024-12-31") from None
