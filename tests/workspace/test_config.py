from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tenure.documents import parse
from tenure.errors import DefinitionError
from tenure.workspace.config import (
    DEFAULT_MONEY,
    WorkspaceConfig,
    condition_texts,
    json_schema,
    lifecycle_name,
    load_config,
)

EXAMPLE = """\
name: Example store
timezone: Europe/London
currency: GBP
as_of: last_event
lifecycles: [classic]
segments: {vip: "sum(order, within=days(365)) >= 1000"}
sources:
  - name: orders
    files: data/orders*.csv
    where: "quantity > 0"
    event: Order Completed
    customer: customer_id
    time: ordered_at
    id: invoice
    group: invoice
    properties: {revenue: "sum(quantity * price)", products: "list(stock_code)"}
    traits: {country: country, name: full_name}
  - {name: ad_spend, files: data/spend.csv, event: Marketing Spend Recorded, customer: none, time: day}
"""
LIBRARY = ("classic", "saas", "inbound", "service")


def load(text: str, **names: Any) -> WorkspaceConfig:
    return load_config(parse(text, file="tenure.yaml"), library=LIBRARY, **names)


def said(text: str, **names: Any) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load(text, **names)
    return [str(problem) for problem in caught.value.problems]


def test_the_example() -> None:
    config = load(EXAMPLE)
    assert (config.name, config.timezone, config.currency, config.as_of) == (
        "Example store", "Europe/London", "GBP", "last_event",
    )  # fmt: skip
    assert config.lifecycles == ("classic",)
    assert config.segments["vip"].when == "sum(order, within=days(365)) >= 1000"
    assert [source.name for source in config.sources] == ["orders", "ad_spend"]
    assert config.money == DEFAULT_MONEY


def test_a_name_is_enough() -> None:
    config = load("name: Shop\n")
    assert (config.timezone, config.currency, config.as_of, config.as_of_time) == ("UTC", None, "now", None)
    assert (config.lifecycles, config.sources, dict(config.segments)) == ((), (), {})


def test_short_and_long_forms() -> None:
    config = load(
        """\
name: Shop
lifecycles: saas
margin: 0.35
segments:
  vip: {when: count(order) >= 5, title: Best customers}
events:
  sale: Sold
  any_sale: [Sold, Order Completed]
  nps: {event: Survey Answered, where: "survey == 'nps'", value: score}
"""
    )
    assert config.lifecycles == ("saas",)
    assert config.margin == Decimal("0.35")
    assert config.segments["vip"].title == "Best customers"
    assert config.bindings["any_sale"].events == ("Sold", "Order Completed")
    assert config.bindings["nps"].value == "score"


