"""Sources that are a query over files."""

from __future__ import annotations

import os

import pytest

from tenure.errors import SourceError
from tests.ingest.conftest import Desk, moment

BLANKS = (
    " customer_id  date n  value\n 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n"
)
QUERY = """
    SELECT line[2:6] AS customer, line[8:15] AS day, CAST(trim(line[19:]) AS DECIMAL(18, 2)) AS value -- the last column
    FROM read_csv('data/sales.txt', delim = '\t', header = false, skip = 1, columns = {'line': 'VARCHAR'});
"""


def test_a_file_of_no_usual_form(desk: Desk) -> None:
    desk.write("data/sales.txt", BLANKS)
    report = desk.load(query=QUERY, customer="customer", time="day", properties={"revenue": "value"})
    assert report.loaded == 3
    assert desk.rows("SELECT user_id, time, properties FROM events ORDER BY user_id, properties") == [
        ("00001", moment("1997-01-01"), '{"revenue":11.77}'),
        ("00002", moment("1997-01-12"), '{"revenue":12}'),
        ("00002", moment("1997-01-12"), '{"revenue":77}'),
    ]


def test_a_query_is_read_again_when_its_files_change(desk: Desk) -> None:
    path = desk.write("data/sales.txt", BLANKS)
    mapped = {"query": QUERY, "customer": "customer", "time": "day"}
    desk.load(**mapped)
    assert desk.load(**mapped).unchanged == 1
    path.write_text(BLANKS + " 00003 19970113  1    1.00\n")
    os.utime(path, (5, 5))
    report = desk.load(**mapped)
    assert (report.loaded, report.duplicates) == (1, 3)


def test_joins_groups_and_windows(desk: Desk) -> None:
    desk.write("a.csv", "no,customer,day\n1,x,2024-01-01\n2,x,2024-01-02\n")
    desk.write("b.csv", "no,price\n1,5.5\n1,4.5\n2,1\n")
    desk.load(
        query="WITH sums AS (SELECT no, sum(price) AS total FROM 'b.csv' GROUP BY no) "
        "SELECT *, row_number() OVER (ORDER BY no) AS place FROM 'a.csv' JOIN sums USING (no)",
        customer="customer", time="day", id="no", properties={"total": "total", "place": "place"}, event="X",
    )  # fmt: skip
    assert desk.rows("SELECT message_id, properties FROM events ORDER BY 1") == [
        ("orders:1", '{"total":10,"place":1}'), ("orders:2", '{"total":1,"place":2}')
    ]  # fmt: skip


def test_a_query_reads_its_folders_and_no_others(desk: Desk) -> None:
    outside = desk.folder.parent / "outside"
    outside.mkdir()
    (outside / "sales.txt").write_text(BLANKS)
    elsewhere = QUERY.replace("data/", "../outside/")
    with pytest.raises(SourceError, match="file system operations are disabled"):
        desk.load(query=elsewhere, customer="customer", time="day")
    with pytest.raises(SourceError, match="file system operations are disabled"):
        desk.load(
            query="SELECT content AS customer, 0 AS day FROM read_text('/etc/passwd')", customer="customer", time="day"
        )
    report = desk.load(query=elsewhere, folders="../outside", customer="customer", time="day")
    assert report.loaded == 3


def test_a_query_that_fails_says_why(desk: Desk) -> None:
    desk.write("a.csv", "no,customer,day\n1,x,2024-01-01\n")
    with pytest.raises(SourceError, match=r"The query of source 'orders' failed: Referenced column \"nope\" not found"):
        desk.load(query="SELECT nope FROM 'a.csv'", customer="customer", time="day")
    with pytest.raises(SourceError, match=r"There is no file .*b.csv"):
        desk.load(query="SELECT * FROM 'b.csv'", customer="customer", time="day")
    with pytest.raises(SourceError, match=r"query has no column 'custmer'"):
        desk.load(query="SELECT * FROM 'a.csv'", customer="custmer", time="day")
