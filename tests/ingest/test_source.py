"""What a source may say, and that the reference says it too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tenure.ingest.source import Source

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "sources.md"
WHOLE: dict[str, Any] = {"name": "orders", "files": "x.csv", "event": "Order Completed", "customer": "c", "time": "t"}


def test_a_source_as_it_is_written() -> None:
    source = Source.model_validate(
        {**WHOLE, "files": ["a.csv", "b.csv"], "id": 7, "delimiter": "tab", "encoding": "Latin-1"}
    )
    assert source.files == ("a.csv", "b.csv")
    assert (source.id, source.delimiter, source.encoding, source.on_change) == ("7", "\t", "iso8859-1", "reject")
    assert source.event_type == "track" and source.customer_expression == "c"


def test_facts_and_people() -> None:
    assert Source.model_validate({**WHOLE, "customer": "none"}).customer_expression is None
    people = Source.model_validate(
        {"name": "p", "files": "x", "customer": "c", "time": "t", "traits": {"plan": "plan"}}
    )
    assert people.event_type == "identify"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"files": None}, "needs either files or a query"),
        ({"query": "SELECT 1"}, "needs either files or a query"),
        ({"event_column": "e"}, "both event and event_column"),
        ({"event": None}, "sets neither an event nor traits"),
        ({"customer": None}, "does not say whose events these are"),
        ({"customer": "none", "traits": {"a": "b"}}, "has traits but no customer"),
        ({"time": None}, "Field required"),
        ({"folders": "x"}, "has folders but no query"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
        ({"name": "a:b"}, "holds no colon"),
        ({"timezone": "Europe/Londn"}, "Did you mean 'Europe/London'"),
        ({"delimiter": ";;"}, "must be one character"),
        ({"encoding": "latin-12"}, "There is no encoding 'latin-12'"),
        ({"decimal": ";"}, "Input should be"),
        ({"on_change": "ignore"}, "Input should be"),
        ({"where": "quantity >"}, "is no SQL"),
        ({"where": "(SELECT 1)"}, "A subquery has no place"),
        ({"where": "sum(x) > 1"}, "an aggregate has no place here"),
        ({"properties": {"a": "now()"}}, "gives another answer each time"),
        ({"properties": {"a": "a; DROP TABLE b"}}, "is no(t a plain SELECT| SQL)"),
        ({"files": None, "query": "SELECT 1; SELECT 2"}, "holds 2 statements"),
        ({"files": None, "query": "COPY x TO 'y'"}, "A source only ever reads"),
    ],
)
def test_what_a_source_may_not_say(fields: dict[str, Any], message: str) -> None:
    written = {key: value for key, value in {**WHOLE, **fields}.items() if value is not None}
    with pytest.raises(ValidationError, match=message):
        Source.model_validate(written)


@pytest.mark.parametrize("name", ["Customer ID", "Unit Price (GBP)", "date, local", "Größe", "a.b.c", "50% off"])
def test_a_column_may_have_a_name_that_is_no_sql(name: str) -> None:
    Source.model_validate({**WHOLE, "customer": name, "properties": {"x": name}})


def test_the_reference_lists_every_key() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list(Source.model_fields)
