"""`tenure metrics`, `tenure metric` and `tenure sql metric`: rows for programs, words for people."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from .conftest import Invoke


def test_the_catalogue_says_what_is_there(corner: Path, invoke: Invoke) -> None:
    told = invoke("-C", corner, "metrics", "--ready").output
    assert "average_order_value" in told
    assert "Next: tenure -C" in told
    every = invoke("-C", corner, "metrics", "--phase", "advocacy").output
    assert "Survey Answered with survey == 'nps'" in every
    rows = json.loads(invoke("-C", corner, "metrics", "--format", "json").output)
    by_name = {row["metric"]: row for row in rows}
    assert by_name["orders"]["ready"] is True
    assert by_name["orders"]["needs"] is None
    assert by_name["nps"]["ready"] is False
    assert by_name["nps"]["needs"] == "`Survey Answered` with survey == 'nps'"


def test_a_metric_in_rows(corner: Path, invoke: Invoke) -> None:
    rows = json.loads(invoke("-C", corner, "metric", "average_order_value", "--format", "json").output)
    assert list(rows[0]) == ["period", "value", "numerator", "denominator", "target", "status"]
    assert all(len(row["period"]) == len("2024-01-01") and row["period"].endswith("-01") for row in rows)
    known = [row for row in rows if row["value"] is not None]
    assert known
    assert all(abs(row["value"] - row["numerator"] / row["denominator"]) < 1e-6 for row in known)
    counts = json.loads(invoke("-C", corner, "metric", "orders", "--period", "year", "--format", "json").output)
    assert all(isinstance(row["value"], int) for row in counts)
    lines = invoke("-C", corner, "metric", "orders", "--by", "country", "--format", "csv").output.splitlines()
    assert next(csv.reader(lines)) == ["period", "part", "value", "numerator", "denominator", "target", "status"]


def test_a_metric_for_a_reader(corner: Path, invoke: Invoke) -> None:
    told = invoke("-C", corner, "metric", "average_order_value", "--period", "quarter").output
    assert told.startswith("Average order value\n")
    assert "= avg(order)" in told
    lacking = invoke("-C", corner, "metric", "nps").output
    assert "No data: needs `Survey Answered` with survey == 'nps'." in lacking
    assert "metrics --ready" in lacking


def test_a_breakdown_by_what_nobody_tells_is_said(corner: Path, invoke: Invoke) -> None:
    assert "Nothing tells a cuntry" in invoke("-C", corner, "metric", "orders", "--by", "cuntry").output
    assert "Nothing tells" not in invoke("-C", corner, "metric", "orders", "--by", "country").output


def test_what_does_not_exist_is_told_with_what_may_be_meant(corner: Path, invoke: Invoke) -> None:
    assert "Did you mean 'orders'?" in invoke("-C", corner, "metric", "order", code=2).output
    assert "Did you mean 'month'?" in invoke("-C", corner, "metric", "orders", "--period", "months", code=2).output
    assert "Did you mean 'gone'?" in invoke("-C", corner, "metrics", "--phase", "gon", code=2).output


def test_the_query_of_a_metric_is_readable(corner: Path, invoke: Invoke) -> None:
    told = invoke("-C", corner, "sql", "metric", "repeat_purchase_rate").output
    assert told.startswith("-- Repeat purchase rate: ")
    assert "-- What each person did in each period" in told
    assert max(map(len, told.splitlines())) < 200
