from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tenure.wording import Money, clean, day, length, moment, number, several, share, size, units

DAY = 86_400_000_000
LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [(142 * DAY + 5, "142 days"), (DAY, "1 day"), (1.5 * DAY, "36 hours"), (Decimal(7_200_000_000), "2 hours"),
     (3_600_000_000, "1 hour"), (90 * 60_000_000, "90 minutes"), (59_999_999, "59 seconds"), (1, "0 seconds"),
     (-3 * DAY, "-3 days"), (27_028 * DAY, "27,028 days")],
)  # fmt: skip
def test_lengths(microseconds: float, words: str) -> None:
    assert length(microseconds) == words


@pytest.mark.parametrize(
    ("currency", "amounts", "written"),
    [("GBP", ["8911407.90", "0"], ["£8,911,408", "£0"]), ("EUR", ["10.5", "-3"], ["€10.50", "-€3.00"]),
     ("CHF", ["1234.5"], ["CHF 1,234.50"]), (None, ["0.005"], ["0.01"]), ("JPY", ["999.5"], ["¥1,000"]),
     ("USD", ["-0.001"], ["$0.00"]), ("GBP", [], [])],
)  # fmt: skip
def test_money(currency: str | None, amounts: list[str], written: list[str]) -> None:
    exact = [Decimal(amount) for amount in amounts]
    assert [Money(currency, exact)(amount) for amount in exact] == written


def test_shares() -> None:
    told = [share(part, 1000) for part in (0, 1, 4, 5, 150, 155, 1000)]
    assert told == ["0 %", "<1 %", "<1 %", "1 %", "15 %", "16 %", "100 %"]
    assert share(0, 0) == "–"


def test_numbers_and_words() -> None:
    told = [number(value) for value in (1234567, Decimal("1234.500000"), 0.1, 28090140000000.0, Decimal("1E+3"))]
    assert told == ["1,234,567", "1,234.5", "0.1", "28,090,140,000,000", "1,000"]
    assert [several(count, "row") for count in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]
    assert [units(unit) for unit in ("customer", "account", "deal_id", "box")] == [
        "people",
        "accounts",
        "deals",
        "boxes",
    ]
    assert [units(unit, 1) for unit in ("customer", "account")] == ["person", "account"]
    assert [size(count) for count in (512, 3_400_000, 10**15)] == ["512 bytes", "3.4 MB", "1000.0 TB"]


def test_moments() -> None:
    assert moment(1323435000000000, LONDON) == "2011-12-09 12:50"
    assert moment(1311811200000000, LONDON) == "2011-07-28 01:00"
    assert moment(None, LONDON) == ""
    assert moment(10**18, LONDON) == "after 9999"
    assert day(1323435000000000, LONDON) == "2011-12-09"


def test_clean() -> None:
    assert clean("Łódź – 東京") == "Łódź – 東京"
    assert clean("a\x1b[2J\nb\u202e") == "a·[2J·b·"
