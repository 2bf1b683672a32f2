"""The exports of well-known programs: each is recognised by its columns, and read into the right events.

The samples in exports/ have the columns of the programs and invented rows; expected.yaml says what they become.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tenure.documents import read
from tenure.ingest.dialect import dialect
from tenure.ingest.known_exports import known_exports, of_columns
from tenure.ingest.recognise import export_sources, recognise
from tenure.ingest.source import Source
from tenure.ingest.tables import load

SAMPLES = Path(__file__).parent / "exports"
EXPECTED: Any = read(SAMPLES / "expected.yaml", file="expected.yaml").data
NAMES = [one.name for one in known_exports()]
REFERENCE = Path(__file__).parents[2] / "docs/reference/sources.md"


def test_each_has_a_sample_and_an_expectation() -> None:
    assert sorted(path.stem for path in SAMPLES.glob("*.csv")) == sorted(NAMES) == sorted(EXPECTED)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_becomes_its_events(desk: Any, name: str) -> None:
    path = desk.folder / "data" / f"{name}.csv"
    path.parent.mkdir()
    shutil.copyfile(SAMPLES / path.name, path)
    written = dialect(path)
    assert written.known == name
    reports = [
        load(desk.store, Source.model_validate(told), folder=desk.folder, settings=desk.settings,
             received_at=1_767_225_600_000_000)
        for told in export_sources(path, written, f"data/{name}.csv")
    ]  # fmt: skip
    assert [reason for report in reports for reason in report.rejected] == []
    rows = desk.rows(
        "SELECT name, coalesce(user_id, account), strftime(make_timestamp(time), '%Y-%m-%d %H:%M'), properties, "
        "json_extract(context, '$.traits') FROM events ORDER BY source, time, message_id"
    )
    found = [[event, who, at, json.loads(told), json.loads(traits or "null")] for event, who, at, told, traits in rows]
    expected = json.loads(json.dumps(EXPECTED[name], default=float))
    for one, other in zip(found, expected, strict=True):
        # an export without times counts from the day on which the file was made
        other[2] = other[2] or one[2]
    assert found == expected
    again = [
        load(desk.store, Source.model_validate(told), folder=desk.folder, settings=desk.settings,
             received_at=1_767_225_600_000_001)
        for told in export_sources(path, written, f"data/{name}.csv")
    ]  # fmt: skip
    assert sum(report.loaded for report in again) == 0


@pytest.mark.parametrize("name", NAMES)
def test_no_other_export_has_its_columns(name: str) -> None:
    (export,) = [one for one in known_exports() if one.name == name]
    columns = [one.replace("*", "EUR") for one in export.columns]
    found = of_columns(columns)
    assert found is not None
    assert found.name == name


def test_purchases_are_recognised_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "orders_export.csv"
    shutil.copyfile(SAMPLES / "shopify_orders.csv", path)
    found = recognise(path)
    assert [one.event for one in found.sources] == ["Order Completed", "Order Cancelled"]
    assert "Shopify" in found.notes[0]
    by_hand = recognise(path, given={"customer": "Email", "time": "Created at", "amount": "Lineitem price"})
    assert by_hand.sources[0].query is None


def test_what_is_no_sale_is_no_purchase(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("Date,Clicks,Impressions,CTR,Position,Extra\n2025-01-01,1,2,3%,4,x\n")
    assert dialect(path).known == "search_console"
    path.write_text("Date,Clicks,Impressions,Position\n2025-01-01,1,2,4\n")
    assert dialect(path).known is None


def test_lines_above_the_header_are_passed_over(desk: Any) -> None:
    desk.write("orders.csv", 'Report\n"1 to 2, March"\nid,customer,time,n\n1,a,2024-01-01,5\n2,b,x\n3,c,never,1\n')
    report = desk.load(customer="customer", id="id", skip=2)
    assert report.loaded == 1
    assert desk.reasons() == [(5, "3 columns where the header has 4"), (6, "the time cannot be read")]


def test_the_reference_lists_them_all() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    told = {"vendor": "its documentation", "files": "files of others", "no": "not verified"}
    for one in known_exports():
        assert f"| [{one.title}]({one.seen}) | {told[one.verified]} |" in text, one.title
