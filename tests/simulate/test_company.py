from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tenure.errors import UsageError
from tenure.events import COMMON_PROPERTIES, EVENTS
from tenure.events.care import CARE
from tenure.events.reach import REACH
from tenure.events.sales import SALES
from tenure.simulate import Company, simulate
from tenure.simulate.market import FLAVOURS
from tests.simulate.conftest import Make

ROLES = ["id", "customer", "anonymous", "account", "time"]
# what the company notes of its own work is no part of the simulation
SIMULATED = {entry.name for entry in (*REACH, *SALES, *CARE)}
# properties that no flavour has a use for
ABSENT = {
    "Case Opened.product_id", "Case Reopened.product_id", "Inquiry Sent.product_id", "Payment Recovered.reason",
    "Product Added to Wishlist.coupon", "Product Added to Wishlist.position", "Product Added to Wishlist.quantity",
    "Product Added.coupon", "Product Added.position", "Product Shared.coupon", "Product Shared.position",
    "Product Shared.quantity", "Product Viewed.coupon", "Product Viewed.quantity", "Referral Shared.friend_id",
    "Subscribed.campaign_id", "Survey Answered.case_id", "Survey Sent.case_id", "Unsubscribed.campaign_id",
}  # fmt: skip


def digest(company: Company) -> str:
    """The company's bytes as a hash."""
    sink = hashlib.sha256()
    tables = [*company.tables.items(), *company.totals.items(), ("traits", company.traits), ("", company.accounts)]
    for name, table in tables:
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, table.schema) as writer:
            writer.write_table(table)
        sink.update(name.encode() + stream.getvalue().to_pybytes())
    return sink.hexdigest()


def fits(kind: str, type_: pa.DataType) -> bool:
    text = pa.types.is_string(type_) or (pa.types.is_dictionary(type_) and pa.types.is_string(type_.value_type))
    found: dict[str, bool] = {
        "text": text,
        "number": pa.types.is_int32(type_),
        "money": pa.types.is_decimal128(type_),
        "truth": pa.types.is_boolean(type_),
        "time": type_ == pa.timestamp("us", "UTC"),
        "list": pa.types.is_list(type_),
    }
    return found[kind]


def texts(table: pa.Table, column: str) -> list[str | None]:
    return list(table[column].cast(pa.string()).to_pylist())


def money(table: pa.Table, column: str) -> np.ndarray:
    return np.asarray(table[column].cast(pa.float64()))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_same_seed_gives_the_same_bytes(flavour: str) -> None:
    first, again = (simulate(flavour, seed=5, people=400) for _ in range(2))
    assert digest(first) == digest(again)
    assert digest(first) != digest(simulate(flavour, seed=6, people=400))


def test_every_event_of_the_dictionary_happens_somewhere(company: Make) -> None:
    there = {name for flavour in FLAVOURS for name in (*company(flavour).tables, *company(flavour).totals)}
    assert there == SIMULATED


