"""The twelve customers of the documentation come out as on paper, and the page shows what the data says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from .evaluate import Event
from .history import Row, oracle_history
from .twelve_customers import DATA, PAGE, PaperCase, twelve_customers

TWELVE = twelve_customers()


@pytest.mark.parametrize("case", TWELVE.cases, ids=lambda case: case.title)
def test_the_history_is_as_on_paper(case: PaperCase):
    told = oracle_history(TWELVE.events, [TWELVE.definition], as_of=case.as_of, known_at=case.known_at)
    assert case.of_its_customers(told) == case.rows


def test_there_are_twelve():
    assert len({event.customer for event in TWELVE.events}) == 12


def test_the_page_shows_each_customers_events_and_rows_in_order():
    sections = dict(
        re.findall(r"^## (\w+) ·.*?\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
    assert list(sections) == list(dict.fromkeys(event.customer for event in TWELVE.events))
    for customer, section in sections.items():
        lines = [line for line in section.splitlines() if re.match(r"\| [`a-z_]+(-\d)?`? \|", line)]
        events = [event_line(event) for event in TWELVE.events if event.customer == customer]
        rows = [row_line(row, case.as_of) for case in TWELVE.cases for row in case.rows if row.unit == customer]
        assert [line for line in lines if not line.startswith(("| id", "| stage"))] == events + rows


def test_the_page_shows_the_lifecycle_of_the_data():
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert re.sub(r"^(?=.)", "  ", shown, flags=re.MULTILINE) in DATA.read_text(encoding="utf-8")


def event_line(event: Event) -> str:
    details = [f"{key} {value}" for key, value in event.properties.items()]
    details += [f"received {shown(event.received_at)}"] if event.received_at != event.time else []
    return cells(f"`{event.message_id}`", shown(event.time), event.name, ", ".join(details))


def row_line(row: Row, as_of: int) -> str:
    left = "–" if row.left_at is None else shown(row.left_at)
    scheduled = "scheduled" if row.entered_at > as_of else ""
    return cells(row.stage, row.previous or "–", shown(row.entered_at), left, scheduled)


def cells(*texts: str) -> str:
    return "|" + "".join(f" {text} |" if text else " |" for text in texts)


def shown(time: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}" if moment.microsecond else f"{moment:%Y-%m-%d %H:%M}"
