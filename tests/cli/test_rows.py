"""The writers of CSV and JSON, held against the standard library's."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.cli import rows
from tenure.cli.rows import AMOUNT, MOMENT, TEXT, TRUTH, WHOLE, table, write_csv, write_json

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = 253_402_300_799_999_999
FIRST = -62_135_596_800_000_000

texts = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(['"', ",", "\r\n", "\\"])
)
amounts = st.none() | st.decimals(-(10**15), 10**15, places=6)
moments = st.none() | st.integers(FIRST, LAST)
cells = st.lists(
    st.tuples(texts, amounts, moments, st.none() | st.integers(-(2**62), 2**62), st.none() | st.booleans())
)


def made(found: list[tuple[object, ...]]) -> pa.Table:
    kinds = {"text": TEXT, "a, b": AMOUNT, "at": MOMENT, "count": WHOLE, "yes": TRUTH}
    return table(**{name: (kind, [row[place] for row in found]) for place, (name, kind) in enumerate(kinds.items())})


def iso(moment: int | None) -> str | None:
    return (
        None if moment is None else (EPOCH + timedelta(microseconds=moment)).isoformat("T", "microseconds")[:-6] + "Z"
    )


@settings(deadline=None, max_examples=50)
@given(cells, st.integers(1, 5))
def test_they_say_what_the_table_holds(found: list[tuple[object, ...]], size: int) -> None:
    before, rows.SLICE = rows.SLICE, size
    try:
        text, array = io.BytesIO(), io.BytesIO()
        write_csv(made(found), text)
        write_json(made(found), array)
    finally:
        rows.SLICE = before
    read = list(csv.reader(io.StringIO(text.getvalue().decode(), newline="")))
    told = json.loads(array.getvalue(), parse_float=Decimal)
    assert read[0] == ["text", "a, b", "at", "count", "yes"]
    assert len(read) - 1 == len(told) == len(found)
    for line, entry, (word, amount, moment, count, yes) in zip(read[1:], told, found, strict=True):
        assert list(entry.values()) == [word, amount, iso(moment), count, yes]  # type: ignore[arg-type]
        as_read = [word or "", iso(moment) or "", "" if count is None else str(count), str(yes).lower()]  # type: ignore[arg-type]
        assert [line[0], line[2], line[3], line[4] or "none"] == as_read
        assert (Decimal(line[1]) if line[1] else None) == amount


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "0.00"),
        ("1.5", "1.50"),
        ("-0.001", "-0.001"),
        ("8911407.9", "8911407.90"),
        ("1.234567", "1.234567"),
        ("100", "100.00"),
    ],
)
def test_amounts_keep_two_decimals(amount: str, written: str) -> None:
    stream = io.BytesIO()
    write_csv(table(money=(AMOUNT, [Decimal(amount)])), stream)
    assert stream.getvalue().decode() == f"money\n{written}\n"


def test_times_after_9999_are_still_written() -> None:
    assert rows.iso(LAST + 1) == "10000-01-01T00:00:00.000000Z"
    assert rows.iso(None) is None


def test_columns_that_the_store_gives() -> None:
    word = pa.array(["b", None, "a"]).dictionary_encode()
    stream = io.BytesIO()
    write_json(pa.table({"word": word, "share": pa.array([0.5, None, 2.0])}).slice(1), stream)
    assert json.loads(stream.getvalue()) == [{"word": None, "share": None}, {"word": "a", "share": 2}]
