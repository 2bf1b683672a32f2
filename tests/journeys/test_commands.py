"""The commands on journeys, attribution and RFM: figures are as many rows of the list that belongs to them."""

from __future__ import annotations

import csv
import io
import json
import shlex
from decimal import Decimal
from pathlib import Path

import pytest

from ..cli.conftest import Invoke
from ..metrics.shop import workspace
from .company import happened

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small shop after its first run."""
    folder = tmp_path_factory.mktemp("shops") / "company"
    settings = "currency: EUR\nsegments:\n  best: sum(order) >= 100"
    workspace(folder, happened(), as_of="2024-12-31", settings=settings).close()
    return folder


def rows(invoke: Invoke, folder: Path, command: str) -> Rows:
    printed = invoke("-C", folder, *shlex.split(command), "--format", "csv").stdout
    return list(csv.DictReader(io.StringIO(printed)))


@pytest.mark.parametrize("within", ["", " --stage customer", " --segment best"])
def test_each_edge_lists_its_times(within: str, invoke: Invoke, company: Path) -> None:
    found = rows(invoke, company, f"journeys{within}")
    assert found
    for row in found[:2]:
        pair = f"--from '{row['from'] or 'begin'}' --to '{row['to'] or 'end'}'"
        assert len(rows(invoke, company, f"journeys {pair}{within} --people")) == int(row["times"])
        (same,) = rows(invoke, company, f"journeys {pair}{within}")
        assert same == row


def test_events_go_by_short_names_too(invoke: Invoke, company: Path) -> None:
    assert rows(invoke, company, "journeys --from order") == rows(invoke, company, "journeys --from 'Order Completed'")


def test_the_map_counts_every_touch(invoke: Invoke, company: Path) -> None:
    found = rows(invoke, company, "journeys --map")
    edges = rows(invoke, company, "journeys")
    assert sum(int(row["events"]) for row in found) == sum(int(row["times"]) for row in edges if row["from"])
    (stage,) = {row["stage"] for row in rows(invoke, company, "journeys --map --stage customer")}
    assert stage == "customer"


def test_paths_add_up(invoke: Invoke, company: Path) -> None:
    found = json.loads(invoke("-C", company, "paths", "--to", "customer", "--most", 5000, "--format", "json").stdout)
    entered = rows(invoke, company, "moves --to customer --people")
    assert sum(one["people"] for one in found) == len({row["customer_id"] for row in entered})
    assert all(one["came"] <= one["walked"] for one in found if one["path"])


def test_credits_add_up(invoke: Invoke, company: Path) -> None:
    found = rows(invoke, company, "attribution order")
    buyers = rows(invoke, company, "rfm --event order")
    people = sum(int(row["people"]) for row in buyers)
    for method in ("first", "last", "last_non_direct", "linear", "u", "j", "time_decay", "markov", "shapley"):
        assert sum(Decimal(row[method]) for row in found) == pytest.approx(people, abs=1e-4)
    assert any(row["cac_markov"] for row in found)
    every = rows(invoke, company, "attribution order --every")
    assert sum(Decimal(row["first"]) for row in every) > people
    early = rows(invoke, company, "attribution order --until 2024-06-30")
    late = rows(invoke, company, "attribution order --since 2024-07-01")
    assert sum(Decimal(row["last"]) for row in [*early, *late]) == people
    spent = sum(Decimal(row["spend"] or 0) for row in [*early, *late])
    assert spent == sum(Decimal(row["spend"] or 0) for row in found)


def test_each_cell_lists_its_people(invoke: Invoke, company: Path) -> None:
    found = rows(invoke, company, "rfm")
    for name in {row["cell"] for row in found}:
        people = rows(invoke, company, f"rfm --people {name}")
        mine = [row for row in found if row["cell"] == name]
        assert len(people) == sum(int(row["people"]) for row in mine)
        assert sum(Decimal(row["money"]) for row in people) == sum(Decimal(row["money"]) for row in mine)


def test_a_shop_of_orders_alone(invoke: Invoke, corner: Path) -> None:
    """Nothing tells a channel: everything is credited to nobody, and that is said."""
    (row,) = rows(invoke, corner, "attribution order")
    assert (row["channel"], row["spend"], row["cac_first"]) == ("", "", "")
    assert "(unknown)" in invoke("-C", corner, "attribution", "order").stdout


@pytest.mark.parametrize(
    "command",
    ["journeys", "journeys --stage customer", "journeys --from order --to end --people", "journeys --map",
     "journeys --map --segment best", "paths --to customer", "paths --to 'Case Opened'", "paths --from order",
     "paths --to deal_won", "paths --from deal_won", "attribution order", "attribution --stage at_risk --every",
     "attribution order --by campaign", "attribution deal_won", "rfm", "rfm --people champion", "rfm --days 1",
     "rfm --event deal_won"],
)  # fmt: skip
def test_tables_fit_a_narrow_terminal(
    command: str, invoke: Invoke, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    printed = invoke("-C", company, *shlex.split(command)).stdout
    assert printed.strip()
    lines = printed.split("Next: ")[0].splitlines()
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("journeys --stage nowhere", "no stage 'nowhere'"),
        ("journeys --from nothing", "no touchpoint 'nothing'"),
        ("journeys --people", "Name them with --from and --to"),
        ("journeys --map --people", "Leave out"),
        ("journeys --segment plain", "is a lifecycle, not a segment"),
        ("paths", "Name one of the two"),
        ("paths --to order --from order", "Name one of the two"),
        ("paths --to nothing", "no stage or event 'nothing'"),
        ("paths --to order --steps 0", "1 to 20"),
        ("paths --to order --days 0", "from 1 on"),
        ("attribution", "Name one of the two"),
        ("attribution nothing", "no event 'nothing'"),
        ("attribution --stage nowhere", "no stage 'nowhere'"),
        ("rfm --people best", "no RFM cell 'best'"),
        ("rfm --event visit", "has no value"),
    ],
)
def test_what_is_not_there_is_told(command: str, said: str, invoke: Invoke, company: Path) -> None:
    assert said in " ".join(invoke("-C", company, *shlex.split(command), code=2).output.split())