@pytest.mark.parametrize(
    ("as_of", "zone", "moment"),
    [
        ("2011-12-09", "UTC", datetime(2011, 12, 9, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2024-07-01", "Europe/London", datetime(2024, 7, 1, 22, 59, 59, 999999, tzinfo=UTC)),
        ("2024-07-01T12:00", "Europe/London", datetime(2024, 7, 1, 11, tzinfo=UTC)),
        ("2024-07-01 12:00:00+02:00", "Europe/London", datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ("2024-03-31T01:30", "Europe/London", datetime(2024, 3, 31, 1, 30, tzinfo=UTC)),  # does not exist: forward
        ("2024-10-27T01:30", "Europe/London", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),  # exists twice: the first
        ("last_event", "UTC", None),
    ],
)
def test_as_of(as_of: str, zone: str, moment: datetime | None) -> None:
    assert load(f"name: Shop\ntimezone: {zone}\nas_of: {as_of}\n").as_of_time == moment


def test_every_problem_at_once() -> None:
    text = """\
nam: Shop
timezone: Europe/Londn
currency: gbp
as_of: yesterday
lifecycles: [clasic, saas, saas]
margin: 35
segments:
  saas: count(order) >= 1
  old: {wen: count(order) == 0}
  none:
events:
  class: Sold
  my sale: Sold
  sale: {event: Sold, were: x}
sources:
  - {name: orders, files: a.csv, event: Sold, customer: id, time: day}
  - {name: orders, files: b.csv, event: Sold, customer: id, time: day, on_change: overwrite}
  - {name: extra, event: Sold, time: day}
money: ""
"""
    assert said(text) == [
        "tenure.yaml:1:1: 'name' is missing. (What the workspace is called on pages and in reports.)",
        "tenure.yaml:1:1: There is no key 'nam' here. Did you mean 'name'?",
        "tenure.yaml:2:11: There is no time zone 'Europe/Londn'. Did you mean 'Europe/London'?",
        "tenure.yaml:3:11: 'currency' must be three capital letters (ISO 4217), not 'gbp'. Write GBP.",
        "tenure.yaml:4:8: 'as_of' must be now, last_event or a date, not 'yesterday'. Write a date as 2024-12-31.",
        "tenure.yaml:5:14: There is no lifecycle 'clasic'. Did you mean 'classic'?",
        "tenure.yaml:5:28: The lifecycle 'saas' is listed twice. Remove one.",
        "tenure.yaml:6:9: 'margin' must be a share between 0 and 1, not 35. Write 0.3 for 30 %.",
        "tenure.yaml:8:3: The segment 'saas' has the name of a lifecycle; stage('saas') could mean either. Rename it.",
        "tenure.yaml:9:3: 'when' is missing. (The condition under which somebody is in the segment.)",
        "tenure.yaml:9:9: There is no key 'wen' here. Did you mean 'when'?",
        "tenure.yaml:10:3: 'none' must be a mapping (key: value), not empty.",
        (
            "tenure.yaml:12:3: 'class' cannot be a short name: conditions could not call it. "
            "Take a word of letters, digits and _ that Python does not reserve."
        ),
        (
            "tenure.yaml:13:3: 'my sale' cannot be a short name: conditions could not call it. "
            "Take a word of letters, digits and _ that Python does not reserve."
        ),
        "tenure.yaml:14:23: There is no key 'were' here. Did you mean 'where'?",
        "tenure.yaml:17:12: Two sources are named 'orders' (first in line 16); message ids could collide. Rename one.",
        "tenure.yaml:17:83: 'on_change' must be reject, replace or keep, not the text 'overwrite'.",
        (
            "tenure.yaml:18:5: The source 'extra' needs either files or a query. "
            "Name the files it reads, or write a SELECT."
        ),
        "tenure.yaml:19:8: 'money' must not be empty.",
    ]


def test_names_that_files_of_the_workspace_take() -> None:
    files = {"lifecycles": ("store",), "segments": ("vip",)}
    assert load("name: Shop\nlifecycles: lifecycles/store.yaml\n", **files).lifecycles == ("lifecycles/store.yaml",)
    assert lifecycle_name("lifecycles/store.yaml") == lifecycle_name("store") == "store"
    assert said(
        "name: Shop\nlifecycles: [store, lifecycles/store.yaml, shop]\nsegments: {vip: a, store: b}\n", **files
    ) == [
        "tenure.yaml:2:21: The lifecycle 'store' is listed twice. Remove one.",
        "tenure.yaml:2:44: There is no lifecycle 'shop'. There are classic, inbound, saas, service and store.",
        "tenure.yaml:3:12: The segment 'vip' has a file in segments/ as well. Keep one of them.",
        (
            "tenure.yaml:3:20: The segment 'store' has the name of a lifecycle; stage('store') could mean either. "
            "Rename it."
        ),
    ]
    assert said("name: Shop\nlifecycles: zzz\n") == [
        "tenure.yaml:2:13: There is no lifecycle 'zzz'. There are classic, inbound, saas and service."
    ]


def test_where_the_conditions_stand() -> None:
    text = """\
name: Shop
exclude: trait.staff == True
segments: {vip: a, old: {when: b}}
events: {nps: {event: S, where: c}, sale: Sold}
"""
    assert list(condition_texts(parse(text, file="tenure.yaml"))) == [
        (("exclude",), "condition", "trait.staff == True"),
        (("segments", "vip"), "condition", "a"),
        (("segments", "old", "when"), "condition", "b"),
        (("events", "nps", "where"), "where", "c"),
    ]


def test_the_schema_describes_every_key_and_both_forms() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(WorkspaceConfig.model_fields)
    assert all(entry.get("description") for entry in schema["properties"].values())
    assert {"type": "string"} in schema["properties"]["lifecycles"]["anyOf"]
    forms = {
        name: [form.get("type") for form in schema["$defs"][name]["anyOf"]] for name in ("SegmentSpec", "EventSpec")
    }
    assert forms == {"SegmentSpec": ["string", "object"], "EventSpec": ["string", "array", "object"]}
    assert json.loads(json.dumps(schema)) == schema
