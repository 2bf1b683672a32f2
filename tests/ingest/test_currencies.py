"""Amounts in several currencies: converted by the rate of the day, never added across currencies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tenure.errors import SourceError
from tests.ingest.conftest import Desk

RATES = "currency,date,rate\nEUR,2024-01-01,0.8\nEUR,2024-02-01,0.9\nJPY,2024-01-01,0.00532145\n"
ROWS = """\
no,customer,time,amount,currency
1,a,2024-01-15,10.00,EUR
2,a,2024-02-01,10.00,eur
3,a,2024-06-01,10.00,EUR
4,a,2023-12-31,10.00,EUR
5,a,2024-01-15,10.00,GBP
6,a,2024-01-15,1000,JPY
7,a,2024-01-15,10.00,USD
8,a,2024-01-15,10.00,
9,a,2024-01-15,,USD
"""
MAPPED = {"id": "no", "customer": "customer", "properties": {"revenue": "amount"}, "currency_column": "currency"}


def test_amounts_take_the_rate_of_their_day(desk: Desk) -> None:
    desk.settings = replace(desk.settings, rates=desk.write("rates.csv", RATES))
    desk.write("orders.csv", ROWS)
    report = desk.load(**MAPPED)
    assert desk.rows("SELECT message_id, properties FROM events ORDER BY 1") == [
        ("orders:1", '{"revenue":8}'),
        ("orders:2", '{"revenue":9}'),
        ("orders:3", '{"revenue":9}'),
        ("orders:5", '{"revenue":10}'),
        ("orders:6", '{"revenue":5.32145}'),
        ("orders:9", "{}"),
    ]
    assert desk.reasons() == [(5, "no exchange rate"), (8, "no exchange rate"), (9, "no currency")]
    assert report.rejected == {"no exchange rate": 2, "no currency": 1}


def test_lines_of_an_invoice_have_one_currency(desk: Desk) -> None:
    desk.settings = replace(desk.settings, rates=desk.write("rates.csv", RATES))
    desk.write(
        "orders.csv",
        "no,customer,time,amount,currency\n"
        "1,a,2024-01-02,5,EUR\n1,a,2024-01-02,5,EUR\n2,a,2024-01-02,5,EUR\n2,a,2024-01-02,5,GBP\n",
    )
    report = desk.load(**{**MAPPED, "id": None, "group": "no", "properties": {"revenue": "sum(amount)"}})
    assert desk.rows("SELECT message_id, properties FROM events") == [("orders:1", '{"revenue":8}')]
    assert report.rejected == {"the rows of the group have different currencies": 1}


def test_currencies_need_rates(desk: Desk) -> None:
    desk.write("orders.csv", ROWS)
    with pytest.raises(SourceError, match="has a currency_column, but the workspace has no currency or no rates"):
        desk.load(**MAPPED)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ("currency,day,rate\n", "has no column 'date'"),
        ("currency,date,rate\nEURO,2024-01-01,1\n", "Line 2 .* 'EURO' is no currency"),
        ("currency,date,rate\nEUR,1.1.2024,1\n", "Line 2 .* '1.1.2024' is no date"),
        ("currency,date,rate\nEUR,2024-01-01,0\n", "Line 2 .* '0' is no rate"),
        ('currency,date,rate\nEUR,2024-01-01,"1,5"\n', "'1,5' is no rate"),
        ("currency,date,rate\nEUR,2024-01-01,NaN\n", "'NaN' is no rate"),
    ],
)
def test_wrong_rates_are_told(desk: Desk, rates: str, message: str) -> None:
    desk.settings = replace(desk.settings, rates=desk.write("rates.csv", rates))
    desk.write("orders.csv", ROWS)
    with pytest.raises(SourceError, match=message):
        desk.load(**MAPPED)


def test_a_changed_rate_has_the_file_read_again(desk: Desk) -> None:
    desk.settings = replace(desk.settings, rates=desk.write("rates.csv", RATES))
    desk.write("orders.csv", ROWS)
    desk.load(**MAPPED)
    assert desk.load(**MAPPED).unchanged == 1
    desk.write("rates.csv", RATES + "USD,2024-01-01,0.75\n")
    report = desk.load(**MAPPED)
    assert report.loaded == 1 and report.duplicates == 6
