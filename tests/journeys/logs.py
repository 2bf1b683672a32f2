"""Small random logs with channels, and what a person would read off them event by event."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median_low

from hypothesis import strategies as st

from tenure.events import STANDARD
from tenure.expressions import parse_value
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.population import Worth
from tenure.lifecycle.refresh import applied
from tenure.metrics.journeys.touchpoints import NOT_MET

from ..lifecycle.harness import Engine, defined
from ..oracle.evaluate import DAY, Event
from ..oracle.history import Row

START = 1_704_067_200 * 10**6  # 2024-01-01T00:00:00Z
HOUR = DAY // 24
END = START + 40 * DAY
NAMES = ("Page Viewed", "Page Viewed", "Ad Clicked", "Signed Up", "Order Completed", "Order Completed", "Cost Recorded")
CHANNELS = ("direct", "ads", "mail", None)
SHOP = {
    "lifecycle": "shop",
    "stages": [
        {"seen": {"when": "count(visit) >= 1"}},
        {"buyer": {"when": "count(order) >= 1", "kind": "customer"}},
        {"regular": {"when": "count(order) >= 2", "kind": "customer"}},
        {"away": {"when": "since(order) >= days(7)", "side": True}},
    ],
}
MONEY = Worth(value=parse_value("sum(order)"), events=STANDARD)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Up to 120 events of eight people, many of them close together or at one moment."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from("abcdefgh"), st.integers(0, 30), st.sampled_from((0, 0, 10, 20, 31, 60, 600)),
                st.sampled_from(NAMES), st.sampled_from(CHANNELS), st.integers(1, 5),
            ),
            min_size=50, max_size=120,
        )
    )  # fmt: skip
    return [
        Event(
            message_id=f"m{place:03}", name=name, time=START + day * DAY + minutes * (HOUR // 60), received_at=0,
            customer=who, properties={"revenue": amount, **({"channel": channel} if channel else {})},
        )
        for place, (who, day, minutes, name, channel, amount) in enumerate(rows)
    ]  # fmt: skip


@contextmanager
def told(engine: Engine, events: Sequence[Event], *, now: int = END) -> Iterator[Scope]:
    """What analyses of the log are over."""
    lifecycles = defined([SHOP])
    engine.arrive(events)
    engine.refresh(lifecycles, as_of=now)
    held = applied(engine.connection)["shop"]
    with engine.store.transaction():
        yield Scope(lifecycle=lifecycles[0], held=held, money=MONEY, now=now)


Touch = tuple[int, str]


def touches(events: Sequence[Event], *, now: int = END) -> dict[str, list[Touch]]:
    """Everybody's touches in order; those of a moment by how frequent their names are."""
    met = [event for event in events if event.name not in NOT_MET and event.time <= now]
    every = Counter(event.name for event in events if event.name not in NOT_MET)
    rank = {name: place for place, name in enumerate(sorted(every, key=lambda name: (-every[name], name)))}
    found: dict[str, list[Touch]] = defaultdict(list)
    for event in sorted(met, key=lambda event: (event.time, rank[event.name])):
        found[event.customer or ""].append((event.time, event.name))
    return found


Edge = tuple[str | None, str | None, str | None]


def followed(events: Sequence[Event]) -> dict[Edge, tuple[int, int | None]]:
    """How often what followed what, and the median time between."""
    gaps: dict[Edge, list[int | None]] = defaultdict(list)
    for chain in touches(events).values():
        _chain(gaps, None, chain, None)
    return {edge: _counted(found) for edge, found in gaps.items()}


def followed_in_stages(
    events: Sequence[Event], history: Sequence[Row], now: int = END
) -> dict[Edge, tuple[int, int | None]]:
    """The same within stays; the beginning of a stay is its first moment."""
    gaps: dict[Edge, list[int | None]] = defaultdict(list)
    every = touches(events)
    for row in history:
        if row.entered_at > now:
            continue
        stay = [
            one for one in every.get(row.unit, [])
            if one[0] >= row.entered_at and (row.left_at is None or one[0] < row.left_at)
        ]  # fmt: skip
        _chain(gaps, row.stage, stay, row.entered_at)
    return {edge: _counted(found) for edge, found in gaps.items()}


def _chain(gaps: dict[Edge, list[int | None]], stage: str | None, chain: Sequence[Touch], begin: int | None) -> None:
    names: list[str | None] = [None, *(name for _, name in chain), None]
    times = [begin, *(time for time, _ in chain), None]
    for place in range(len(names) - 1):
        before, after = times[place], times[place + 1]
        gaps[stage, names[place], names[place + 1]].append(
            after - before if before is not None and after is not None else None
        )


def _counted(found: Sequence[int | None]) -> tuple[int, int | None]:
    known = [gap for gap in found if gap is not None]
    return len(found), median_low(known) if known else None


def ended(chain: Sequence[Touch]) -> list[Touch]:
    """Touches of which the one after is not the same touchpoint."""
    return [one for place, one in enumerate(chain) if place + 1 == len(chain) or chain[place + 1][1] != one[1]]


def distinct(chain: Sequence[Touch]) -> list[Touch]:
    """Touches of which the one before is not the same touchpoint."""
    return [one for place, one in enumerate(chain) if not place or chain[place - 1][1] != one[1]]
