"""Files of targets: what they say, faults with their places, writing that keeps comments, spreadsheets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tenure.documents import parse, validate
from tenure.errors import DefinitionError, UsageError
from tenure.events import STANDARD
from tenure.metrics import library
from tenure.metrics.definition import Metric, define
from tenure.metrics.key_metrics import PREFERENCE, key_metrics
from tenure.metrics.target_file import Reach, TargetRow, with_targets
from tenure.metrics.target_table import read_targets
from tenure.metrics.targets import DefinedTargets, Limits, TargetsSpec, define_targets

STAGES = {"plain": ("visitor", "customer"), "other": ("customer",)}


@pytest.fixture(scope="module")
def metrics() -> dict[str, Metric]:
    return dict(define([(spec, read, False) for spec, read in library.specs()], bindings=STANDARD).metrics)


def read(text: str, metrics: dict[str, Metric]) -> DefinedTargets:
    document = parse(text, file="targets.yaml")
    return define_targets([(validate(TargetsSpec, document), document)], metrics=metrics, stages=STAGES)


def test_what_a_target_means(metrics: dict[str, Metric]) -> None:
    found = read(
        """\
key_metrics: [orders, nps]
targets:
  - {metric: orders, value: 100}
  - {metric: orders, value: 120, since: 2025-01-01}
  - {metric: orders, value: 30, by: {channel: email}}
  - {metric: orders, value: 80, lifecycle: other}
  - {metric: customer_churn_rate, period: quarter, value: 0.05}
  - {metric: revenue, value: 1000, seasonal: {dec: 3000, jan: {min: 700, max: 900}}}
  - {metric: population, stage: customer, min: 10, max: 20}
""",
        metrics,
    )
    assert not found.problems
    assert found.key_metrics == ("orders", "nps")

    def limits(metric: str, day: date, **settings: object) -> Limits | None:
        told = found.of(metric, settings.pop("period", "month"), day, **settings)  # type: ignore[arg-type]
        return told[1] if told else None

    assert limits("orders", date(2024, 12, 1)) == Limits(low=Decimal(100))
    assert limits("orders", date(2025, 1, 1)) == Limits(low=Decimal(120))
    assert limits("orders", date(2025, 1, 1), lifecycle="other") == Limits(low=Decimal(80))
    assert limits("orders", date(2025, 1, 1), by=("channel", "email")) == Limits(low=Decimal(30))
    assert limits("orders", date(2025, 1, 1), by=("channel", "direct")) is None
    assert limits("orders", date(2025, 1, 1), period="week") is None
    assert limits("customer_churn_rate", date(2025, 1, 1), period="quarter") == Limits(high=Decimal("0.05"))
    assert limits("revenue", date(2025, 12, 1)) == Limits(low=Decimal(3000))
    assert limits("revenue", date(2025, 1, 1)) == Limits(low=Decimal(700), high=Decimal(900))
    assert limits("revenue", date(2025, 2, 1)) == Limits(low=Decimal(1000))
    assert limits("population", date(2025, 1, 1)) is None
    assert limits("population", date(2025, 1, 1), stage="customer") == Limits(low=Decimal(10), high=Decimal(20))


@pytest.mark.parametrize(
    ("entry", "place", "words"),
    [
        ("{metric: order, value: 1}", 13, "Did you mean 'orders'?"),
        ("{metric: orders, valu: 1}", 21, "Did you mean 'value'?"),
        ("{metric: orders}", 5, "nothing to reach"),
        ("{metric: orders, value: 1, max: 2}", 5, "either a 'value' or a range"),
        ("{metric: orders, min: 3, max: 2}", 5, "more than 'max'"),
        ("{metric: orders, value: many}", 28, "a number"),
        ("{metric: orders, period: months, value: 1}", 29, "Did you mean 'month'?"),
        ("{metric: orders, period: week, seasonal: {jan: 1}}", 5, "by month"),
        ("{metric: orders, seasonal: {january: 1}}", 42, "jan"),
        ("{metric: cases, value: 5}", 25, "neither more nor less"),
        ("{metric: population, min: 5}", 13, "`stage: loyalty`"),
        ("{metric: orders, value: 1, stage: custmer}", 38, "Did you mean 'customer'?"),
        ("{metric: orders, value: 1, lifecycle: plan}", 42, "Did you mean 'plain'?"),
        ("{metric: orders, value: 1, since: 2024-02-31}", 38, "no day"),
        ("{metric: orders, value: 1, benchmark: {value: 2}}", 32, "'source' is missing"),
    ],
)
def test_a_fault_has_its_place(entry: str, place: int, words: str, metrics: dict[str, Metric]) -> None:
    try:
        problems = read(f"targets:\n  - {entry}\n", metrics).problems
    except DefinitionError as error:
        problems = error.problems
    assert problems
    assert words in str(problems[0])
    assert (problems[0].file, problems[0].line) == ("targets.yaml", 2)
    assert abs(problems[0].column - place) <= 3, str(problems[0])


def test_two_targets_of_the_same_are_told(metrics: dict[str, Metric]) -> None:
    found = read("targets:\n  - {metric: orders, value: 1}\n  - {metric: orders, value: 2}\n", metrics)
    assert "targets.yaml:3" in str(found.problems[0])
    assert "line 2" in str(found.problems[0])
    assert "Did you mean 'nps'" in str(read("key_metrics: [npss]\n", metrics).problems[0])


def test_the_default_key_metrics_exist(metrics: dict[str, Metric]) -> None:
    assert set(PREFERENCE) <= metrics.keys()
    assert len(set(PREFERENCE)) == len(PREFERENCE)
    assert key_metrics({"nps", "orders", "revenue"}) == ("revenue", "nps", "orders")
    assert len(key_metrics(metrics)) == 10


WRITTEN = """\
# ours, agreed in spring
key_metrics: [orders]   # one is enough

