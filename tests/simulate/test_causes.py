from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tenure.errors import UsageError
from tenure.simulate import (
    Cause,
    ChangedDefinition,
    ChannelDriesUp,
    Company,
    LateDeliveries,
    PriceRise,
    TrackingOutage,
    simulate,
)
from tests.simulate.conftest import Make

SINCE, UNTIL = date(2024, 9, 1), date(2025, 2, 1)
BEGIN, END = datetime(2024, 9, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)


def planted(flavour: str, *causes: Cause) -> Company:
    return simulate(flavour, seed=3, people=3_000, causes=causes)


def within(table: pa.Table) -> pa.Table:
    return table.filter(
        pc.and_(pc.greater_equal(table["time"], pa.scalar(BEGIN)), pc.less(table["time"], pa.scalar(END)))
    )


def countries(company: Company) -> dict[str, str]:
    pairs = zip(company.traits["customer"].to_pylist(), company.traits["country"].to_pylist(), strict=True)
    return dict(pairs)


def orders_of(company: Company, country: str) -> pa.Table:
    table = company.tables["Order Completed"]
    home = countries(company)
    return table.filter(pa.array([home[who] == country for who in table["customer"].to_pylist()]))


def test_a_cause_of_no_size_changes_nothing(company: Make) -> None:
    nothing: list[Cause] = [
        PriceRise(country="DE", since=SINCE, size=0, fewer=0), ChannelDriesUp(channel="display", since=SINCE, size=0),
        TrackingOutage(since=SINCE, until=UNTIL, size=0), LateDeliveries(country="FR", since=SINCE, size=0),
    ]  # fmt: skip
    same = planted("shop", *nothing)
    for name, table in company("shop").tables.items():
        assert same.tables[name].equals(table), name


def test_prices_rise_in_one_country_alone(company: Make) -> None:
    dearer = planted("shop", PriceRise(country="DE", since=SINCE, until=UNTIL, size=0.2, fewer=0.4))
    before, after = within(orders_of(company("shop"), "DE")), within(orders_of(dearer, "DE"))
    assert 0.45 < after.num_rows / before.num_rows < 0.75
    assert (
        pc.mean(after["revenue"].cast(pa.float64())).as_py()
        > 1.05 * pc.mean(before["revenue"].cast(pa.float64())).as_py()
    )
    assert orders_of(dearer, "GB").equals(orders_of(company("shop"), "GB"))
    (effect,) = dearer.truth
    assert (effect.kind, effect.dimension, effect.value) == ("PriceRise", "country", "DE")
    assert (effect.since, effect.until) == (SINCE, UNTIL)
    assert effect.removed > 200 and effect.changed > 20 and effect.people > 30
    assert {"Order Completed", "Checkout Started", "Product Viewed"} <= set(effect.events)


def test_a_channel_dries_up(company: Make) -> None:
    dry = planted("shop", ChannelDriesUp(channel="paid_social", since=SINCE, size=0.9))
    for tables in ("tables", "totals"):
        clicks = [getattr(one, tables)["Ad Clicked"] for one in (company("shop"), dry)]
        before, after = (
            within(table.filter(pc.equal(table["channel"].cast(pa.string()), "paid_social"))) for table in clicks
        )
        counted = tables == "totals"
        sums = [pc.sum(table["count"]).as_py() if counted else table.num_rows for table in (before, after)]
        assert sums[1] < 0.3 * sums[0]
        others = [table.filter(pc.equal(table["channel"].cast(pa.string()), "display")) for table in clicks]
        assert others[0].equals(others[1])
    assert dry.truth[0].dimension == "channel"


