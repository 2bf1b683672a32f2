"""The figures of a metric by part, period and group of people: exact for the parts, as floats for their errors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tenure.metrics.formula import Leaf
from tenure.metrics.why.decompose import Atom, Numbers, Sides
from tenure.metrics.why.dimensions import MOST_PARTS, OTHERS, Dimension
from tenure.metrics.why.ranking import GROUPS, Floats
from tenure.warehouse.connection import Connection

# values have six decimals
MILLION = 1_000_000
NOBODY = "of nobody"
NONE = "none known"
SEVERAL = "counted in several"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A dimension's parts, and each figure's values: in millionths by (period, part), floats by period, part, group.

    `people` tells how many people a part's figures in a period rest on.
    """

    parts: tuple[str, ...]
    exact: Mapping[Leaf, Mapping[tuple[int, str], int]]
    floats: Mapping[Leaf, Floats]
    people: Mapping[tuple[int, str], int]

    def sides(self, atoms: tuple[Atom, ...], one: int, two: int, days: tuple[Fraction, Fraction]) -> Sides:
        """The exact parts of two periods."""
        return Sides(self._exact(atoms, one), self._exact(atoms, two), days)

    def cells(self, atoms: tuple[Atom, ...], place: int) -> dict[Atom, Floats]:
        """The floats of a period by part and group."""
        return {(leaf, earlier): self.floats[leaf][place - earlier] for leaf, earlier in atoms}

    def total(self, leaf: Leaf, place: int) -> Fraction:
        """A figure's value in a period, all parts together."""
        return Fraction(sum(self.exact[leaf].get((place, part), 0) for part in self.parts), MILLION)

    def _exact(self, atoms: tuple[Atom, ...], place: int) -> dict[Atom, Numbers]:
        return {
            (leaf, earlier): np.array(
                [Fraction(self.exact[leaf].get((place - earlier, part), 0), MILLION) for part in self.parts],
                dtype=object,
            )
            for leaf, earlier in atoms
        }


def table_of(
    connection: Connection, numbers: Mapping[Leaf, int], dimension: Dimension | None, places: tuple[int, int],
    count: int, *, table: str, whole: Table | None = None,
) -> Table:  # fmt: skip
    """The table of a dimension (None: everybody as one part) over `count` periods; `places` are the two compared.

    `whole` has everybody: what the parts of a dimension do not add up to, since somebody is counted in several, becomes
    a part of its own.
    """
    by = "" if dimension is None or not dimension.by_period else " AND d.period = f.period"
    join = "" if dimension is None else f"LEFT JOIN ({dimension.sql}) AS d ON d.unit = f.unit{by}"
    told = "'everybody'" if dimension is None else (
        f"coalesce(f.own, d.part, CASE WHEN f.unit IS NULL THEN '{NOBODY}' ELSE '{NONE}' END)"
    )  # fmt: skip
    rows = connection.execute(
        f"SELECT atom, f.period, {told} AS part, coalesce(f.unit % {GROUPS}, {GROUPS}) AS crowd, "
        f"CAST(sum(value) * {MILLION} AS HUGEINT), "
        f"count(DISTINCT f.unit) FROM {table} AS f {join} WHERE f.period >= 0 GROUP BY ALL"
    ).fetchall()
    kept = _kept(rows, places)
    parts = [*kept]
    if any(part not in kept for _, _, part, _, _, _ in rows):
        parts.append(OTHERS)
    if whole is not None and dimension is not None and dimension.own is not None:
        parts.append(SEVERAL)
    at = {part: place for place, part in enumerate(parts)}
    leaves = {number: leaf for leaf, number in numbers.items()}
    exact: dict[Leaf, dict[tuple[int, str], int]] = {leaf: defaultdict(int) for leaf in numbers}
    floats = {leaf: np.zeros((count, len(parts), GROUPS + 1)) for leaf in numbers}
    people: dict[tuple[int, str], int] = defaultdict(int)
    largest: dict[tuple[int, str, int], int] = defaultdict(int)
    for number, period, part, crowd, value, units in rows:
        name = part if part in at else OTHERS
        leaf = leaves[number]
        exact[leaf][period, name] += value
        floats[leaf][period, at[name], crowd] += value / MILLION
        # figures rest on different people: the one with the most of them counts
        largest[period, name, number] += units
    for (period, name, _), units in largest.items():
        people[period, name] = max(people[period, name], units)
    if whole is not None and SEVERAL in at:
        _with_several(exact, floats, whole, parts)
        if not any(part == SEVERAL and one for of in exact.values() for (_, part), one in of.items()):
            parts.remove(SEVERAL)
            floats = {leaf: of[:, :-1] for leaf, of in floats.items()}
    return Table(tuple(parts), exact, floats, people)


def headcount(connection: Connection, dimension: Dimension, parts: tuple[str, ...], count: int) -> Floats:
    """How many people belong to each part in each of `count` periods; those who belong to none are not counted."""
    found = np.zeros((count, len(parts)))
    at = {part: place for place, part in enumerate(parts)}
    rows = connection.execute(
        f"SELECT period, part, count(*) FROM ({dimension.sql}) AS d WHERE period >= 0 AND part IS NOT NULL GROUP BY ALL"
    ).fetchall()
    for period, part, people in rows:
        if part in at and period < count:
            found[period, at[part]] = people
    return found


def _with_several(
    exact: dict[Leaf, dict[tuple[int, str], int]], floats: Mapping[Leaf, Floats], whole: Table, parts: list[str]
) -> None:
    """Adds what the parts lack to the whole: people in several parts are counted in each."""
    for leaf, of in exact.items():
        floats[leaf][:, -1] = whole.floats[leaf].sum(axis=1) - floats[leaf].sum(axis=1)
        for period in range(floats[leaf].shape[0]):
            total = sum(whole.exact[leaf].get((period, part), 0) for part in whole.parts)
            of[period, SEVERAL] = total - sum(of.get((period, part), 0) for part in parts)


def _kept(rows: list[tuple[int, int, str, int, object, int]], places: tuple[int, int]) -> list[str]:
    """The parts with the most people in the two periods, by name."""
    size: dict[str, int] = defaultdict(int)
    for _, period, part, _, _, units in rows:
        size[part] += units + 1 if period in places else 0
    return sorted(sorted(size, key=lambda part: (-size[part], part))[:MOST_PARTS])
