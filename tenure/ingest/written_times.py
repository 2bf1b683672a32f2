"""How a column of a foreign file writes moments, and whether 03/04 means March or April: decided on all its values.

found = written_time(looked, facts)
found.expression            # strptime(Datum, '%d.%m.%Y %H:%M')
found.note                  # "Datum: day before month, since 12,345 values begin with a number above 12"
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tenure.documents import listing
from tenure.errors import SourceError
from tenure.ingest.column_facts import Facts, Looked, quoted
from tenure.ingest.timestamps import time_columns
from tenure.warehouse.source_sql import quote_text

_DAY = 86_400_000_000
_READABLE = 0.95
_SORTED = 0.999
_MOST_SHAPES = 8
_SHAPE = re.compile(
    r"(?P<a>9{1,2})(?P<sign>[./-])(?P<b>9{1,2})(?P=sign)(?P<year>9{4}|9{2})"
    r"(?P<between>T|,? +)?(?P<clock>9{1,2}:99(?P<seconds>:99(?P<fraction>\.9+)?)?)?(?P<half> ?[AaPp][Mm])?"
)
_DIGIT_DATES = "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([0-9]{6})?([.]0)?"
# seconds and milliseconds since 1970, from 1990 to 2100
_SINCE_1970 = "(6[3-9]|[7-9][0-9]|[1-3][0-9]{2}|40)[0-9]{8}([0-9]{3})?([.]0)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTime:
    """A column that holds moments: the expression that reads it, its SQL in microseconds over `looked`.

    `days_only` tells that no value has a time of day; `note` says what had to be decided.
    """

    facts: Facts
    expression: str
    sql: str
    days_only: bool
    note: str = ""


def written_time(looked: Looked, facts: Facts, *, named: bool) -> WrittenTime | None:
    """How the column writes moments; None where it holds none.

    `named` tells that its name speaks of time: only then may a bare number count seconds since 1970. Raises SourceError
    where day and month cannot be told apart.
    """
    text = f"trim(CAST({facts.sql} AS VARCHAR))"
    if facts.kind == "moment":
        return _plain(looked, facts, [])
    if facts.numeric:
        digits = f"{_DIGIT_DATES}|{_SINCE_1970}" if named else _DIGIT_DATES
        return (
            _plain(looked, facts, [])
            if _share(looked, facts, f"regexp_full_match({text}, {quote_text(digits)})")
            else None
        )
    if facts.kind != "text":
        return None
    table = looked.sandbox.table(
        f"SELECT regexp_replace({text}, '[0-9]', '9', 'g') AS shape, any_value({text}) AS v, count(*) AS n FROM thin "
        f"WHERE nullif({text}, '') IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT {_MOST_SHAPES}"
    )
    counted = list(zip(table["shape"].to_pylist(), table["n"].to_pylist(), strict=True))
    shapes = [match for shape, _ in counted if (match := _SHAPE.fullmatch(shape))]
    if 2 * sum(n for shape, n in counted if _SHAPE.fullmatch(shape)) > sum(n for _, n in counted):
        return _by_shape(looked, facts, text, shapes)
    samples = [str(value) for value in table["v"].to_pylist()]
    return _plain(looked, facts, samples) if any(sign in samples[0] for sign in "-/., ") else None


def _plain(looked: Looked, facts: Facts, samples: list[str]) -> WrittenTime | None:
    """The column read as the loader reads it by itself."""
    try:
        columns = time_columns(facts.sql, facts.type, samples=samples, where=facts.name)
    except SourceError:
        return None
    sql = f"coalesce({columns.local}, {columns.moment})"
    if not _share(looked, facts, f"({sql}) IS NOT NULL"):
        return None
    return WrittenTime(facts=facts, expression=facts.name, sql=sql, days_only=_days_only(looked, sql))


def _by_shape(looked: Looked, facts: Facts, text: str, shapes: list[re.Match[str]]) -> WrittenTime | None:
    """Numbers between signs: 31.12.2024, 12/31/24 5:30 PM."""
    first, second = (
        f"TRY_CAST(regexp_extract({text}, '^([0-9]+)[./-]([0-9]+)', {place}) AS INTEGER)" for place in (1, 2)
    )
    above_first, above_second = looked.numbers(f"count_if({first} > 12)", f"count_if({second} > 12)")
    example = facts.examples[0]
    formats = {
        day_first: list(dict.fromkeys(_format(shape, day_first) for shape in shapes)) for day_first in (True, False)
    }
    if above_first and above_second:
        day_first = above_first > above_second
        if min(above_first, above_second) > 0.01 * (above_first + above_second):
            raise SourceError(
                f"{facts.name} is written in two ways: in {above_first:,} values the first number is above 12, in "
                f"{above_second:,} the second.",
                hint="Export the dates in one form, as 2024-12-31.",
            )
    elif above_first or above_second:
        day_first = above_first > 0
    elif shapes[0]["sign"] == ".":
        day_first = True
    else:
        day_first = _by_order(looked, facts, text, formats)
    order = "day before month" if day_first else "month before day"
    above = above_first if day_first else above_second
    reason = f"{above:,} values have a number above 12 there" if above else "only so are the rows in order"
    if not above and shapes[0]["sign"] == ".":
        reason = "as dates with points are written"
    chosen = formats[day_first]
    listed = ", ".join(quote_text(form) for form in chosen)
    argument = f"[{listed}]" if len(chosen) > 1 else listed
    sql = f"epoch_us(try_strptime({text}, [{listed}]))"
    if not _share(looked, facts, f"({sql}) IS NOT NULL"):
        return None
    return WrittenTime(
        facts=facts, expression=f"strptime({quoted(facts.name)}, {argument})", sql=sql,
        days_only=_days_only(looked, sql), note=f"{facts.name} {example} read as {order} ({reason})",
    )  # fmt: skip


def _by_order(looked: Looked, facts: Facts, text: str, formats: dict[bool, list[str]]) -> bool:
    """Whether the day comes first, told by which reading has the rows in order of time."""
    ordered = {}
    for day_first, forms in formats.items():
        parsed = f"try_strptime({text}, [{', '.join(map(quote_text, forms))}])"
        pairs, up, down = looked.numbers(
            "count(*)", "count_if(t >= b)", "count_if(t <= b)",
            rows="(SELECT t, lag(t) OVER (ORDER BY position) AS b FROM "
            f"(SELECT {parsed} AS t, position FROM looked)) WHERE b IS NOT NULL",
        )  # fmt: skip
        ordered[day_first] = max(up, down) >= _SORTED * pairs
    if ordered[True] != ordered[False]:
        return ordered[True]
    readings = listing(
        f"strptime({quoted(facts.name)}, {quote_text(formats[day_first][0])})" for day_first in (True, False)
    )
    raise SourceError(
        f"{facts.name}: '{facts.examples[0]}' can be day or month first, and no value of the file tells which.",
        hint=f"Export the dates as 2024-12-31, or write {readings} as the source's `time`.",
    )


def _format(shape: re.Match[str], day_first: bool) -> str:
    sign = shape["sign"]
    day = f"%d{sign}%m" if day_first else f"%m{sign}%d"
    date = f"{day}{sign}{'%Y' if len(shape['year']) == 4 else '%y'}"
    if not shape["clock"]:
        return date
    seconds = (":%S" + (".%f" if shape["fraction"] else "")) if shape["seconds"] else ""
    clock = f"%I:%M{seconds}{shape['half'][:-2]}%p" if shape["half"] else f"%H:%M{seconds}"
    return f"{date}{shape['between'] or ' '}{clock}"


def _share(looked: Looked, facts: Facts, condition: str) -> bool:
    filled, holds = looked.numbers(
        f"count(nullif(trim(CAST({facts.sql} AS VARCHAR)), ''))", f"count_if({condition})", rows="thin"
    )
    return holds >= _READABLE * max(filled, 1)


def _days_only(looked: Looked, sql: str) -> bool:
    timed = looked.numbers(f"count_if(({sql}) % {_DAY} <> 0)")[0]
    return timed == 0
