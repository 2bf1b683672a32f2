"""What a property is worth is read from JSON as the oracle reads it: any name, any value."""

from __future__ import annotations

import json
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.warehouse.where import property_number, property_text

from ..oracle.logs import AMOUNTS, FLAGS, ODD_NUMBERS, PLANS, SCORES
from ..oracle.values import read

NUMERALS = st.from_regex(r"\A[+-]?([0-9]{1,17}\.?[0-9]{0,12}|\.[0-9]{1,12})([eE][+-]?[0-9]{1,2})?\Z").filter(
    str.isascii
)
NEARLY = st.text("0123456789+-.eE_ ,xXnaifNAIF%\n\t٣½", max_size=8)
VALUES = st.one_of(
    st.sampled_from([*AMOUNTS, *ODD_NUMBERS, *PLANS, *SCORES, *FLAGS]),
    NUMERALS,
    NEARLY,
    st.text(max_size=10),
    st.booleans(),
    st.none(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(-(10**9), 10**9, places=2).map(float),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
NAMES = st.one_of(
    st.sampled_from(
        ["amount", "$", "$.amount", "a.b", "a[0]", "*", "'", '"', "\\", "\\'", '$."x"', "#-1", "", " ", "ä"]
    ),
    st.text(min_size=1, max_size=12),
)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=40), NAMES, st.booleans())
def test_a_property_is_read_as_number_and_text(connection, values: list[object], name: str, escaped: bool):
    rows = [[json.dumps({"before": 1, name: value, "after": {name: 2}}, ensure_ascii=escaped)] for value in values]
    connection.execute("CREATE OR REPLACE TEMP TABLE told (properties VARCHAR)")
    connection.executemany("INSERT INTO told VALUES (?)", rows)
    found = connection.execute(
        f"SELECT {property_number(name)}, {property_text(name)} FROM told ORDER BY rowid"
    ).fetchall()
    for value, (number, text) in zip(values, found, strict=True):
        wanted = read(value)
        assert (None if number is None else Fraction(number)) == (wanted.number if wanted else None), value
        assert text == (wanted.text if wanted else None), value


@settings(max_examples=20, deadline=None)
@given(NAMES, st.text(max_size=12))
def test_a_property_that_is_not_there_is_unknown(connection, name: str, other: str):
    properties = json.dumps({other: 5} if other != name else {})
    assert connection.execute(
        f"SELECT {property_number(name)}, {property_text(name)} FROM (SELECT ? AS properties)", [properties]
    ).fetchone() == (None, None)