targets:
  # the board's
  - metric: orders
    value: 100    # a month
    note: "as ever"
"""


def test_writing_keeps_what_stands_there(metrics: dict[str, Metric]) -> None:
    new = TargetRow(
        metric="nps", period="quarter", reach=Reach(value=Decimal("30.5")), note="yes: it is, really",
        by=("channel", "email"), benchmark=(Decimal(20), "Bain & Company", "2024-05-01"),
    )  # fmt: skip
    text = with_targets(WRITTEN, [new], {0: TargetRow(metric="orders", period="month", reach=Reach(low=Decimal(90)))})
    for kept in ("# ours, agreed in spring", "# one is enough", "# the board's", '"as ever"'):
        assert kept in text
    found = read(text, metrics)
    assert not found.problems
    orders, nps = found.targets
    assert (orders.limits, orders.note) == (Limits(low=Decimal(90)), "as ever")
    assert (nps.by, nps.note) == (("channel", "email"), "yes: it is, really")
    assert nps.benchmark == (Decimal(20), "Bain & Company", "2024-05-01")
    assert with_targets(text, []) == text
    assert read(with_targets("# nothing yet\n", [new]), metrics).targets[0].metric == "nps"
    assert read(with_targets("", [new]), metrics).targets[0].limits == Limits(low=Decimal("30.5"))


def test_a_spreadsheet() -> None:
    table = read_targets(
        "\ufeffMetric;Period;Month;Value;Min;Max;By;Benchmark value;Benchmark source\n"
        "Average order value;month;;45.50;;;;;\n"
        "orders;;December;3,000;;;;;\n"
        "orders;;1;1,000;;;;;\n"
        "orders;;;2000;;;;1800;last year\n"
        "churn;quarter;;5%;;;channel=email;;\n"
        ";;;;;;;;\n"
        "nps;;;viele;;;;;\n"
        "nps;fortnight;;3;;;;;\n"
        "nps;;;3;1;;;;\n"
        "orders;;dec;1;;;;;\n"
        "nps;;;;;;;;\n"
        "nps;;;1;;;;5;\n"
    )
    rows = {row.metric: row for row, _ in table.rows}
    assert rows["average_order_value"].reach.value == Decimal("45.50")
    orders = rows["orders"]
    assert {month: reach.value for month, reach in orders.seasonal.items()} == {"dec": 3000, "jan": 1000}
    assert (orders.reach.value, orders.benchmark) == (2000, (Decimal(1800), "last year", None))
    assert (rows["churn"].reach.value, rows["churn"].by) == (Decimal("0.05"), ("channel", "email"))
    assert [one.line for one in table.bad] == [8, 9, 10, 11, 12, 13]
    assert [one.reason.split(":")[0] for one in table.bad] == [
        "value is 'viele'", "period is 'fortnight'", "it has a value and a range",
        "the same target stands in an earlier row", "it has neither value nor min nor max",
        "its benchmark has no source",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="Did you mean 'metric'"):
        read_targets("metrics,value\nx,1\n")
    with pytest.raises(UsageError, match="no column 'metric'"):
        read_targets("value\n1\n")
