"""Attribution: paths against a walk through each person's log, credits against their definitions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tenure.events import STANDARD
from tenure.metrics.attribution.markov import Step, markov
from tenure.metrics.attribution.rules import BY_PLACE
from tenure.metrics.attribution.side_by_side import METHODS, Attribution, attribution
from tenure.metrics.attribution.touches import COMING, VISIT, Asked
from tenure.metrics.journeys.occasions import event_happened, stage_entered

from ..lifecycle.harness import Engine, Engines
from ..oracle.evaluate import DAY, Event
from .logs import END, START, logs, told
from .test_follows import quiet

DAYS = 5
GOLDEN = YAML(typ="safe").load((Path(__file__).parent / "golden" / "attribution.yaml").read_text(encoding="utf-8"))
# who, channels with their moments, the moment of the conversion, conversions
Way = tuple[list[tuple[int, str]], int | None, int]


def ways(events: Sequence[Event], moments: dict[str, Counter[int]], *, days: int = DAYS, every: bool) -> list[Way]:
    """The paths of everybody, those that led to nothing too."""
    found: list[Way] = []
    for who in sorted({event.customer or "" for event in events} | set(moments)):
        conversions = sorted(moments.get(who, Counter()))
        if not every:
            conversions = conversions[:1]
        touches: list[tuple[int, str]] = []
        before: tuple[int, str] | None = None
        own = [one for one in events if one.customer == who and one.name in COMING and one.time <= END]
        for event in sorted(own, key=lambda one: (one.time, one.message_id)):
            channel = event.properties.get("channel")
            if not isinstance(channel, str):
                continue
            if before is None or before[1] != channel or event.time - before[0] > VISIT:
                touches.append((event.time, channel))
            before = (event.time, channel)
        waiting: list[tuple[int, str]] = []
        for place, moment in enumerate(conversions):
            last = conversions[place - 1] if place else None
            mine = [one for one in touches if one[0] <= moment and (last is None or one[0] > last)]
            found += _nothing([one for one in mine if moment - one[0] >= days * DAY], days)
            times = moments[who][moment] if every else 1
            found.append(([one for one in mine if moment - one[0] < days * DAY], moment, times))
        waiting = [one for one in touches if not conversions or one[0] > conversions[-1]]
        if every or not conversions:
            found += _nothing(waiting, days)
    return found


def _nothing(touches: Sequence[tuple[int, str]], days: int) -> list[Way]:
    found: list[Way] = []
    for one in touches:
        if found and one[0] - found[-1][0][-1][0] <= days * DAY:
            found[-1][0].append(one)
        else:
            found.append(([one], None, 1))
    return found


def shares(method: str, way: list[tuple[int, str]], moment: int) -> list[Fraction]:
    """What each touch of a path has, by the definition of a rule."""
    size = len(way)
    if method == "last_non_direct":
        sent = [place for place, (_, channel) in enumerate(way) if channel != "direct"]
        return [Fraction(place == (sent[-1] if sent else size - 1)) for place in range(size)]
    if method == "time_decay":
        weights = [Fraction(2 ** (-(moment - time) / (7 * DAY))) for time, _ in way]
        return [weight / sum(weights) for weight in weights]
    ends = {"u": (Fraction(2, 5), Fraction(2, 5)), "j": (Fraction(1, 5), Fraction(3, 5))}
    if method in ends:
        begin, end = ends[method]
        if size == 1:
            return [Fraction(1)]
        if size == 2:
            return [begin / (begin + end), end / (begin + end)]
        return [begin, *[(1 - begin - end) / (size - 2)] * (size - 2), end]
    return {
        "first": [Fraction(place == 0) for place in range(size)],
        "last": [Fraction(place == size - 1) for place in range(size)],
        "linear": [Fraction(1, size)] * size,
    }[method]


def by_definition(method: str, found: Sequence[Way]) -> dict[str, Fraction]:
    credits: dict[str, Fraction] = defaultdict(Fraction)
    converted = [(way, moment, times) for way, moment, times in found if moment is not None and way]
    if method == "shapley":
        return shapley_by_orders(converted)
    if method == "markov":
        return markov_by_removal(found)
    for way, moment, times in converted:
        for share, (_, channel) in zip(shares(method, way, moment), way, strict=True):
            credits[channel] += share * times
    return credits


def shapley_by_orders(converted: Sequence[tuple[list[tuple[int, str]], int, int]]) -> dict[str, Fraction]:
    """The mean of what each channel adds over all orders in which they may join."""
    channels = sorted({channel for way, _, _ in converted for _, channel in way})

    def worth(group: frozenset[str]) -> int:
        return sum(times for way, _, times in converted if {channel for _, channel in way} <= group)

    credits: dict[str, Fraction] = defaultdict(Fraction)
    for order in permutations(channels):
        for place, channel in enumerate(order):
            added = worth(frozenset(order[: place + 1])) - worth(frozenset(order[:place]))
            credits[channel] += Fraction(added, factorial(len(channels)))
    return credits


def markov_by_removal(found: Sequence[Way]) -> dict[str, Fraction]:
    """Each channel sent to nothing in turn, and the chain solved anew by iteration."""
    told = [(["start", *(channel for _, channel in way), "yes" if moment is not None else "no"], times)
            for way, moment, times in found if way]  # fmt: skip
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for states, times in told:
        for one, other in pairwise(states):
            counts[one][other] += times
    names = [*counts, "yes", "no"]
    place = {name: at for at, name in enumerate(names)}

    def chance(removed: str | None) -> float:
        matrix = np.zeros((len(names), len(names)))
        matrix[place["yes"], place["yes"]] = matrix[place["no"], place["no"]] = 1
        for one, others in counts.items():
            for other, times in others.items():
                target = "no" if other == removed else other
                matrix[place[one], place[target]] += times / sum(others.values())
        for _ in range(60):
            matrix = matrix @ matrix
        return float(matrix[place["start"], place["yes"]])

    conversions = sum(times for way, moment, times in found if moment is not None and way)
    if not conversions:
        return {}
    whole = chance(None)
    effects = {name: 1 - chance(name) / whole for name in counts if name != "start"}
    total = sum(effects.values())
    return {name: Fraction(effect / total * conversions) for name, effect in effects.items()}


@pytest.mark.parametrize(("what", "every"), [("order", True), ("order", False), ("buyer", False), ("away", True)])
def test_every_method(what: str, every: bool) -> None:
    engines = Engines()
    seen = 0

    @seed(5)
    @settings(quiet, max_examples=2)
    @given(logs())
    def check(events: list[Event]) -> None:
        nonlocal seen
        engine = engines.next()
        with told(engine, events) as scope:
            moments: dict[str, Counter[int]] = defaultdict(Counter)
            if what == "order":
                occasion = event_happened(engine.connection, scope, STANDARD["order"])
                for event in events:
                    if event.name == "Order Completed" and event.time <= END:
                        moments[event.customer or ""][event.time] += 1
            else:
                occasion = stage_entered(scope, what)
                for row in engine.stored():
                    if row.stage == what and row.entered_at <= END:
                        moments[row.unit][row.entered_at] += 1
            found = attribution(engine.connection, scope, Asked(occasion=occasion, days=DAYS, every=every))
            wanted = ways(events, moments, every=every)
            compare(found, wanted, own=what == "order")
            seen += found.touched

    check()
    assert seen


def compare(
    found: Attribution, wanted: Sequence[Way], *, own: bool,
) -> None:  # fmt: skip
    conversions = sum(times for _, moment, times in wanted if moment is not None)
    touched = sum(times for way, moment, times in wanted if moment is not None and way)
    others = sum(1 for way, moment, _ in wanted if moment is None)
    assert (found.conversions, found.touched, found.others) == (conversions, touched, others)
    if touched:
        assert found.probability == pytest.approx(touched / (touched + others), abs=1e-9)
    credits = {channel.channel: channel.credits for channel in found.channels}
    for method in METHODS:
        # exactly, not about
        assert sum((one[method] for one in credits.values()), Fraction(0)) == conversions
        expected = by_definition(method, wanted)
        exact = method not in ("time_decay", "markov")
        for channel in ("ads", "mail", "direct"):
            alone = credits.get(channel, dict.fromkeys(METHODS, Fraction(0)))[method]
            # conversions without a touch count for what they tell themselves, by every method alike
            if not own:
                rest = expected.get(channel, Fraction(0))
                assert alone == rest if exact else abs(alone - rest) < 1e-9
            else:
                least = expected.get(channel, Fraction(0))
                difference = alone - least
                told_first = credits.get(channel, dict.fromkeys(METHODS, Fraction(0)))["first"] - by_definition(
                    "first", wanted
                ).get(channel, Fraction(0))
                assert difference == told_first if exact else abs(difference - told_first) < 1e-9


@given(
    st.lists(st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5), st.booleans(), st.integers(1, 9)),
             min_size=1, max_size=12)
)  # fmt: skip
@settings(quiet, max_examples=150)
def test_the_chain_converts_as_often_as_was_observed(paths: list[tuple[list[str], bool, int]]) -> None:
    counts: Counter[tuple[tuple[str, str | None], tuple[str, str | None]]] = Counter()
    for channels, converts, times in paths:
        states: list[tuple[str, str | None]] = [
            ("start", None), *(("channel", channel) for channel in channels),
            ("converted" if converts else "nothing", None),
        ]  # fmt: skip
        for one, other in pairwise(states):
            counts[one, other] += times
    steps: list[Step] = [(one, other, times) for (one, other), times in counts.items()]
    chain = markov(steps)
    converted = sum(times for _, converts, times in paths if converts)
    assert chain.probability == pytest.approx(converted / sum(times for *_, times in paths), abs=1e-9)
    credits = chain.credits(converted)
    assert sum(credits.values(), Fraction(0)) == converted
    wanted = markov_by_removal(
        [
            ([(0, channel) for channel in channels], 0 if converts else None, times)
            for channels, converts, times in paths
        ]
    )
    for channel, credit in wanted.items():
        assert credits[channel] == pytest.approx(credit, abs=1e-9)


@pytest.mark.parametrize("length", range(1, 9))
def test_shares_of_a_path_sum_to_one(length: int) -> None:
    for name, share in BY_PLACE.items():
        parts = [share(place, length) for place in range(1, length + 1)]
        assert sum(parts) == 1, name
        assert all(part >= 0 for part in parts)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_golden(case: dict[str, Any]) -> None:
    """Worked out by hand; anyone can add a case to `golden/attribution.yaml`."""
    events = []
    for place, line in enumerate(case["events"]):
        day, who, name, *rest = (part.strip() for part in line.split("|"))
        properties = dict(part.split("=") for part in rest)
        events.append(
            Event(message_id=f"m{place:02}", name=name, time=START + int(float(day) * DAY), received_at=0,
                  customer=None if who == "-" else who, properties=properties)
        )  # fmt: skip
    engine = Engine()
    with engine, told(engine, events) as scope:
        occasion = event_happened(engine.connection, scope, STANDARD["order"])
        found = attribution(
            engine.connection,
            scope,
            Asked(occasion=occasion, days=case.get("days", 30), every=case.get("every", False)),
        )
        credits = {one.channel or "unknown": one for one in found.channels}
        for method, expected in case["credits"].items():
            got = {channel: one.credits[method] for channel, one in credits.items() if one.credits[method]}
            wanted = {channel: Fraction(str(value)) for channel, value in expected.items()}
            assert got.keys() == wanted.keys(), method
            for channel, credit in got.items():
                assert abs(credit - wanted[channel]) < Fraction(1, 10**9), (method, channel, credit)
        for channel, costs in case.get("cac", {}).items():
            for method, cost in costs.items():
                assert credits[channel].cost(method) == (None if cost is None else pytest.approx(float(cost)))


def test_shapley_of_every_small_game() -> None:
    """The shortcut of equal parts a path, against all orders of joining."""
    for sets in product([*(frozenset(c) for n in (1, 2, 3) for c in combinations("xyz", n))], repeat=2):
        converted = [
            ([(0, channel) for channel in sorted(one)], 0, times) for one, times in zip(sets, (3, 5), strict=True)
        ]
        equal: dict[str, Fraction] = defaultdict(Fraction)
        for one, _, times in converted:
            for _, channel in one:
                equal[channel] += Fraction(times, len(one))
        assert shapley_by_orders(converted) == equal
