"""Exchange rates: a CSV of currency, date and rate (what one unit is worth in the workspace's currency).

A day without a rate has that of the last day before it; before a currency's first day there is none.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import SourceError

_COLUMNS = ("currency", "date", "rate")
_EPOCH = date(1970, 1, 1)
_RATE = pa.decimal128(16, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Rates of every day from the first to `last_day` (days since 1970), as rows of currency, day and rate."""

    table: pa.Table
    last_day: int


def read_rates(path: Path) -> Rates:
    """The rates in the file `path`.

    Raises SourceError where a column is missing or a line is no rate: a wrong rate would be a wrong figure.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            names = {name.strip().casefold(): name for name in rows.fieldnames or []}
            for column in _COLUMNS:
                if column not in names:
                    hint = did_you_mean(column, names) or "It has the columns currency, date and rate."
                    raise SourceError(f"The rates file {path} has no column '{column}'.", hint=hint)
            known: dict[str, dict[date, Decimal]] = {}
            for line, row in enumerate(rows, 2):
                currency, day, rate = _row(path, line, *(row[names[column]] or "" for column in _COLUMNS))
                known.setdefault(currency, {})[day] = rate
    except FileNotFoundError:
        raise SourceError(f"There is no rates file {path}.", hint="Check `rates:` in tenure.yaml.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            f"The rates file {path} cannot be read: {error}.", hint="It is a CSV file in UTF-8."
        ) from error
    last = max((day for days in known.values() for day in days), default=_EPOCH)
    currencies: list[str] = []
    numbers: list[int] = []
    values: list[Decimal] = []
    for currency, days in known.items():
        day, rate = min(days), Decimal(0)
        while day <= last:
            rate = days.get(day, rate)
            currencies.append(currency)
            numbers.append((day - _EPOCH).days)
            values.append(rate)
            day += timedelta(days=1)
    table = pa.table(
        {
            "currency": pa.array(currencies, pa.string()),
            "day": pa.array(numbers, pa.int32()),
            "rate": pa.array(values, _RATE),
        }
    )
    return Rates(table=table, last_day=(last - _EPOCH).days)


def _row(path: Path, line: int, currency: str, day: str, rate: str) -> tuple[str, date, Decimal]:
    code = currency.strip().upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise SourceError(f"Line {line} of the rates file {path}: '{currency}' is no currency.", hint="Write EUR, say.")
    try:
        moment = date.fromisoformat(day.strip())
    except ValueError:
        raise SourceError(
            f"Line {line} of the rates file {path}: '{day}' is no date.", hint="Write 2024-12-31."
        ) from None
    try:
        number = Decimal(rate.strip())
        exact = number.quantize(Decimal("0.00000001")) if number.is_finite() else Decimal(0)
    except InvalidOperation:
        exact = Decimal(0)
    if not 0 < exact < 10**8:
        raise SourceError(
            f"Line {line} of the rates file {path}: '{rate}' is no rate.", hint="Write 1.1732, above 0, with a point."
        )
    return code, moment, exact
