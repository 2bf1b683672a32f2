"""numpy by hand: whole columns at once, no group-by, and for `simple` no sort either.

For one definition, a person who knows both the definition and the machine can do this: the rows are in order already,
so counts are running totals less their value where the customer begins, the last and the fifth-last order are look-ups,
and each row's deadlines fall into its interval in an order that is known beforehand.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.rivals.history import DAY, FOREVER, Bools, Clock, Codes, Ints, Ran, changes, save, starts
from benchmarks.rows import COST, KINDS, NPS, ORDER, REFUND, SIGNUP, VISIT

UNKNOWN = -1
BLOCK = 1 << 16  # customers whose number, with a moment of 47 bits, makes one sortable integer


def run(company: Path, lifecycle: str, target: Path, people: int) -> Ran:
    """The history of everybody."""
    clock = Clock()
    columns = ["customer", "time", "kind", "amount", *(["margin", "category"] if lifecycle == "hard" else [])]
    counted = pc.field("kind") <= max(KINDS[lifecycle])
    table = pq.read_table(company / "rows.parquet", columns=columns, filters=counted)
    clock.lap("read")
    arrays = [pc.fill_null(table[name], UNKNOWN).to_numpy() for name in columns]
    del table
    history = simple(*arrays) if lifecycle == "simple" else hard(*arrays)
    clock.lap("compute")
    save(history, target)
    clock.lap("write")
    return Ran(seconds=sum(clock.parts.values()), parts=clock.parts)


def _mattering(customer: Ints, kind: Codes) -> Bools:
    """All rows but page views and sign-ups after a customer's first."""
    keep = kind > SIGNUP
    for code in (VISIT, SIGNUP):
        at = np.flatnonzero(kind == code)
        keep[at[starts(customer[at])]] = True
    return keep


def simple(customer: Ints, time: Ints, kind: Codes, amount: Ints) -> pa.Table:
    """The history under `simple`; rows ordered by customer, time and message id, customers in any order."""
    keep = _mattering(customer, kind)
    customer, time, kind, amount = customer[keep], time[keep], kind[keep], amount[keep]
    first = starts(customer)
    begin, person = np.flatnonzero(first), np.cumsum(first) - 1
    settled = np.ones(len(time), dtype=bool)  # the last row of its microsecond sees all of them
    settled[:-1] = first[1:] | (time[1:] != time[:-1])

    def counted(mask: Bools) -> tuple[Ints, Ints]:
        total = np.cumsum(mask, dtype=np.int64)
        return total[settled], (total - (total - mask.astype(np.int64))[begin][person])[settled]

    ordered, orders = counted(kind == ORDER)
    answered, answers = counted(kind == NPS)
    signed, visited = counted(kind == SIGNUP)[1] > 0, counted(kind == VISIT)[1] > 0
    moments = np.append(time[kind == ORDER], 0)  # index -1 must exist; its value is never looked at
    promotes = np.append(amount[kind == NPS] >= 9_000_000, False)
    customer, time = customer[settled], time[settled]
    until = np.full(len(time), FOREVER)
    until[:-1] = np.where(customer[1:] == customer[:-1], time[1:], FOREVER)

    last = moments[ordered - 1]
    at_risk = np.where(orders > 0, last + 90 * DAY, FOREVER)
    lapsed = np.where(orders > 0, last + 180 * DAY, FOREVER)
    wanes = np.where(orders >= 5, moments[np.maximum(ordered - 5, 0)] + 365 * DAY, 0)
    promoter = (answers > 0) & promotes[answered - 1]
    content = np.where(orders >= 2, 4, np.where(orders == 1, 3, np.where(signed, 2, visited))).astype(np.int8)
    now = np.where(promoter | (time < wanes), 5, content)
    now = np.where(time >= lapsed, 7, np.where(time >= at_risk, 6, now))

    # time < wanes < at_risk < lapsed wherever they count, so row after row they are in order without a sort
    moment = np.stack([time, wanes, at_risk, lapsed], axis=1)
    stage = np.empty(moment.shape, dtype=np.int8)
    stage[:, 0], stage[:, 1], stage[:, 2], stage[:, 3] = now, content, 6, 7
    falls = (moment > time[:, None]) & (moment < until[:, None])
    falls[:, 0] = True
    falls[:, 1] &= ~promoter & (wanes < at_risk)
    return changes(np.repeat(customer, falls.sum(axis=1)), moment[falls], stage[falls])


def hard(customer: Ints, time: Ints, kind: Codes, amount: Ints, margin: Ints, category: Ints) -> pa.Table:
    """The history under `hard`, block after block of customers."""
    keep = _mattering(customer, kind)
    columns = [column[keep] for column in (customer, time, kind, amount, margin, category)]
    person = np.cumsum(starts(columns[0])) - 1
    edges = np.searchsorted(person, np.arange(0, person[-1] + 1 + BLOCK, BLOCK))
    return pa.concat_tables(
        _hard(person[low:high] - person[low], *(column[low:high] for column in columns))
        for low, high in pairwise(edges)
    )


