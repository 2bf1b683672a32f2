"""Text files as they come: delimiters, quotes, encodings, archives, and files that are none."""

from __future__ import annotations

import bz2
import gzip
import random

import pyarrow as pa
import pytest

from tenure.errors import SourceError
from tests.ingest.conftest import Desk

ROWS = "customer{0}time{0}note\na{0}2024-01-01{0}x\nb{0}2024-01-02{0}\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_delimiter_is_found_out(desk: Desk, delimiter: str, end: str) -> None:
    desk.write("orders.csv", ROWS.format(delimiter).replace("\n", end))
    assert desk.load(customer="customer", properties={"note": "note"}).loaded == 2
    assert desk.column("SELECT properties FROM events ORDER BY time") == ['{"note":"x"}', "{}"]


def test_the_delimiter_may_be_said(desk: Desk) -> None:
    desk.write("orders.csv", ROWS.format("~"))
    assert desk.load(customer="customer", delimiter="~").loaded == 2


def test_quotes_line_breaks_and_blank_lines(desk: Desk) -> None:
    desk.write(
        "orders.csv",
        'customer,time,note\na,2024-01-01,"one, ""two""\nthree"\n\n\nb,2024-01-02,"x"\nc,,"y\n\nz"\nd\n',
    )
    report = desk.load(customer="customer", properties={"note": "note"})
    assert desk.column("SELECT properties FROM events ORDER BY time") == [
        '{"note":"one, \\"two\\"\\nthree"}', '{"note":"x"}'
    ]  # fmt: skip
    assert desk.reasons() == [(7, "no time"), (10, "1 column where the header has 3")]
    assert report.read == 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_encodings(desk: Desk, encoding: str) -> None:
    desk.write("orders.csv", "customer,time\nJosé,2024-01-01\n".encode(encoding))
    desk.load(customer="customer", encoding="utf-8" if encoding == "utf-8-sig" else encoding)
    assert desk.column("SELECT user_id FROM events") == ["José"]


def test_the_wrong_encoding_is_told(desk: Desk) -> None:
    desk.write("orders.csv", ("customer,time\n" + "José,2024-01-01\n" * 5).encode("latin-1"))
    with pytest.raises(SourceError, match=r"Line 2 of .*orders.csv is not in utf-8. Add `encoding: latin-1"):
        desk.load(customer="customer")
    desk.write("orders.csv", "customer,time\na,2024-01-01\n".encode("utf-16"))
    with pytest.raises(SourceError, match="Add `encoding: utf-16`"):
        desk.load(customer="customer")


def test_one_damaged_line_is_rejected(desk: Desk) -> None:
    rows = "".join(f"c{n},2024-01-01\n" for n in range(300))
    desk.write("orders.csv", f"customer,time\n{rows}".encode() + b"Jos\xe9,2024-01-01\nlast,2024-01-01\n")
    report = desk.load(customer="customer")
    assert report.loaded == 301
    assert desk.reasons() == [(302, "the line is not UTF-8 (see `encoding:`)")]


