from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa

from tenure.lifecycle.findings import Finding, Observed, findings

NOBODY = pa.table({"customer_id": pa.array([], pa.string()), "previous": pa.array([], pa.string()),
                   "to": pa.array([], pa.string()), "money": pa.array([], pa.decimal128(38, 6))})  # fmt: skip
QUIET = Observed(
    at_risk=NOBODY, due=NOBODY, once=NOBODY, reactivated=NOBODY, at_risk_days=83, lapsed_days=174, customers=500,
    first=0, levels=("conversion", "retention", "loyalty"),
)  # fmt: skip


def people(*rows: tuple[str, str | None, int]) -> pa.Table:
    names, stages, money = ([row[place] for row in rows] for place in range(3))
    worth = pa.array([Decimal(amount) for amount in money], pa.decimal128(38, 6))
    texts = pa.array(stages, pa.string())
    return pa.table({"customer_id": names, "previous": texts, "to": texts, "money": worth})


def found(observed: Observed) -> tuple[Finding, ...]:
    return findings(observed, money=lambda amount: f"£{amount:,.0f}", day=lambda time: f"day {time}")


def test_nothing_is_said_where_there_is_nothing() -> None:
    assert found(QUIET) == ()


def test_the_highest_level_that_weighs_comes_first() -> None:
    at_risk = people(("a", "retention", 500), ("b", "loyalty", 300), ("c", "loyalty", 200), ("d", None, 900))
    (finding,) = found(replace(QUIET, at_risk=at_risk))
    assert finding == Finding(
        sentence="2 of your loyal customers, worth £500 in the last 365 days, have not ordered for 83 days or more.",
        command="people --stage at_risk --from loyalty",
        rows=2,
    )


def test_a_level_with_little_of_the_money_is_no_news() -> None:
    at_risk = people(("a", "retention", 5000), ("b", "loyalty", 100))
    (finding,) = found(replace(QUIET, at_risk=at_risk))
    assert finding.sentence.startswith("1 of your repeat customers, worth £5,000 in the last 365 days, has not")


def test_moves_are_counted_and_people_once() -> None:
    due = people(("a", "at_risk", 10), ("b", "at_risk", 20), ("c", "lapsed", 30), ("d", None, 5))
    (finding,) = found(replace(QUIET, due=due))
    assert finding.rows == 4
    assert finding.sentence == (
        "4 people, worth £65, will change stage within 14 days if nobody orders: "
        "2 to at risk, 1 to no stage, 1 to lapsed."
    )
    twice = people(("a", "at_risk", 10), ("a", "lapsed", 10), ("b", "at_risk", 20))
    (finding,) = found(replace(QUIET, due=twice))
    assert finding.rows == 3
    assert finding.sentence == (
        "3 changes of stage will come within 14 days if nobody orders: "
        "2 to at risk, 1 to lapsed; of 2 people, worth £30."
    )


def test_never_more_than_three() -> None:
    some = people(("a", "loyalty", 10))
    everything = replace(QUIET, at_risk=some, due=some, once=some, reactivated=some)
    assert [finding.command for finding in found(everything)] == [
        "people --stage at_risk --from loyalty", "forecast --days 14 --people", "people --lifecycle one_time",
    ]  # fmt: skip
    (once,) = found(replace(QUIET, once=some))
    assert once.sentence == "1 of your 500 customers (<1 %) has bought only once since day 0."
    (back,) = found(replace(QUIET, reactivated=some))
    assert back.sentence == "1 customer, worth £10 in the last 365 days, came back after a silence of 174 days or more."
