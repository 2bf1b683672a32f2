"""Figures of the real data sets against pandas code that knows nothing of Tenure; skipped without the data."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tenure.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
MONTH = 30


def opened(name: str, folder: Path) -> Workspace:
    """A copy of the example, after its first run."""
    text = (ROOT / "examples" / name / "tenure.yaml").read_text(encoding="utf-8")
    folder.mkdir()
    (folder / "tenure.yaml").write_text(text.replace("../../../shared/data", str(DATA)), encoding="utf-8")
    workspace = Workspace.open(folder, clock=lambda: 0, memory_limit="1GB")
    workspace.run()
    return workspace


def figures(ws: Workspace, since: str) -> dict[str, dict[str, float | None]]:
    names = [
        "orders", "revenue", "average_order_value", "buying_customers", "first_time_buyers", "repeat_purchase_rate",
        "returning_customer_rate", "purchase_frequency", "time_between_orders", "repeat_within_30_days",
        "returning_active_people", "customer_retention_rate",
    ]  # fmt: skip
    found: dict[str, dict[str, float | None]] = {}
    for one in ws.metrics.points(names, since=since):
        found.setdefault(one.metric, {})[one.period] = None if one.value is None else float(one.value)
    return found


def expected(orders: Any, zone: str) -> dict[str, dict[str, float]]:
    """The same of a frame with customer, time (local) and revenue, one row an order."""
    pd = pytest.importorskip("pandas")
    orders = orders.sort_values(["customer", "time"], kind="stable").reset_index(drop=True)
    moments = orders.time.dt.tz_localize(zone).dt.tz_convert("UTC")
    month = orders.time.dt.strftime("%Y-%m")
    by_month = orders.groupby(month)
    each = orders.groupby([month, orders.customer]).size()
    before = orders.groupby("customer").cumcount()
    gap = moments.groupby(orders.customer).diff()
    ahead = -moments.groupby(orders.customer).diff(-1)
    last = moments.max()
    first = orders[(before == 0) & (moments <= last - pd.Timedelta(days=MONTH))]
    again = ahead.loc[first.index] < pd.Timedelta(days=MONTH)
    people = {name: set(group.customer) for name, group in by_month}
    names = sorted(people)
    lapse = pd.Timedelta(days=180)
    retained = {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        start = pd.Timestamp(f"{name}-01", tz=zone)
        end = (
            min(pd.Timestamp(f"{following}-01", tz=zone), last + pd.Timedelta(1))
            if following
            else last + pd.Timedelta(1)
        )
        opening, closing = (_customers(orders, moments, at, lapse) for at in (start, end))
        retained[name] = len(opening & closing) / len(opening) if opening else None
    return {
        "orders": by_month.size().to_dict(),
        "revenue": by_month.revenue.sum().to_dict(),
        "average_order_value": by_month.revenue.mean().to_dict(),
        "buying_customers": by_month.customer.nunique().to_dict(),
        "first_time_buyers": orders[before == 0].groupby(month[before == 0]).size().to_dict(),
        "repeat_purchase_rate": (each >= 2).groupby(level=0).mean().to_dict(),
        "returning_customer_rate": (
            orders[before > 0].groupby(month).customer.nunique() / by_month.customer.nunique()
        ).to_dict(),
        "purchase_frequency": (by_month.size() / by_month.customer.nunique()).to_dict(),
        "time_between_orders": (gap.dt.total_seconds() / 86_400).groupby(month).median().to_dict(),
        "repeat_within_30_days": again.groupby(month.loc[first.index]).mean().to_dict(),
        "returning_active_people": {b: float(len(people[a] & people[b])) for a, b in pairwise(names)},
        "customer_retention_rate": retained,
    }


def _customers(orders: Any, moments: Any, at: Any, lapse: Any) -> set[object]:
    """Who has ordered before a moment, the last time less than the lapse ago: a customer of the classic lifecycle."""
    latest = moments[moments < at].groupby(orders.customer).max()
    # the state just before: whoever lapses at the very moment is still there
    return set(latest[at - latest <= lapse].index)


def compare(told: dict[str, dict[str, float | None]], wanted: dict[str, dict[str, float]]) -> None:
    compared = 0
    for metric, months in wanted.items():
        for month, value in months.items():
            if month not in told[metric] or value is None or value != value:
                continue
            assert told[metric][month] == pytest.approx(value, rel=1e-9), (metric, month)
            compared += 1
    assert compared > 100


@pytest.mark.skipif(not (DATA / "online_retail").exists(), reason="needs ../shared/data/online_retail")
def test_online_retail(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    lines = pd.read_parquet(DATA / "online_retail" / "online_retail.parquet")
    lines = lines[(lines.Quantity > 0) & lines.CustomerID.notna()]
    lines = lines.assign(revenue=lines.Quantity * lines.UnitPrice)
    orders = lines.groupby("InvoiceNo").agg(
        customer=("CustomerID", "first"), time=("InvoiceDate", "min"), revenue=("revenue", "sum")
    )
    with opened("online_retail", tmp_path / "w") as ws:
        compare(figures(ws, "2010-12-01"), expected(orders, "Europe/London"))


@pytest.mark.skipif(not (DATA / "cdnow").exists(), reason="needs ../shared/data/cdnow")
def test_cdnow(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    orders = pd.read_csv(
        DATA / "cdnow" / "CDNOW_master.txt", sep=r"\s+", skiprows=1, header=None,
        names=["customer", "time", "cds", "revenue"], dtype={"time": str, "customer": str},
    )  # fmt: skip
    orders["time"] = pd.to_datetime(orders.time)
    with opened("cdnow", tmp_path / "w") as ws:
        compare(figures(ws, "1997-01-01"), expected(orders, "America/New_York"))
