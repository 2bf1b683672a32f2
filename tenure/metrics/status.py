"""Where a figure stands against its target: ahead, on track, behind, missed, or no data.

    status(Decimal(90), None, Limits(low=Decimal(100)))                       # missed
    status(Decimal(40), Decimal(97), Limits(low=Decimal(100)), over=False)    # on track

The rules, of which exactly one holds:

| | period over | period running |
|---|---|---|
| no data | there is no figure | there is no figure, or no telling yet where it will end |
| ahead | better than the target by more than 5 % of it | it will end so |
| on track | reached | it will end within 5 % of the target, or better |
| behind | – | it will end worse than that |
| missed | not reached | what only grows is above the most it may be already |

Between two limits nothing is ahead.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, get_args

from tenure.metrics.targets import Limits

Status = Literal["ahead", "on track", "behind", "missed", "no data"]

STATUSES: tuple[Status, ...] = get_args(Status)
TOLERANCE = Decimal("0.05")


def status(
    value: Decimal | None, pace: Decimal | None, limits: Limits, *, over: bool = True, grows: bool = False
) -> Status:
    """How a figure stands. `pace` is what it will be at the end of a period that is not `over`.

    `grows` says that it can only become more until then.
    """
    if value is None:
        return "no data"
    if over:
        return "missed" if _short(value, limits, Decimal(0)) else _reached(value, limits)
    if grows and limits.high is not None and value > limits.high:
        return "missed"
    if pace is None:
        return "no data"
    return "behind" if _short(pace, limits, TOLERANCE) else _reached(pace, limits)


def _short(value: Decimal, limits: Limits, slack: Decimal) -> bool:
    """Whether a figure lies outside the limits by more than a part of them."""
    below = limits.low is not None and value < limits.low - slack * abs(limits.low)
    above = limits.high is not None and value > limits.high + slack * abs(limits.high)
    return below or above


def _reached(value: Decimal, limits: Limits) -> Status:
    if limits.low is not None and limits.high is not None:
        return "on track"
    better = limits.low is not None and value > limits.low + TOLERANCE * abs(limits.low)
    better = better or (limits.high is not None and value < limits.high - TOLERANCE * abs(limits.high))
    return "ahead" if better else "on track"
