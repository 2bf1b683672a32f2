"""RFM: the map names every cell once, and scores are what ranking everybody by hand gives."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, seed, settings

from tenure.errors import UsageError
from tenure.events import STANDARD
from tenure.metrics.rfm import RFM_CELLS, RFM_NAMES, cells_of, rfm, rfm_people

from ..lifecycle.harness import Engines
from ..oracle.evaluate import DAY, Event
from .logs import END, logs, told
from .test_follows import quiet


def test_every_cell_has_one_name() -> None:
    assert list(RFM_CELLS) == list(product(range(1, 6), repeat=3))
    assert len(RFM_CELLS) == 125
    assert set(RFM_CELLS.values()) == set(RFM_NAMES)
    assert len(set(RFM_NAMES)) == len(RFM_NAMES)
    listed = [cell for name in RFM_NAMES for cell in cells_of(name)]
    assert sorted(listed) == sorted(RFM_CELLS)
    for cell in RFM_CELLS:
        assert cells_of("".join(map(str, cell))) == [cell]


@pytest.mark.parametrize("cell", ["best", "560", "55", "", "champion'"])
def test_other_cells_are_refused(cell: str) -> None:
    with pytest.raises(UsageError, match="no RFM cell"):
        cells_of(cell)


@pytest.mark.parametrize("days", [None, 15])
def test_scores(days: int | None) -> None:
    engines = Engines()

    @seed(7)
    @settings(quiet, max_examples=3)
    @given(logs())
    def check(events: list[Event]) -> None:
        engine = engines.next()
        with told(engine, events) as scope:
            orders: dict[str, list[tuple[int, int]]] = defaultdict(list)
            for event in events:
                if event.name == "Order Completed" and (days is None or event.time > END - days * DAY):
                    orders[event.customer or ""].append((event.time, int(str(event.properties["revenue"]))))
            recency = {who: -((END - max(time for time, _ in mine)) // DAY) for who, mine in orders.items()}
            frequency = {who: len(mine) for who, mine in orders.items()}
            spent = {who: sum(amount for _, amount in mine) for who, mine in orders.items()}

            def score(values: dict[str, int], who: str) -> int:
                worse = sum(1 for value in values.values() if value < values[who])
                return 1 + 5 * worse // len(values)

            wanted = {who: (score(recency, who), score(frequency, who), score(spent, who)) for who in orders}
            found = rfm(engine.connection, scope, STANDARD["purchase"], days=days)
            counted = {(one.recency, one.frequency, one.monetary): one.people for one in found}
            assert counted == Counter(wanted.values())
            assert sum((one.money for one in found), Decimal(0)) == sum(spent.values())
            for one in found:
                digits = f"{one.recency}{one.frequency}{one.monetary}"
                people = rfm_people(engine.connection, scope, STANDARD["purchase"], digits, days=days).to_pylist()
                assert {row["customer_id"] for row in people} == {
                    who for who, cell in wanted.items() if cell == (one.recency, one.frequency, one.monetary)
                }
                assert sum(row["money"] for row in people) == one.money
                assert {row["cell"] for row in people} == {one.name}

    check()