@pytest.mark.parametrize("ending", ["gz", "zst", "bz2"])
def test_archives(desk: Desk, ending: str) -> None:
    content = ROWS.format(",").encode()
    packed = {"gz": gzip.compress, "bz2": bz2.compress, "zst": lambda data: pa.compress(data, "zstd", asbytes=True)}
    desk.write(f"orders.csv.{ending}", packed[ending](content))
    assert desk.load(files=f"orders.csv.{ending}", customer="customer").loaded == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("orders.csv", b"", "is empty. Export it again"),
        ("orders.csv", b" \n\n", "is empty"),
        ("orders.csv", b"PK\x03\x04" + bytes(100), "is a zip archive or spreadsheet, not a text file"),
        ("orders.csv", b"PAR1" + bytes(100), "is a Parquet file"),
        ("orders.csv", b"customer,time\n" + bytes(100), "is a binary file"),
        ("orders.csv", random.Random(1).randbytes(100_000), "is a binary file"),
        ("orders.csv.gz", b"customer,time\n", "damaged or cut short"),
        (
            "orders.csv.gz",
            gzip.compress(b"customer,time\n" + b"a,2024-01-01\n" * 300_000)[:-2000],
            "damaged or cut short",
        ),
        ("orders.parquet", b"PAR1 and no more", "cannot be read as Parquet"),
        ("orders.jsonl", b'[{"customer": "a"}]', "is one JSON array"),
        ("orders.jsonl", b"customer,time\n", "No line of .* is a JSON object"),
        ("orders.xyz", b"customer,time\n", "does not tell what kind of file it is. Add `format"),
        ("orders.csv", b'customer,time\na,"2024' + b"x" * 40_000_000, "is longer than 16 MB. Look for a quote"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_table_says_so_and_leaves_nothing(desk: Desk, name: str, content: bytes, message: str) -> None:
    desk.write(name, content)
    with pytest.raises(SourceError, match=message):
        desk.load(files=name, customer="customer")
    for table in ("events", "units", "rejected", "loads", "touched"):
        assert desk.rows(f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_header_alone_is_no_mistake(desk: Desk) -> None:
    desk.write("orders.csv", "customer,time\n")
    report = desk.load(customer="customer")
    assert (report.read, report.loaded) == (0, 0)
    assert desk.rows("SELECT count(*) FROM loads") == [(1,)]


def test_files_that_are_not_there(desk: Desk) -> None:
    desk.write("data/orders.csv", ROWS.format(","))
    with pytest.raises(SourceError, match=r"There is no file .*order.csv. Did you mean 'orders.csv'\?"):
        desk.load(files="data/order.csv", customer="customer")
    with pytest.raises(SourceError, match=r"No file matches .*data/\*.tsv. Check `files:`"):
        desk.load(files="data/*.tsv", customer="customer")
    with pytest.raises(SourceError, match=r"data is a folder. Write .*data/\*.csv, say"):
        desk.load(files="data", customer="customer")


def test_lines_that_fit_no_header_end_the_import_when_they_are_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.ingest.reading.MAX_MALFORMED", 10)
    desk.write("orders.csv", "customer,time\n" + "a,2024-01-01,and more\n" * 20)
    with pytest.raises(
        SourceError, match=r"More than 10 lines .* the first is line 2: 3 columns where the header has 2"
    ):
        desk.load(customer="customer")


def test_json_lines(desk: Desk) -> None:
    desk.write(
        "orders.jsonl",
        '{"who": "007", "at": "2024-01-01T00:00:00Z", "total": 10.10, "items": [{"sku": "1", "n": 2}], "plan": "pro"}\n'
        "\n"
        '{"who": 8, "at": 1704153600, "total": "12.5", "big": 12345678901234567890, "ok": true, "plan": null}\n'
        "{broken\n"
        "[1, 2]\n"
        '{"who": "9", "at": "2024-01-03T00:00:00Z", "total": null, "Who": "again"}\n',
    )
    report = desk.load(
        files="orders.jsonl", customer="who", time="at", traits={"plan": "plan"},
        properties={"revenue": "total", "items": "items", "first": "items ->> '$[0].sku'", "big": "big", "ok": "ok"},
    )  # fmt: skip
    assert desk.rows("SELECT user_id, properties FROM events ORDER BY time") == [
        ("007", '{"revenue":10.1,"items":[{"sku":"1","n":2}],"first":"1"}'),
        ("8", '{"revenue":12.5,"big":"12345678901234567890","ok":true}'),
        ("9", "{}"),
    ]
    assert report.rejected == {"the line is no JSON object": 2}
    assert desk.rows("SELECT position, raw FROM rejected ORDER BY 1") == [(4, "{broken"), (5, "[1, 2]")]
    # null in JSON is said, an absent member says nothing
    assert desk.rows("SELECT value FROM trait_changes ORDER BY time") == [('"pro"',), ("null",)]


def test_rows_are_numbered_across_blocks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.ingest.reading.BLOCK", 4096)
    lines = [f"c{n},2024-01-01" if n % 100 else f"c{n},2024-01-01,too much" for n in range(2, 3001)]
    lines[1498] = ",2024-01-01"
    desk.write("orders.csv", "customer,time\n" + "\n".join(lines) + "\n")
    report = desk.load(customer="customer")
    assert report.rejected == {"3 columns where the header has 2": 29, "no customer": 1}
    assert desk.reasons() == sorted(
        [(n, "3 columns where the header has 2") for n in range(100, 3001, 100) if n != 1500] + [(1500, "no customer")]
    )
