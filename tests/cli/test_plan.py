"""`tenure plan` as it is read: what would move, and what the last months would have been."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke

ACCOUNTS = """lifecycle: accounts
unit: account_id
stages:
  - few: {when: "count(purchase) >= 1"}
  - many: {when: "count(purchase) >= 2"}
"""


@pytest.fixture
def shop(tmp_path: Path, invoke: Invoke) -> Path:
    """Accounts that bought once or twice a month, up to the middle of June."""
    folder = tmp_path / "shop"
    folder.mkdir()
    lines = ["id,account,customer,at,amount"]
    for month in range(1, 7):
        for account in range(month):
            lines.append(f"{len(lines)},a{account},c{account},2024-{month:02}-10T12:00:00Z,{10 * (account + 1)}")
    (folder / "orders.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "tenure.yaml").write_text(
        "name: Shop\ncurrency: EUR\nlifecycles: [accounts]\nas_of: 2024-06-15\n"
        "events: {purchase: {event: Order Completed, value: revenue}}\nmoney: sum(purchase)\n"
        "sources:\n  - name: orders\n    files: orders.csv\n    event: Order Completed\n    customer: customer\n"
        "    time: at\n    id: id\n    properties: {revenue: amount, account_id: account}\n",
        encoding="utf-8",
    )
    (folder / "lifecycles").mkdir()
    (folder / "lifecycles" / "accounts.yaml").write_text(ACCOUNTS, encoding="utf-8")
    invoke("-C", folder, "run")
    return folder


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "lifecycles" / "accounts.yaml"
    assert old in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_accounts_are_told_as_accounts(shop: Path, invoke: Invoke) -> None:
    change(shop, ">= 2", ">= 4")
    page = invoke("-C", shop, "plan").stdout
    assert "2 accounts in all." in page
    assert "From  To   Accounts" in page
    assert "people" not in page.lower()


def test_a_running_month_is_so_far(shop: Path, invoke: Invoke) -> None:
    change(shop, ">= 2", ">= 4")
    page = invoke("-C", shop, "plan").stdout
    assert "2024-06*  few" in page
    assert "2024-05*" not in page
    assert "* so far" in page
    (heading,) = [line for line in page.splitlines() if line.startswith("End of")]
    assert heading.split() == ["End", "of", "Stage", "Accounts", "would", "be", "Money", "would", "be"]


def test_what_moves_nobody_today_may_rewrite_the_past(shop: Path, invoke: Invoke) -> None:
    # the last purchase is five days ago today, and was three weeks ago at the ends of months
    change(shop, "count(purchase) >= 2", "count(purchase) >= 2 and since(purchase) < days(15)")
    page = " ".join(invoke("-C", shop, "plan").stdout.split())
    assert "No account would be elsewhere today." in page
    assert "Who would move" not in page
    assert "The last months of accounts, told anew" in page
    assert "2024-05 many 4 0" in page


def test_files_have_the_months_too(shop: Path, invoke: Invoke) -> None:
    change(shop, ">= 2", ">= 4")
    rows = list(csv.DictReader(io.StringIO(invoke("-C", shop, "plan", "--format", "csv").stdout)))
    told = json.loads(invoke("-C", shop, "plan", "--format", "json").stdout)
    moves = [row for row in rows if row["what"] == "move"]
    restated = [row for row in rows if row["what"] == "restated"]
    assert [(row["stage"], row["to"], int(row["people"])) for row in moves] == [
        (one["stage"], one["to"], one["people"]) for one in told["moves"]
    ]
    assert [
        (row["period"], row["complete"] == "true", row["stage"] or None, int(row["people"]),
         int(row["people_would_be"]), float(row["money"]), float(row["money_would_be"]))
        for row in restated
    ] == [
        (one["period"], one["complete"], one["stage"], one["people"], one["people_would_be"], one["money"],
         one["money_would_be"])
        for one in told["restated"]
    ]  # fmt: skip
    assert {row["period"]: row["complete"] for row in restated}["2024-06"] == "false"
