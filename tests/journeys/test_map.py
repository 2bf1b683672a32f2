"""The journey map: cases worked out by hand, as data anyone can add to."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tenure.metrics.journeys.journey_map import journey_map
from tenure.metrics.journeys.touchpoints import touchpoints

from ..lifecycle.harness import Engine
from ..oracle.evaluate import DAY, Event
from .logs import START, told

GOLDEN = YAML(typ="safe").load((Path(__file__).parent / "golden" / "map.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_golden(case: dict[str, Any]) -> None:
    events = []
    for place, line in enumerate(case["events"]):
        day, who, name, *rest = (part.strip() for part in line.split("|"))
        events.append(
            Event(message_id=f"m{place:02}", name=name, time=START + int(float(day) * DAY), received_at=0,
                  customer=who, properties=dict(part.split("=") for part in rest))
        )  # fmt: skip
    with Engine() as engine, told(engine, events, now=START + case["now"] * DAY) as scope:
        found = journey_map(engine.connection, touchpoints(engine.connection, scope))
    assert {f"{one.stage or 'none'} {one.touchpoint}" for one in found} == set(case["cells"])
    for one in found:
        got = {
            "events": one.events, "people": one.people, "csat": one.csat, "csat_answers": one.csat_answers,
            "nps": one.nps, "nps_answers": one.nps_answers, "cases": one.cases, "cost": one.cost, "seen": one.seen,
            "dropped": one.dropped,
        }  # fmt: skip
        wanted = case["cells"][f"{one.stage or 'none'} {one.touchpoint}"]
        for name, value in wanted.items():
            assert got[name] == (None if value is None else Decimal(str(value))), (one.stage, one.touchpoint, name)
