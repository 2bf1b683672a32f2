"""How the time of a row is read: SQL of a moment in UTC where the row says so, else of a local time.

Read are ISO 8601, seconds to nanoseconds since 1970, 19970131, and the usual written forms where all values of the
sample agree on one. 03/04/2024 alone could be March or April: then the author has to say which, by `strptime`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure.documents import listing
from tenure.documents.wording import shown
from tenure.errors import SourceError
from tenure.warehouse.source_sql import quote_text

ISO = (
    "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
    "([ T]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)? *(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)
OFFSET = ":[0-9]{2}([.][0-9]+)? *(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"
DIGITS = "-?[0-9]{1,19}([.][0-9]+)?"
_DATES = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
)  # fmt: skip
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
# the first and the last moment that a date of four digits can name
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999
_MOSTLY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeColumns:
    """SQL of a local time and of a moment, in microseconds; a row has one of them, or neither where it has no time."""

    local: str
    moment: str


def time_columns(sql: str, type_: str, *, samples: Sequence[str], where: str) -> TimeColumns:
    """How the SQL expression `sql` of that type is read.

    `samples` are some of its values where it is text; `where` names the expression in messages.
    """
    nothing = "CAST(NULL AS BIGINT)"
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return TimeColumns(local=nothing, moment=f"CASE WHEN isfinite({sql}) THEN epoch_us({sql}) END")
    if type_.startswith("TIMESTAMP") or type_ == "DATE":
        plain = f"CAST({sql} AS TIMESTAMP)"
        return TimeColumns(local=f"CASE WHEN isfinite({plain}) THEN epoch_us({plain}) END", moment=nothing)
    if type_ in ("VARCHAR", "JSON") or type_.startswith("ENUM"):
        text = f"trim(CAST({sql} AS VARCHAR))"
        formats = _formats(samples, where)
        iso = f"CASE WHEN regexp_full_match({text}, {quote_text(ISO)}) THEN epoch_us(TRY_CAST({text} AS TIMESTAMP)) END"
        # read as a plain timestamp, the offset would be passed over; after a blank it would not be read at all
        close = f"regexp_replace({text}, ' +([Zz]|[+-][0-9:]+)$', '\\1')"
        zoned = iso.replace(f"TRY_CAST({text} AS TIMESTAMP)", f"TRY_CAST({close} AS TIMESTAMP WITH TIME ZONE)")
        with_offset = f"regexp_matches({text}, {quote_text(OFFSET)})"
        local, moment = _digits(text)
        other = ""
        if formats:
            parsed = f"try_strptime({text}, [{', '.join(map(quote_text, formats))}])"
            other = f", epoch_us({parsed})"
        return TimeColumns(
            local=f"CASE WHEN NOT {with_offset} THEN coalesce({iso}, {local}{other}) END",
            moment=f"CASE WHEN {with_offset} THEN {zoned} ELSE {moment} END",
        )
    if type_ in ("TIME", "INTERVAL", "BOOLEAN", "UUID", "BLOB"):
        raise SourceError(f"{where} gives {type_}, which is no moment.", hint="Name a date or timestamp.")
    number = f"CAST({sql} AS VARCHAR)"
    if type_ in ("DOUBLE", "FLOAT"):
        number = f"CAST(CAST({sql} AS DECIMAL(38,6)) AS VARCHAR)"
    local, moment = _digits(number)
    return TimeColumns(local=local, moment=moment)


def _digits(text: str) -> tuple[str, str]:
    """SQL of a date in eight digits or a time in fourteen, and of seconds to nanoseconds since 1970."""
    whole = f"regexp_extract({text}, '^[0-9]+')"
    day = f"regexp_full_match({text}, '(19|20)[0-9]{{2}}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([.]0*)?')"
    second = f"regexp_full_match({text}, '(19|20)[0-9]{{2}}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{{6}}([.]0*)?')"
    date = f"epoch_us(try_strptime({whole}, '%Y%m%d'))"
    clock = f"epoch_us(try_strptime({whole}, '%Y%m%d%H%M%S'))"
    local = f"CASE WHEN {day} THEN {date} WHEN {second} THEN {clock} END"
    number = f"TRY_CAST({text} AS DECIMAL(28,9))"
    moment = (
        f"CASE WHEN NOT regexp_full_match({text}, {quote_text(DIGITS)}) OR {day} OR {second} THEN NULL "
        f"WHEN abs({number}) < 100000000000 THEN CAST({number} * 1000000 AS BIGINT) "
        f"WHEN abs({number}) < 100000000000000 THEN CAST({number} * 1000 AS BIGINT) "
        f"WHEN abs({number}) < 100000000000000000 THEN CAST({number} AS BIGINT) "
        f"ELSE CAST(CAST({number} AS HUGEINT) // 1000 AS BIGINT) END"
    )
    return local, moment


def _formats(samples: Sequence[str], where: str) -> list[str]:
    """The written forms that the samples take, none where they are ISO or digits."""
    others = [
        value for value in (sample.strip() for sample in samples)
        if value and not re.fullmatch(ISO, value) and not re.fullmatch(DIGITS, value)
    ]  # fmt: skip
    if not others or len(others) < (1 - _MOSTLY) * len(samples):
        return []
    fitting = [
        (date, clock) for date in _DATES for clock in _CLOCKS
        if sum(_parses(value, date + clock) for value in others) >= _MOSTLY * len(others)
    ]  # fmt: skip
    dates = list(dict.fromkeys(date for date, _ in fitting))
    if not dates:
        # one row has the time with seconds, the next without: any clock will do
        dates = [
            date for date in _DATES
            if sum(any(_parses(value, date + clock) for clock in _CLOCKS) for value in others) >= _MOSTLY * len(others)
        ]  # fmt: skip
    if not dates and len(others) * 2 <= len(samples):
        return []
    if not dates:
        raise SourceError(
            f"{where}: {shown(others[0])} is no time in a form that is known.",
            hint="Say how it is written: strptime(column, '%d.%m.%Y %H:%M').",
        )
    meanings = {date.replace("%B", "%b").replace("%-d", "%d") for date in dates}
    if len(meanings) > 1:
        written = listing(f"'{date}'" for date in dates)
        raise SourceError(
            f"{where}: {shown(others[0])} can be read as {written}.",
            hint=f"Say which: strptime(column, '{dates[0]}').",
        )
    return [date + clock for date in dates for clock in _CLOCKS]


def _parses(value: str, format_: str) -> bool:
    try:
        datetime.strptime(value, format_)  # noqa: DTZ007  only whether it can be read
    except ValueError:
        return False
    return True