def _hard(
    person: Ints, customer: Ints, time: Ints, kind: Codes, amount: Ints, margin: Ints, category: Ints
) -> pa.Table:
    epoch = int(time.min())
    if int(time.max()) + 365 * DAY - epoch >= 1 << 47:
        raise ValueError("the events span more than the four years that a key has room for")
    key = (person << 47) + (time - epoch)
    is_order, is_cost, is_refund, is_nps = (kind == code for code in (ORDER, COST, REFUND, NPS))
    order, cost, refund = key[is_order], key[is_cost], key[is_refund]
    buyer = person[is_order]
    margin, revenue = np.maximum(margin[is_order], 0), amount[is_order]
    fresh, stale = _distinct(buyer, order, category[is_order].astype(np.int64))
    silent = np.ones(len(order), dtype=bool)  # only a silence of 90 days makes that deadline matter
    silent[:-1] = (buyer[1:] != buyer[:-1]) | (order[1:] - order[:-1] > 90 * DAY)

    nothing = np.zeros(1, dtype=np.int64)
    # (keys, code, balance of money over 180 days, over 365 days, categories)
    pieces: list[tuple[Ints, int, Ints, Ints, Ints]] = [
        (order, ORDER, -revenue, -margin, fresh),
        (order + 180 * DAY, 0, revenue, nothing, stale),
        (order + 365 * DAY, 0, nothing, margin, nothing),
        (order[silent] + 90 * DAY, 0, nothing, nothing, nothing),
        (cost, 0, nothing, amount[is_cost], nothing),
        (cost + 365 * DAY, 0, nothing, -amount[is_cost], nothing),
        (refund, 0, 2 * amount[is_refund], nothing, nothing),
        (refund + 180 * DAY, 0, -2 * amount[is_refund], nothing, nothing),
        *((key[kind == code], code, nothing, nothing, nothing) for code in (NPS, SIGNUP, VISIT)),
    ]
    keys = np.concatenate([piece[0] for piece in pieces])
    by_key = np.argsort(keys)
    keys = keys[by_key]
    codes = np.repeat(np.array([piece[1] for piece in pieces], np.int8), [len(piece[0]) for piece in pieces])[by_key]
    settled = np.ones(len(keys), dtype=bool)
    settled[:-1] = keys[1:] != keys[:-1]
    # whatever enters a window leaves it, so each total is 0 again where the next customer begins
    dissatisfied, unprofitable, categories = (
        np.cumsum(np.concatenate([np.broadcast_to(piece[field], len(piece[0])) for piece in pieces])[by_key])[settled]
        for field in (2, 3, 4)
    )
    who = keys[settled] >> 47
    now = keys[settled]
    first = starts(who)
    begin = np.flatnonzero(starts(keys >> 47))

    def counted(code: int) -> tuple[Ints, Ints]:
        mask = codes == code
        total = np.cumsum(mask, dtype=np.int64)
        return total[settled], total[settled] - (total - mask.astype(np.int64))[begin][np.cumsum(first) - 1]

    ordered, orders = counted(ORDER)
    answered, answers = counted(NPS)
    signed, visited = counted(SIGNUP)[1] > 0, counted(VISIT)[1] > 0
    order = np.append(order, 0)  # index -1 must exist; its value is never looked at
    promotes = np.append(amount[is_nps] >= 9_000_000, False)
    last, bought = order[ordered - 1], orders > 0
    gap = last - order[np.maximum(ordered - 2, 0)]
    promoter = (answers > 0) & promotes[answered - 1]
    frequent = (orders >= 5) & (now < order[np.maximum(ordered - 5, 0)] + 365 * DAY)
    regular = bought & (now - order[np.maximum(ordered - orders, 0)] >= 365 * DAY)
    stage = np.select(
        [
            bought & (now - last >= 180 * DAY),
            regular & (unprofitable > 0),
            dissatisfied > 0,
            bought & (now - last >= 90 * DAY),
            (orders >= 2) & (gap >= 180 * DAY),
            promoter | frequent,
            categories >= 3,
            orders >= 2,
            bought,
            signed,
            visited,
        ],
        [np.int8(code) for code in (11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)],
        np.int8(0),
    )
    return changes(customer[starts(person)][who], (now & ((1 << 47) - 1)) + epoch, stage)


def _distinct(person: Ints, order: Ints, category: Ints) -> tuple[Ints, Ints]:
    """1 for each order whose category was not in the window, and -1 for each with which a category leaves it."""
    fresh, stale = np.zeros(len(order), dtype=np.int64), np.zeros(len(order), dtype=np.int64)
    known = np.flatnonzero(category >= 0)
    group = person[known] * 128 + category[known]
    sequence = np.argsort(group, kind="stable")
    at, group = known[sequence], group[sequence]
    kept = np.zeros(len(at), dtype=bool)  # the same category was bought again before it left the window
    kept[:-1] = (group[1:] == group[:-1]) & (order[at[1:]] - order[at[:-1]] < 180 * DAY)
    stale[at] = np.where(kept, 0, -1)
    fresh[at] = 1
    fresh[at[1:][kept[:-1]]] = 0
    return fresh, stale
