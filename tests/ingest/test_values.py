"""Values as JSON: exact amounts, large numbers, what is no number, lists."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.conftest import Desk


def stored(desk: Desk) -> list[dict[str, Any]]:
    rows = desk.column("SELECT properties FROM events ORDER BY time, message_id")
    return [json.loads(row, parse_float=Decimal) for row in rows]


def one(desk: Desk, **columns: pa.Array) -> dict[str, Any]:
    """What becomes of one row of a Parquet file."""
    table = pa.table({"customer": ["a"], "time": pa.array([0], pa.timestamp("us")), **columns})
    pq.write_table(table, desk.folder / "orders.parquet")
    report = desk.load(
        files="orders.parquet", customer="customer", properties={name: name for name in columns}, event="X"
    )
    assert report.loaded == 1, report.rejected
    return stored(desk)[0]


def test_every_type_of_a_column(desk: Desk) -> None:
    assert one(
        desk,
        text=pa.array(['a "quoted"\nünï\u0001 line']),
        truth=pa.array([True]),
        small=pa.array([5], pa.int8()),
        whole=pa.array([2**53]),
        large=pa.array([2**53 + 1]),
        unsigned=pa.array([2**64 - 1], pa.uint64()),
        half=pa.array([0.5]),
        round=pa.array([3.0]),
        tiny=pa.array([1e-7]),
        decimal=pa.array([Decimal("12.50")], pa.decimal128(18, 2)),
        long=pa.array([Decimal("12345678901234567.89")], pa.decimal128(38, 2)),
        day=pa.array([19000], pa.date32()),
        naive=pa.array([1500000], pa.timestamp("us")),
        zoned=pa.array([0], pa.timestamp("us", tz="Asia/Tokyo")),
        list=pa.array([[Decimal("1.10"), None]], pa.list_(pa.decimal128(38, 6))),
        struct=pa.array([{"a": 1, "b": "x"}]),
        nothing=pa.array([None], pa.string()),
    ) == {
        "text": 'a "quoted"\nünï\u0001 line',
        "truth": True,
        "small": 5,
        "whole": 2**53,
        "large": str(2**53 + 1),
        "unsigned": str(2**64 - 1),
        "half": Decimal("0.5"),
        "round": 3,
        "tiny": Decimal("1e-7"),
        "decimal": Decimal("12.5"),
        "long": "12345678901234567.89",
        "day": "2022-01-08",
        "naive": "1970-01-01T00:00:01.5",
        "zoned": "1970-01-01T00:00:00Z",
        "list": [Decimal("1.1"), None],
        "struct": {"a": 1, "b": "x"},
    }


def test_what_is_no_number_is_left_out_and_counted(desk: Desk) -> None:
    columns = {
        "customer": ["a", "b"], "time": pa.array([0, 1], pa.timestamp("us")), "x": [float("nan"), 1.5],
        "y": [float("inf"), 2.0], "z": [[float("nan")], [1.0]], "revenue": [float("nan"), 3.0],
    }  # fmt: skip
    pq.write_table(pa.table(columns), desk.folder / "orders.parquet")
    names = {name: name for name in ("x", "y", "z", "revenue")}
    report = desk.load(files="orders.parquet", customer="customer", properties=names)
    assert report.loaded == 2 and report.files[0].dropped_values == 4
    assert stored(desk) == [{}, {"x": Decimal("1.5"), "y": 2, "z": [1.0], "revenue": 3}]
    assert "4 values of orders left out" in report.warnings[-1]


def test_money_is_exact_to_six_decimals_rounded_half_away_from_zero(desk: Desk) -> None:
    amounts = ["0.1234565", "-0.1234565", "999999999999999.999999", "1e3", "0.0000001", "+5", "007.50"]
    desk.write(
        "orders.csv", "customer,time,amount\n" + "".join(f"a,2024-01-0{n},{a}\n" for n, a in enumerate(amounts, 1))
    )
    desk.load(customer="customer", properties={"revenue": "CAST(amount AS DECIMAL(38,7))"})
    assert [row["revenue"] for row in stored(desk)] == [
        Decimal("0.123457"), Decimal("-0.123457"), "999999999999999.999999", 1000, 0, 5, Decimal("7.5")
    ]  # fmt: skip


def test_amounts_that_are_none_are_rejected(desk: Desk) -> None:
    rows = ["5", "1000000000000000", "-999999999999999", "five", ""]
    desk.write("orders.csv", "customer,time,amount\n" + "".join(f"a,2024-01-01,{row}\n" for row in rows))
    report = desk.load(customer="customer", properties={"revenue": "amount"})
    assert report.rejected == {"revenue is no amount": 2}
    assert sorted(row.get("revenue", 0) for row in stored(desk)) == [-999999999999999, 0, 5]


def test_a_cell_that_is_no_number_stays_text_where_nothing_counts_on_it(desk: Desk) -> None:
    desk.write("orders.csv", "customer,time,age,code,vip\n" + "a,2024-01-01,5,007,TRUE\na,2024-01-02,n/a,12,false\n")
    desk.load(customer="customer", properties={"age": "age", "code": "code", "vip": "vip"})
    assert stored(desk) == [
        {"age": 5, "code": "007", "vip": True}, {"age": "n/a", "code": "12", "vip": False}
    ]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(-99, 99), st.decimals(-9999, 9999, places=4)), min_size=1, max_size=20))
def test_sums_of_products_are_exact(desk: Desk, lines: list[tuple[int, Decimal]]) -> None:
    desk.store.connection().execute("DELETE FROM events; DELETE FROM loads")
    desk.write("orders.csv", "no,customer,time,q,p\n" + "".join(f"1,a,2024-01-01,{q},{p}\n" for q, p in lines))
    desk.load(customer="customer", group="no", properties={"revenue": "sum(q * p)"})
    (row,) = stored(desk)
    assert Decimal(row["revenue"]) == sum((q * p for q, p in lines), Decimal(0))


def test_decimal_commas(desk: Desk) -> None:
    desk.write(
        "orders.csv", 'customer;time;price;n\na;2024-01-01;"1.234,50";2\na;2024-01-02;0,1;1.000\na;2024-01-03;1.5;1\n'
    )
    report = desk.load(customer="customer", decimal=",", properties={"revenue": "price * n", "price": "price"})
    assert stored(desk) == [
        {"revenue": 2469, "price": Decimal("1234.5")}, {"revenue": 100, "price": Decimal("0.1")}
    ]  # fmt: skip
    assert report.rejected == {"price is no number": 1}


@pytest.mark.parametrize("name", ['say "hi"', "it's", "a\\b", "naïve", "select"])
def test_any_name_of_a_property(desk: Desk, name: str) -> None:
    desk.write("orders.csv", "customer,time,x\na,2024-01-01,1\n")
    desk.load(customer="customer", properties={name: "x"}, traits={name: "x"})
    assert stored(desk) == [{name: 1}]
    assert desk.rows("SELECT name, value FROM trait_changes") == [(name, "1")]
