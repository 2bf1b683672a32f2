"""Silences in conditions: how long ago somebody last bought or used what was bought.

    [unparse(found) for found in silences(parse("count(visit) >= 1 or since(purchase) < days(90)"))]
    ['since(purchase) < days(90)']

Their lengths are what a lifecycle declares as its `windows` and what is fitted to a trade; other lengths of time in a
condition, and silences of other events, are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from tenure.expressions.tree import Comparison, Condition, Duration, Measure, walk

DAY = 86_400_000_000
LASTING = frozenset({"since", "gap"})
"""The functions that tell how long somebody was silent."""
HEARD = frozenset({"purchase", "usage", "activity"})
"""What a silence is the lack of."""


def silences(condition: Condition) -> Iterator[Comparison]:
    """The comparisons of `condition` that hold a silence against a length of time, left to right."""
    for node in walk(condition):
        if (
            isinstance(node, Comparison)
            and isinstance(node.left, Measure)
            and node.left.function in LASTING
            and node.left.event in HEARD
            and isinstance(node.right, Duration)
        ):
            yield node


def length(silence: Comparison) -> int:
    """The length that the silence is held against, in microseconds."""
    assert isinstance(silence.right, Duration)
    return silence.right.microseconds
