"""Figures in words: money, people, lengths of time, moments, shares, each as a table shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_LENGTHS = (("day", 86_400 * _SECOND), ("hour", 3_600 * _SECOND), ("minute", 60 * _SECOND), ("second", _SECOND))
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "CNY": "CN¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
# amounts in a column whose largest is beyond this are shown without the small change
_SMALL = Decimal(10_000)
# how numbers are written where they are read: what stands for the comma and the point of English
_SIGNS: ContextVar[dict[int, str] | None] = ContextVar("signs", default=None)
# from so many percent on, how many times is told
_MANIFOLD = 1000


@contextmanager
def written_with(thousands: str, decimal: str) -> Iterator[None]:
    """Nothing; numbers that are written inside have these signs between thousands and before decimals."""
    before = _SIGNS.set(None if (thousands, decimal) == (",", ".") else {ord(","): thousands, ord("."): decimal})
    try:
        yield
    finally:
        _SIGNS.reset(before)


def in_signs(text: str) -> str:
    """A number as English writes it, with the signs of whoever reads it."""
    signs = _SIGNS.get()
    return text if signs is None else text.translate(signs)


class Money:
    """Writes the amounts of one column: currency, thousands, and small change where the column has room for it."""

    def __init__(self, currency: str | None, amounts: Iterable[Decimal]) -> None:
        self._sign = _SYMBOLS.get(currency or "", f"{currency} " if currency else "")
        whole = max(map(abs, amounts), default=Decimal(0)) >= _SMALL
        self._step = Decimal(1) if whole or currency in ("JPY", "KRW") else Decimal("0.01")

    def __call__(self, amount: Decimal) -> str:
        """The amount as it stands in the column."""
        rounded = amount.quantize(self._step, rounding=ROUND_HALF_UP)
        return f"{'-' if rounded < 0 else ''}{self._sign}{in_signs(f'{abs(rounded):,f}')}"


def number(value: Decimal | float) -> str:
    """A number with its thousands apart and no needless zeros."""
    if isinstance(value, int):
        return in_signs(f"{value:,}")
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = f"{exact:,f}"
    return in_signs(text.rstrip("0").rstrip(".") if "." in text else text)


def figure(value: Decimal | None, unit: str, currency: str | None, *, short: bool = False) -> str:
    """The figure of a metric as people read it: 12.5 %, £1,200.50, 4.5 days, 1,204; `short` where many are compared."""
    if value is None:
        return "–"
    match unit:
        case "rate":
            return f"{_cut(value * 100) if short else number((value * 100).quantize(Decimal('0.1')))} %"
        case "money":
            # what goes over a hundred says enough without the small change
            return Money(currency, [_SMALL] if short and abs(value) >= 100 else [value])(value)
        case "days":
            return _in_days(value, short=short)
        case _:
            whole = value == value.to_integral_value() and (unit == "count" or not short)
            return number(int(value)) if whole else _cut(value) if short else number(value.quantize(Decimal("0.01")))


def change(value: Decimal | None, previous: Decimal | None, unit: str) -> str:
    """What a figure has gained since the period before: +12 %, of a share in points; empty where none can be told."""
    if value is None or previous is None:
        return ""
    if unit == "rate":
        points = ((value - previous) * 100).quantize(Decimal("0.1"))
        return f"{in_signs(f'{points:+}')} pt" if points else "±0"
    if unit == "score" or previous <= 0:
        return ""
    percent = ((value / previous - 1) * 100).quantize(Decimal(1))
    if abs(percent) >= _MANIFOLD:
        return f"×{(value / previous).quantize(Decimal(1))}"
    return f"{percent:+} %" if percent else "±0"


def _in_days(days: Decimal, *, short: bool) -> str:
    # 36 hours say more than 1.5 days
    units = ((1, "days"), (24, "h"), (1440, "min"), (86_400, "s"))
    size, word = next(((size, word) for size, word in units[:-1] if abs(days) * size >= 2), units[-1])
    return f"{_cut(days * size) if short else number((days * size).quantize(Decimal('0.1')))} {word}"


def _cut(value: Decimal) -> str:
    """A number with as many decimals as its size asks for."""
    if not value:
        return "0"
    step = Decimal(1 if abs(value) >= 1000 else "0.1" if abs(value) >= 10 else "0.01")
    return in_signs(f"{value.quantize(step):,f}")


def several(count: int, word: str, plural: str = "") -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number(count)} {word if count == 1 else plural or word + 's'}"


def units(unit: str, count: int = 2) -> str:
    """What a lifecycle counts, in the plural: people, accounts, deals (of `deal_id`)."""
    if unit == "customer":
        return "person" if count == 1 else "people"
    word = unit.removesuffix("_id").replace("_", " ")
    return word if count == 1 else word + ("es" if word.endswith(("s", "x")) else "s")


def share(part: Decimal | int, whole: Decimal | int) -> str:
    """A part as a percentage; below half a percent and above none it says so."""
    if not whole:
        return "–"
    percent = Decimal(part) * 100 / Decimal(whole)
    if 0 < percent < Decimal("0.5"):
        return "<1 %"
    return f"{percent.quantize(Decimal(1), rounding=ROUND_HALF_UP)} %"


def length(microseconds: Decimal | float) -> str:
    """A length of time in its largest whole unit: 142 days, 1 day, 36 hours; `-` before one that lies back."""
    whole = abs(int(microseconds))
    for word, size in _LENGTHS:
        # 36 hours say more than 1 day, and 100 minutes more than 1 hour
        if whole >= 2 * size or whole == size or word == "second":
            return ("-" if microseconds < 0 else "") + several(whole // size, word)
    raise AssertionError


def moment(time: int | None, zone: ZoneInfo) -> str:
    """A moment as the clocks of `zone` show it, to the minute; empty for None."""
    local = _local(time, zone)
    return local if isinstance(local, str) else f"{local:%Y-%m-%d %H:%M}"


def day(time: int, zone: ZoneInfo) -> str:
    """The day of a moment in `zone`."""
    local = _local(time, zone)
    return local if isinstance(local, str) else f"{local:%Y-%m-%d}"


def size(count: int) -> str:
    """Bytes in the unit that suits them: 3.4 MB."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def clean(text: str) -> str:
    """Text of a source as a terminal may show it: on one line, no control characters."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "·" for sign in text)


def _local(time: int | None, zone: ZoneInfo) -> datetime | str:
    if time is None:
        return ""
    try:
        return (_EPOCH + timedelta(microseconds=time)).astimezone(zone)
    except (OverflowError, ValueError):
        return "after 9999" if time > 0 else "before 1"