def test_every_standard_property_is_somewhere_and_has_its_type(company: Make) -> None:
    given: dict[str, set[str]] = defaultdict(set)
    for flavour in FLAVOURS:
        one = company(flavour)
        for name, table in [*one.tables.items(), *one.totals.items()]:
            standard = EVENTS[name].properties
            assert table.num_rows
            for field in table.schema:
                if field.name in ROLES:
                    continue
                if field.name in standard:
                    assert fits(standard[field.name].type, field.type), (name, field)
                else:
                    assert field.name in (*COMMON_PROPERTIES, "currency", "count"), (name, field)
                if table[field.name].null_count < table.num_rows:
                    given[name].add(field.name)
    missing = {f"{name}.{prop}" for name in SIMULATED for prop in set(EVENTS[name].properties) - given[name]}
    assert missing == ABSENT


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_tables_are_whole(company: Make, flavour: str) -> None:
    one = company(flavour)
    start, end = datetime(2023, 7, 2, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    seen: set[str] = set()
    for name, table in one.tables.items():
        assert table.column_names[:5] == ROLES
        ids = table["id"].to_pylist()
        assert len(set(ids)) == len(ids)
        assert seen.isdisjoint(ids), name
        seen.update(ids)
        times = table["time"]
        bounds = pc.min_max(times).as_py()
        assert start <= bounds["min"] and bounds["max"] < end
        assert pc.all(pc.greater_equal(times.combine_chunks()[1:], times.combine_chunks()[:-1])).as_py() in (True, None)
        # somebody did it, known or not
        assert not pc.any(pc.and_(pc.is_null(table["customer"]), pc.is_null(table["anonymous"]))).as_py()
        assert (table["account"].null_count == table.num_rows) == (flavour != "b2b")
    for name, table in one.totals.items():
        assert EVENTS[name].customer in ("may lack", "never")
        assert seen.isdisjoint(table["id"].to_pylist())


def test_one_table_of_all_events(company: Make) -> None:
    import json

    one = company("b2b")
    events = one.events
    assert events.num_rows == one.size
    assert events.column_names == ["event", "customer", "anonymous", "account", "time", "message_id", "properties"]
    for row in events.slice(0, 2_000).to_pylist():
        assert set(json.loads(row["properties"])) <= {
            *EVENTS[row["event"]].properties,
            *COMMON_PROPERTIES,
            "currency",
            "count",
        }
    won = events.filter(pc.equal(events["event"].cast(pa.string()), "Deal Won")).to_pylist()[0]
    told: dict[str, Any] = json.loads(won["properties"])
    assert isinstance(told["amount"], int | float) and isinstance(told["criteria"], list)


def test_about_as_many_events_as_asked_for() -> None:
    for flavour in FLAVOURS:
        made = simulate(flavour, seed=2, events=60_000, days=365)
        assert 0.85 < made.size / 60_000 < 1.15, flavour


def test_small_companies() -> None:
    for flavour in FLAVOURS:
        for people in (1, 2, 9):
            assert simulate(flavour, people=people, days=20, end=date(2024, 2, 29)).people == people


def test_what_makes_no_company() -> None:
    with pytest.raises(UsageError, match="no flavour 'shops'"):
        simulate("shops")
    with pytest.raises(UsageError, match="people or of events"):
        simulate(people=3, events=3)
    with pytest.raises(UsageError, match="needs people"):
        simulate(people=0)


# what people are like


def test_people_differ(company: Make) -> None:
    shop = company("shop")
    orders = Counter(texts(shop.tables["Order Completed"], "customer"))
    known = {one for table in shop.tables.values() for one in table["customer"].unique().to_pylist() if one}
    assert 0.35 < len(orders) / shop.people < 0.65
    assert 0.3 < 1 - len(orders) / len(known) < 0.7
    once = sum(count == 1 for count in orders.values()) / len(orders)
    assert 0.25 < once < 0.6
    assert max(orders.values()) > 5 * sum(orders.values()) / len(orders)


def test_some_are_anonymous_until_they_are_known(company: Make) -> None:
    for flavour in FLAVOURS:
        one = company(flavour)
        pages = one.tables["Page Viewed"]
        hidden = pages.filter(pc.is_null(pages["customer"]))
        assert 0.02 < hidden.num_rows / pages.num_rows < 0.5
        both = pages.filter(pc.and_(pc.is_valid(pages["customer"]), pc.is_valid(pages["anonymous"])))
        linked = set(texts(both, "anonymous")) & set(texts(hidden, "anonymous"))
        assert len(linked) > 20
        # whoever is known is so from one moment on
        identified = dict(
            zip(texts(one.tables["Identified"], "customer"), one.tables["Identified"]["time"].to_pylist(), strict=True)
        )
        assert len(identified) == one.tables["Identified"].num_rows
        strangers = dict(zip(texts(both, "anonymous"), texts(both, "customer"), strict=True))
        for row in hidden.select(["anonymous", "time"]).to_pylist():
            if row["anonymous"] in strangers:
                assert row["time"] < identified[strangers[row["anonymous"]]]


def test_names_and_addresses_are_made_up(company: Make) -> None:
    traits = company("b2b").traits
    assert all(mail.endswith("@example.com") for mail in traits["email"].to_pylist())
    assert len(set(traits["email"].to_pylist())) == traits.num_rows
    assert set(traits.column_names) == {"customer", "first_name", "last_name", "email", "country", "role", "owner"}
    accounts = company("b2b").accounts
    per_account = Counter(texts(company("b2b").tables["Lead Created"], "account"))
    assert accounts.num_rows == len(set(accounts["account"].to_pylist())) and max(per_account.values()) > 2


def test_seasons_weekends_and_hours(company: Make) -> None:
    orders = company("shop").tables["Order Completed"]["time"].to_pylist()
    months = Counter((at.year, at.month) for at in orders)
    assert months[2024, 11] + months[2024, 12] > 1.4 * (months[2025, 1] + months[2025, 2])
    deals = Counter(at.weekday() for at in company("b2b").tables["Deal Won"]["time"].to_pylist())
    assert deals[5] + deals[6] == 0
    use = Counter(at.weekday() for at in company("b2b").tables["Feature Used"]["time"].to_pylist())
    assert use[5] + use[6] < 0.25 * (use[1] + use[2])
    by_hour = Counter(at.hour for at in orders)
    assert sum(by_hour[hour] for hour in (1, 2, 3, 4)) < 0.1 * sum(by_hour[hour] for hour in (18, 19, 20, 21))


# what follows from what


def test_sums_agree(company: Make) -> None:
    orders = company("shop").tables["Order Completed"]
    total = money(orders, "revenue") + money(orders, "shipping") + money(orders, "tax")
    assert np.allclose(total, money(orders, "total"))
    assert np.allclose(money(orders, "subtotal") - money(orders, "discount"), money(orders, "revenue"))
    assert (money(orders, "margin") < money(orders, "revenue")).all()
    ordered = set(texts(orders, "order_id"))
    settled = datetime(2023, 9, 15, tzinfo=UTC)
    for name in ("Order Shipped", "Order Delivered", "Order Refunded", "Order Cancelled", "Dispute Opened"):
        table = company("shop").tables[name]
        # the first days know of orders that were placed before them
        assert set(texts(table.filter(pc.greater(table["time"], pa.scalar(settled))), "order_id")) <= ordered, name


def test_late_deliveries_are_judged_worse(company: Make) -> None:
    shop = company("shop")
    delivered = shop.tables["Order Delivered"]
    late = {row["order_id"] for row in delivered.to_pylist() if row["time"] > row["promised_at"]}
    assert 0.03 < len(late) / delivered.num_rows < 0.2
    scores: dict[bool, list[int]] = {True: [], False: []}
    sent = shop.tables["Survey Answered"].to_pylist()
    for row in sent:
        if row["survey"] == "csat":
            # an invitation has the number of its order
            scores["o" + row["invitation_id"].removeprefix("qcsat-") in late].append(row["score"])
    assert np.mean(scores[True]) + 0.7 < np.mean(scores[False])
    complaints = {row["order_id"] for row in shop.tables["Case Opened"].to_pylist() if row["complaint"]}
    assert len(complaints & late) / len(late) > 4 * len(complaints - late) / (delivered.num_rows - len(late))


def test_comments_fit_their_scores(company: Make) -> None:
    answers = [
        row
        for row in company("shop").tables["Survey Answered"].to_pylist()
        if row["survey"] == "nps" and row["comment"]
    ]
    assert 0.3 < len(answers) / company("shop").tables["Survey Answered"].num_rows * 2 < 1.2
    happy = {row["comment"] for row in answers if row["score"] >= 9}
    unhappy = {row["comment"] for row in answers if row["score"] <= 6}
    assert len(unhappy) > 15 and happy.isdisjoint(unhappy)
    assert all(comment.endswith((".", "!")) and " " in comment for comment in happy | unhappy)


def test_a_few_percent_cost_more_than_they_bring(company: Make) -> None:
    shop = company("shop")
    margin: dict[str, float] = defaultdict(float)
    cost: dict[str, float] = defaultdict(float)
    for who, amount in zip(
        texts(shop.tables["Order Completed"], "customer"), money(shop.tables["Order Completed"], "margin"), strict=True
    ):
        margin[str(who)] += amount
    costs = shop.tables["Cost Recorded"]
    for who, kind, amount in zip(texts(costs, "customer"), texts(costs, "kind"), money(costs, "amount"), strict=True):
        if kind in ("delivery", "service", "return", "message", "incentive"):
            cost[str(who)] += amount
    unprofitable = sum(cost[who] > margin[who] for who in margin) / len(margin)
    assert 0.01 < unprofitable < 0.35
    kinds = {kind for flavour in FLAVOURS for kind in texts(company(flavour).tables["Cost Recorded"], "kind")}
    assert kinds == {"goods", "delivery", "service", "return", "message", "incentive", "acquisition"}


def test_subscriptions_begin_before_they_end(company: Make) -> None:
    one = company("subscription")
    began = dict(
        zip(
            texts(one.tables["Subscription Started"], "subscription_id"),
            one.tables["Subscription Started"]["time"].to_pylist(),
            strict=True,
        )
    )
    ended = dict(
        zip(
            texts(one.tables["Subscription Ended"], "subscription_id"),
            one.tables["Subscription Ended"]["time"].to_pylist(),
            strict=True,
        )
    )
    assert len(ended) == one.tables["Subscription Ended"].num_rows
    assert all(began[which] < at for which, at in ended.items() if which in began)
    for row in one.tables["Subscription Renewed"].to_pylist():
        assert row["subscription_id"] not in ended or row["time"] < ended[row["subscription_id"]]
    reasons = set(texts(one.tables["Subscription Ended"], "reason"))
    assert {"payment failed", "too expensive", "no longer needed"} <= reasons
    deltas = money(one.tables["Subscription Changed"], "mrr_delta")
    assert (deltas > 0).sum() > (deltas < 0).sum() > 0
    returned = Counter(texts(one.tables["Subscription Started"], "customer"))
    assert 0.01 < sum(count > 1 for count in returned.values()) / len(returned) < 0.3


def test_deals_end_once(company: Make) -> None:
    one = company("b2b")
    opened, won, lost = (set(texts(one.tables[name], "deal_id")) for name in ("Deal Opened", "Deal Won", "Deal Lost"))
    assert won.isdisjoint(lost)
    assert len(opened - won - lost) < 0.2 * len(opened)
    assert set(texts(one.tables["Deal Won"], "type")) == {"new", "expansion", "renewal", "win_back"}
    assert {"price", "no decision", "went elsewhere"} <= set(texts(one.tables["Deal Lost"], "reason"))


def test_friends_are_linked_to_those_who_sent_them(company: Make) -> None:
    shop = company("shop")
    shared = set(texts(shop.tables["Referral Shared"], "customer"))
    came = shop.tables["Referral Signed Up"].to_pylist()
    assert len(came) > 30
    bought = set(texts(shop.tables["Order Completed"], "customer"))
    for row in came:
        assert row["customer"] != row["friend_id"]
    assert len({row["customer"] for row in came} & shared) > 0.8 * len({row["customer"] for row in came})
    assert {row["friend_id"] for row in shop.tables["Referral Qualified"].to_pylist()} <= bought | {None}


@pytest.mark.slow
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_million_events_in_four_seconds(flavour: str) -> None:
    import time

    began = time.process_time()
    made = simulate(flavour, events=1_000_000)
    assert 850_000 < made.size < 1_150_000
    # other work on the machine does not count
    assert time.process_time() - began < 4
