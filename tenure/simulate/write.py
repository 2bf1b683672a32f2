"""A company as a workspace: Parquet files of events as tools would export them, accounts as CSV, and a tenure.yaml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tenure.simulate.market import Flavour
from tenure.simulate.timeline import ROLES

if TYPE_CHECKING:
    from tenure.simulate.company import Company

DATA = "data"
ACCOUNTS = f"{DATA}/accounts.csv"
_PURCHASE: dict[Flavour, str] = {
    "shop": "purchase: {event: Order Completed, value: revenue}\n  usage: Order Delivered",
    "subscription": (
        "purchase: {event: [Subscription Started, Subscription Renewed], value: mrr}\n  usage: Feature Used"
    ),
    "b2b": "purchase: {event: Deal Won, value: amount}\n  usage: Feature Used",
}  # fmt: skip
_NAMES: dict[Flavour, str] = {
    "shop": "Simulated shop", "subscription": "Simulated subscriptions", "b2b": "Simulated b2b",
}  # fmt: skip
_HEAD = """\
# A company that was simulated: nothing in it is real. Made with seed {seed}, {people:,} people, {days} days.
name: {name}
timezone: Europe/London
currency: EUR
as_of: {end}
lifecycles: [classic]
events:
  {purchase}
sources:
"""
# which events share a file, as they would come from one tool; what stands nowhere has a file of its own
FILES: Mapping[str, tuple[str, ...]] = {
    "pages": ("Page Viewed",), "ads": ("Ad Viewed", "Ad Clicked", "Recommendation Shown"),
    "searches": ("Search Referred", "Products Searched", "Help Viewed", "Help Searched"),
    "products": ("Product Viewed", "Product Added", "Product Added to Wishlist", "Product Shared"),
    "orders": ("Checkout Started", "Coupon Applied", "Order Completed", "Order Refunded", "Order Cancelled"),
    "parcels": ("Order Shipped", "Order Delivered"),
    "payments": ("Payment Failed", "Payment Recovered", "Dispute Opened", "Dispute Closed"),
    "costs": ("Cost Recorded",),
    "cases": ("Case Opened", "Case Replied", "Case Resolved", "Case Reopened", "Follow-up Done"),
    "surveys": ("Survey Sent", "Survey Answered", "Source Stated"), "reviews": ("Product Reviewed", "Review Posted"),
    "messages": (
        "Message Sent", "Message Delivered", "Message Opened", "Message Clicked", "Message Bounced",
        "Message Complained",
    ), "contacts": ("Subscribed", "Unsubscribed", "Form Submitted", "Inquiry Sent", "Inquiry Answered"),
    "accounts": ("Signed Up", "Signed In", "Invite Sent", "Account Closed"), "people": ("Identified",),
    "leads": ("Lead Created", "Lead Qualified"),
    "talks": ("Call Logged", "Meeting Held", "Demo Attended", "Store Visited", "Product Tested"),
    "deals": ("Deal Opened", "Deal Stage Changed", "Deal Won", "Deal Lost"),
    "usage": ("Feature Used", "Activated", "Onboarding Step Completed", "Offboarding Step Completed"),
    "trials": ("Trial Started", "Trial Ended"), "subscriptions": ("Subscription Started", "Subscription Renewed"),
    "changes": ("Subscription Changed", "Subscription Cancelled", "Subscription Ended", "Cancellation Requested"),
    "programme": ("Programme Joined", "Tier Changed", "Points Earned", "Points Redeemed", "Points Expired"),
    "rewards": ("Reward Issued", "Reward Redeemed", "Referral Shared", "Referral Signed Up", "Referral Qualified"),
    "desk": ("Task Created", "Task Completed", "Stage Set"),
}  # fmt: skip
TOTALS: Mapping[str, tuple[str, ...]] = {
    "ad_totals": ("Ad Viewed", "Ad Clicked", "Search Referred", "Page Viewed", "Marketing Spend Recorded"),
    "notes": ("Feature Shipped", "Noted"),
}
# traits that the rows of a file set
_TRAITS: Mapping[str, Mapping[str, str]] = {
    "subscriptions": {"plan": "plan", "renewal_date": "period_end"},
    "deals": {"renewal_date": "CASE WHEN event = 'Deal Won' THEN time + INTERVAL 1 YEAR END"},
    "programme": {"tier": "CASE WHEN event = 'Tier Changed' THEN \"to\" END"},
}
# words that have to be quoted where they name a column
_WORDS = ("from", "to", "interval", "position", "name")


def write(company: Company, folder: Path) -> Path:
    """The folder that now holds the company; files of an earlier one in it are written over."""
    (folder / DATA).mkdir(parents=True, exist_ok=True)
    sources = []
    for file, names in FILES.items():
        if table := _joined(company.tables, names):
            if file == "people":
                table = _with_traits(table, company.traits)
            sources.append(_written(folder, file, table, company.flavour == "b2b"))
    for file, names in TOTALS.items():
        if table := _joined(company.totals, names):
            sources.append(_written(folder, file, table, None))
    if company.accounts.num_rows:
        pa_csv.write_csv(_plain(company.accounts), folder / ACCOUNTS)
    head = _HEAD.format(
        seed=company.seed, people=company.people, days=company.days, name=_NAMES[company.flavour], end=company.end,
        purchase=_PURCHASE[company.flavour],
    )  # fmt: skip
    (folder / "tenure.yaml").write_text(head + "".join(sources), encoding="utf-8")
    return folder


def _joined(tables: Mapping[str, pa.Table], names: tuple[str, ...]) -> pa.Table | None:
    """The events of these names in one table, in the order of time; None where there are none."""
    parts = []
    for name in names:
        if name in tables:
            event = pa.DictionaryArray.from_arrays(pa.array(np.zeros(tables[name].num_rows, dtype=np.int32)), [name])
            parts.append(tables[name].add_column(0, "event", event))
    if len(parts) < 2:
        return parts[0] if parts else None
    whole = pa.concat_tables(parts, promote_options="default").unify_dictionaries().combine_chunks()
    return whole.take(np.argsort(whole["time"].cast(pa.int64()).to_numpy(), kind="stable"))


def _with_traits(table: pa.Table, traits: pa.Table) -> pa.Table:
    """The table with everybody's traits beside their row."""
    places = table["customer"].combine_chunks().indices
    for name in traits.column_names:
        if name != "customer":
            table = table.append_column(f"trait_{name}", traits[name].combine_chunks().take(places))
    return table


