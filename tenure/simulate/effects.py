"""What a planted cause did: the company beside the same company without it, event by event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.simulate.causes import Cause, Effect, place

if TYPE_CHECKING:
    from tenure.simulate.company import Company


def effects(company: Company, without: Callable[[Cause], Company]) -> Iterator[Effect]:
    """What each cause of the company did; `without` is the company without that one."""
    for cause in company.causes:
        yield _effect(cause, company, without(cause))


def _effect(cause: Cause, company: Company, other: Company) -> Effect:
    removed = added = changed = 0
    names: list[str] = []
    people: set[str] = set()
    for mine, theirs in ((company.tables, other.tables), (company.totals, other.totals)):
        for name in dict.fromkeys([*theirs, *mine]):
            before, after = theirs.get(name), mine.get(name)
            if before is not None and after is not None and before.equals(after):
                continue
            gone, new, differing, who = _differences(before, after)
            if gone or new or differing:
                names.append(name)
            removed, added, changed = removed + gone, added + new, changed + differing
            people |= who
    dimension, value = place(cause)
    return Effect(
        kind=type(cause).__name__, dimension=dimension, value=value, since=cause.since, until=cause.until,
        events=tuple(dict.fromkeys(names)), removed=removed, added=added, changed=changed, people=len(people),
    )  # fmt: skip


def _differences(before: pa.Table | None, after: pa.Table | None) -> tuple[int, int, int, set[str]]:
    """How many events are gone, new and changed, and whose they are."""
    if before is None or after is None:
        one = after if before is None else before
        assert one is not None
        return (0 if before is None else one.num_rows), (0 if after is None else one.num_rows), 0, _whose(one)
    in_after = pc.index_in(before["id"], value_set=after["id"].combine_chunks())
    in_before = pc.is_in(after["id"], value_set=before["id"].combine_chunks())
    gone = before.filter(pc.is_null(in_after))
    new = after.filter(pc.invert(in_before))
    kept = before.filter(pc.is_valid(in_after))
    now = after.take(in_after.drop_null())
    different = np.zeros(kept.num_rows, dtype=np.bool_)
    for column in kept.column_names:
        if column in now.column_names:
            different |= _unlike(kept[column].combine_chunks(), now[column].combine_chunks())
    changed = kept.filter(pa.array(different))
    return gone.num_rows, new.num_rows, changed.num_rows, _whose(gone) | _whose(new) | _whose(changed)


def _unlike(one: pa.Array, other: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where two columns differ; unknown and unknown are alike."""
    if one.equals(other):
        return np.zeros(len(one), dtype=np.bool_)
    if pa.types.is_list(one.type):
        one, other = pc.binary_join(one, "|"), pc.binary_join(other, "|")
    if pa.types.is_dictionary(one.type):
        one, other = one.cast(pa.string()), other.cast(pa.string())
    differ = pc.fill_null(pc.not_equal(one, other), False)
    lone = pc.xor(pc.is_null(one), pc.is_null(other))
    return np.asarray(pc.or_(differ, lone))


def _whose(table: pa.Table) -> set[str]:
    if "customer" not in table.column_names:
        return set()
    known = pc.coalesce(table["customer"].cast(pa.string()), table["anonymous"].cast(pa.string()))
    return {one for one in pc.unique(known).to_pylist() if one is not None}
