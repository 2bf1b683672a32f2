"""How figures stand against their targets: exactly one rule holds, and a better figure never stands worse."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.metrics.status import STATUSES, status
from tenure.metrics.targets import Limits

AMOUNTS = st.decimals(-1000, 1000, places=2)
ORDER = ("missed", "behind", "on track", "ahead")


def limits(text: str) -> Limits:
    """`>=100`, `<=5`, `3..5`."""
    if ".." in text:
        low, high = text.split("..")
        return Limits(low=Decimal(low), high=Decimal(high))
    return Limits(low=Decimal(text[2:])) if text[0] == ">" else Limits(high=Decimal(text[2:]))


@pytest.mark.parametrize(
    ("value", "pace", "target", "over", "grows", "told"),
    [
        ("100", None, ">=100", True, False, "on track"),
        ("105", None, ">=100", True, False, "on track"),
        ("105.01", None, ">=100", True, False, "ahead"),
        ("99.99", None, ">=100", True, False, "missed"),
        ("5", None, "<=5", True, False, "on track"),
        ("4.7", None, "<=5", True, False, "ahead"),
        ("5.01", None, "<=5", True, False, "missed"),
        ("4", None, "3..5", True, False, "on track"),
        ("2.99", None, "3..5", True, False, "missed"),
        ("5.01", None, "3..5", True, False, "missed"),
        # a running period is judged by where it will end, within 5 %
        ("40", "100", ">=100", False, True, "on track"),
        ("40", "95", ">=100", False, True, "on track"),
        ("40", "94.99", ">=100", False, True, "behind"),
        ("40", "106", ">=100", False, True, "ahead"),
        ("40", None, ">=100", False, True, "no data"),
        ("6", "12", "<=5", False, True, "missed"),
        ("4", "5.2", "<=5", False, True, "on track"),
        ("4", "5.3", "<=5", False, True, "behind"),
        # a rate above its limit may still fall
        ("6", "6", "<=5", False, False, "behind"),
        ("-10", None, ">=-8", True, False, "missed"),
        ("0", None, ">=0", True, False, "on track"),
        (None, None, ">=0", True, False, "no data"),
        (None, "5", ">=0", False, False, "no data"),
    ],
)  # fmt: skip
def test_the_rules(value: str | None, pace: str | None, target: str, over: bool, grows: bool, told: str) -> None:
    found = status(
        None if value is None else Decimal(value), None if pace is None else Decimal(pace), limits(target), over=over,
        grows=grows,
    )  # fmt: skip
    assert found == told


@given(
    value=AMOUNTS | st.none(), pace=AMOUNTS | st.none(), low=AMOUNTS | st.none(), high=AMOUNTS | st.none(),
    over=st.booleans(), grows=st.booleans(),
)  # fmt: skip
def test_one_status_holds(
    value: Decimal | None, pace: Decimal | None, low: Decimal | None, high: Decimal | None, over: bool, grows: bool
) -> None:
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
    found = status(value, pace, Limits(low=low, high=high), over=over, grows=grows)
    assert found in STATUSES
    assert (found == "no data") <= (value is None or (not over and pace is None))
    assert (found == "behind") <= (not over)
    if over and value is not None:
        inside = (low is None or value >= low) and (high is None or value <= high)
        assert (found == "missed") == (not inside)


@given(one=AMOUNTS, other=AMOUNTS, limit=AMOUNTS, over=st.booleans(), up=st.booleans())
def test_better_never_stands_worse(one: Decimal, other: Decimal, limit: Decimal, over: bool, up: bool) -> None:
    target = Limits(low=limit) if up else Limits(high=limit)
    worse, better = sorted((one, other), reverse=not up)
    found = [ORDER.index(status(value, value, target, over=over)) for value in (worse, better)]
    assert found[0] <= found[1]