def _plain(table: pa.Table) -> pa.Table:
    """The table without dictionaries, which CSV does not know."""
    return pa.table(
        {
            name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )


def _written(folder: Path, file: str, table: pa.Table, accounts: bool | None) -> str:
    """The source of the file that was written; `accounts` tells whether people have them (None: nobody's facts)."""
    path = f"{DATA}/{file}.parquet"
    pq.write_table(table, folder / path, compression="zstd", compression_level=1, row_group_size=1 << 17)
    names = table["event"].combine_chunks().dictionary.to_pylist()
    named = f"event: {names[0]}" if len(names) == 1 else "event_column: event"
    lines = [f"- name: {file}", f"  files: {path}", f"  {named}", "  time: time", "  id: id"]
    if file == "people":
        lines.append("  type: identify")
    lines.append("  customer: none" if accounts is None else "  customer: customer")
    if accounts is not None and table["anonymous"].null_count < table.num_rows:
        lines.append("  anonymous: anonymous")
    if accounts:
        lines.append("  account: account")
    told = [name for name in table.column_names if name not in (*ROLES, "event") and not name.startswith("trait_")]
    if told:
        lines.append(f"  properties: {{{', '.join(f'{name}: {_quoted(name)}' for name in told)}}}")
    traits = {name.removeprefix("trait_"): name for name in table.column_names if name.startswith("trait_")}
    traits |= _TRAITS.get(file, {})
    if traits:
        lines.append(f"  traits: {{{', '.join(f'{trait}: {json.dumps(text)}' for trait, text in traits.items())}}}")
    return "".join(f"  {line}\n" for line in lines)


def _quoted(column: str) -> str:
    """The column as an expression of a source."""
    return json.dumps(f'"{column}"') if column in _WORDS else column
