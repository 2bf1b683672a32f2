"""Online Retail and CDNOW: cohort tables against pandas, which knows nothing of Tenure."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import tenure

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.exists(), reason="the data sets are not here")]


def example(tmp_path: Path, name: str) -> Path:
    home = tmp_path / "tenure" / "examples" / name
    shutil.copytree(ROOT / "examples" / name, home, ignore=shutil.ignore_patterns(".tenure"))
    (tmp_path / "shared").symlink_to(ROOT.parent / "shared")
    return home


def table(orders: pd.DataFrame) -> dict[tuple[str, int], tuple[int, int, float]]:
    """People, orders and revenue by cohort and age, from rows of customer, at and revenue."""
    orders = orders.assign(month=orders["at"].dt.to_period("M"))
    first = orders.groupby("customer")["month"].min().rename("cohort")
    joined = orders.join(first, on="customer")
    age = (
        (joined["month"].dt.year - joined["cohort"].dt.year) * 12 + joined["month"].dt.month - joined["cohort"].dt.month
    )
    told = joined.assign(age=age).groupby(["cohort", "age"])
    counted = told.agg(people=("customer", "nunique"), orders=("customer", "size"), revenue=("revenue", "sum"))
    return {
        (str(cohort), int(at)): (int(row.people), int(row.orders), float(row.revenue))
        for (cohort, at), row in zip(counted.index, counted.itertuples(), strict=True)
    }


def compare(home: Path, expected: dict[tuple[str, int], tuple[int, int, float]]) -> None:
    with tenure.open(home) as ws:
        ws.run()
        for place, what in enumerate(("retention", "orders", "revenue")):
            cells = [cell for cell in ws.cohorts.table(what, count=100) if cell.cohort]
            found = {(cell.cohort.name, cell.age): cell.value for cell in cells if cell.cohort and cell.value}
            wanted = {cell: told[place] for cell, told in expected.items() if told[place]}
            assert found.keys() == wanted.keys()
            for cell, value in found.items():
                assert value == pytest.approx(Decimal(str(round(wanted[cell], 6))), abs=Decimal("0.01"))


def test_online_retail(tmp_path: Path) -> None:
    lines = pd.read_parquet(DATA / "online_retail" / "online_retail.parquet")
    lines = lines[(lines["Quantity"] > 0) & lines["CustomerID"].notna()]
    orders = (
        lines.assign(revenue=lines["Quantity"] * lines["UnitPrice"])
        .groupby("InvoiceNo")
        .agg(customer=("CustomerID", "first"), at=("InvoiceDate", "min"), revenue=("revenue", "sum"))
    )
    compare(example(tmp_path, "online_retail"), table(orders))


def test_cdnow(tmp_path: Path) -> None:
    orders = pd.read_csv(
        DATA / "cdnow" / "CDNOW_master.txt", sep=r"\s+", header=None, names=["customer", "day", "cds", "revenue"],
        skiprows=1,
    )  # fmt: skip
    orders = orders.assign(at=pd.to_datetime(orders["day"].astype(str), format="%Y%m%d"))
    compare(example(tmp_path, "cdnow"), table(orders))