def test_parcels_are_late_and_what_follows(company: Make) -> None:
    late = planted("shop", LateDeliveries(country="GB", since=SINCE, until=UNTIL, size=0.6))

    def overdue(one: Company) -> float:
        home = countries(one)
        rows = [row for row in within(one.tables["Order Delivered"]).to_pylist() if home[row["customer"]] == "GB"]
        return float(np.mean([row["time"] > row["promised_at"] for row in rows]))

    def csat(one: Company) -> float:
        home = countries(one)
        rows = within(one.tables["Survey Answered"]).to_pylist()
        return float(
            np.mean([row["score"] for row in rows if row["survey"] == "csat" and home[row["customer"]] == "GB"])
        )

    assert overdue(late) > 0.4 > 0.2 > overdue(company("shop"))
    assert csat(late) < csat(company("shop")) - 0.3
    complaints = [pc.sum(within(one.tables["Case Opened"])["complaint"]).as_py() for one in (company("shop"), late)]
    assert complaints[1] > 1.5 * complaints[0]
    assert late.tables["Account Closed"].num_rows > company("shop").tables["Account Closed"].num_rows
    # who was disappointed leaves: later orders are missing
    assert orders_of(late, "GB").num_rows < orders_of(company("shop"), "GB").num_rows
    assert orders_of(late, "DE").equals(orders_of(company("shop"), "DE"))


def test_pages_are_not_recorded_though_people_buy(company: Make) -> None:
    outage = planted("shop", TrackingOutage(since=date(2024, 11, 4), until=date(2024, 11, 11)))
    gap = (datetime(2024, 11, 4, tzinfo=UTC), datetime(2024, 11, 11, tzinfo=UTC))
    assert not any(gap[0] <= at < gap[1] for at in outage.tables["Page Viewed"]["time"].to_pylist())
    assert outage.tables["Order Completed"].equals(company("shop").tables["Order Completed"])
    (effect,) = outage.truth
    missing = company("shop").tables["Page Viewed"].num_rows - outage.tables["Page Viewed"].num_rows
    assert effect.removed > missing > 100 and effect.added == 0
    half = planted("shop", TrackingOutage(since=SINCE, until=UNTIL, events=("Product Viewed",), size=0.5))
    left = within(half.tables["Product Viewed"]).num_rows / within(company("shop").tables["Product Viewed"]).num_rows
    assert 0.45 < left < 0.55 and half.truth[0].events == ("Product Viewed",)


@pytest.mark.parametrize(("flavour", "event"), [("b2b", "Lead Qualified"), ("subscription", "Activated")])
def test_a_definition_changes(company: Make, flavour: str, event: str) -> None:
    changed = planted(flavour, ChangedDefinition(event=event, since=SINCE, size=0.5))
    before, after = (within(one.tables[event]).num_rows for one in (company(flavour), changed))
    assert 0.3 < after / before < 0.7
    (effect,) = changed.truth
    assert effect.events == (event,) and effect.dimension == "event" and effect.until is None
    assert effect.removed == company(flavour).tables[event].num_rows - changed.tables[event].num_rows


def test_two_causes_are_told_apart() -> None:
    dearer = PriceRise(country="DE", since=SINCE)
    outage = TrackingOutage(since=SINCE, until=UNTIL, events=("Product Viewed",))
    both = simulate("shop", people=800, causes=[dearer, outage])
    assert [effect.kind for effect in both.truth] == ["PriceRise", "TrackingOutage"]
    assert both.truth[1].events == ("Product Viewed",)


def test_causes_that_fit_no_company() -> None:
    with pytest.raises(UsageError, match="no country 'XX'"):
        simulate(people=5, causes=[PriceRise(country="XX", since=SINCE)])
    with pytest.raises(UsageError, match="no channel 'fair'"):
        simulate(people=5, causes=[ChannelDriesUp(channel="fair", since=SINCE)])
    with pytest.raises(UsageError, match="delivers no parcels"):
        simulate("b2b", people=5, causes=[LateDeliveries(country="DE", since=SINCE)])
    with pytest.raises(UsageError, match="no event with a rule"):
        simulate("shop", people=5, causes=[ChangedDefinition(event="Activated", since=SINCE)])
    with pytest.raises(UsageError, match="cannot last"):
        simulate(people=5, causes=[PriceRise(country="DE", since=UNTIL, until=SINCE)])
