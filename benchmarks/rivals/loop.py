"""A loop over customers: for each group of a data frame, plain Python over that customer's events."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.rivals.history import DAY, FOREVER, Clock, Ran, changes, save
from benchmarks.rows import COST, KINDS, NPS, ORDER, REFUND, SIGNUP, VISIT

UNKNOWN = -1
Moves = Iterator[tuple[int, int]]
Values = Sequence[int]


def run(company: Path, lifecycle: str, target: Path, people: int) -> Ran:
    """The history of at most `people` customers (0: all), evenly chosen; the loop's time is scaled to all of them."""
    clock = Clock()
    columns = ["customer", "time", "kind", "amount", *(["margin", "category"] if lifecycle == "hard" else [])]
    table = pq.read_table(company / "rows.parquet", columns=columns)
    table = table.filter(pc.less_equal(table["kind"], max(KINDS[lifecycle])))
    everybody = pc.max(table["customer"]).as_py() + 1
    stride = max(1, everybody // people) if people else 1
    if stride > 1:
        table = table.filter(pa.array(table["customer"].to_numpy() % stride == 0))
    frame = pd.DataFrame({name: pc.fill_null(table[name], UNKNOWN).to_numpy() for name in columns})
    del table
    clock.lap("read")
    moves = _loop(frame, {"simple": simple, "hard": hard}[lifecycle])
    clock.lap("compute")
    history = changes(*moves)
    save(history, target)
    clock.lap("write")
    share = frame["customer"].nunique() / everybody
    seconds = clock.parts["read"] + (clock.parts["compute"] + clock.parts["write"]) / share
    return Ran(seconds=seconds, parts=clock.parts, stride=stride)


def _loop(frame: pd.DataFrame, stages: Callable[..., Moves]) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
    who, moments, codes = array("q"), array("q"), array("b")
    names = frame.columns[1:]
    for customer, group in frame.groupby("customer", sort=False):
        before = 0
        columns = [group[name].tolist() for name in names]
        for moment, stage in stages(*columns):
            if stage != before:
                who.append(customer)
                moments.append(moment)
                codes.append(stage)
                before = stage
    return np.frombuffer(who, np.int64), np.frombuffer(moments, np.int64), np.frombuffer(codes, np.int8)


def simple(times: Values, kinds: Values, amounts: Values) -> Moves:
    """The moments at which the stage may change, with the stage from then on."""
    orders: list[int] = []
    visited = signed = promoter = False
    place, size = 0, len(times)
    while place < size:
        now = times[place]
        while place < size and times[place] == now:
            kind = kinds[place]
            if kind == ORDER:
                orders.append(now)
            elif kind == VISIT:
                visited = True
            elif kind == NPS:
                promoter = amounts[place] >= 9_000_000
            elif kind == SIGNUP:
                signed = True
            place += 1
        until = times[place] if place < size else FOREVER
        if not orders:
            yield now, 5 if promoter else 2 if signed else 1 if visited else 0
            continue
        at_risk, lapsed = orders[-1] + 90 * DAY, orders[-1] + 180 * DAY
        wanes = orders[-5] + 365 * DAY if len(orders) >= 5 else 0
        content = 4 if len(orders) >= 2 else 3
        for moment in sorted({now, at_risk, lapsed, wanes}):
            if now <= moment < until:
                if moment >= lapsed:
                    yield moment, 7
                elif moment >= at_risk:
                    yield moment, 6
                else:
                    yield moment, 5 if promoter or moment < wanes else content


def hard(times: Values, kinds: Values, amounts: Values, margins: Values, categories: Values) -> Moves:
    """The moments at which the stage may change, with the stage from then on."""
    # what enters and leaves the windows: (moment, what, amount, margin, category); negative kinds leave
    steps: list[tuple[int, int, int, int, int]] = []
    for time, kind, amount, margin, category in zip(times, kinds, amounts, margins, categories, strict=True):
        if kind == VISIT and steps and steps[0][1] == VISIT:
            continue
        steps.append((time, kind, amount, max(margin, 0), category))
    for time, kind, amount, margin, category in tuple(steps):
        if kind == ORDER:
            steps += ((time + 90 * DAY, 0, 0, 0, 0), (time + 180 * DAY, -ORDER, amount, 0, category))
            steps.append((time + 365 * DAY, -COST, -margin, 0, 0))
        elif kind == COST:
            steps.append((time + 365 * DAY, -COST, amount, 0, 0))
        elif kind == REFUND:
            steps.append((time + 180 * DAY, -REFUND, amount, 0, 0))
    steps.sort(key=lambda step: step[0])  # stable: answers of one moment stay in order
    orders: list[int] = []
    window: Counter[int] = Counter()
    visited = signed = promoter = False
    sold = refunded = deficit = 0
    place, size = 0, len(steps)
    while place < size:
        now = steps[place][0]
        while place < size and steps[place][0] == now:
            _, kind, amount, margin, category = steps[place]
            place += 1
            if kind == ORDER:
                orders.append(now)
                sold += amount
                deficit -= margin
                window[category] += 1
            elif kind == -ORDER:
                sold -= amount
                window[category] -= 1
            elif kind == COST:
                deficit += amount
            elif kind == -COST:
                deficit -= amount
            elif kind == REFUND:
                refunded += amount
            elif kind == -REFUND:
                refunded -= amount
            elif kind == VISIT:
                visited = True
            elif kind == SIGNUP:
                signed = True
            elif kind == NPS:
                promoter = amount >= 9_000_000
        silent = now - orders[-1] if orders else -1
        if silent >= 180 * DAY:
            yield now, 11
        elif orders and now - orders[0] >= 365 * DAY and deficit > 0:
            yield now, 10
        elif refunded * 2 > sold:
            yield now, 9
        elif silent >= 90 * DAY:
            yield now, 8
        elif len(orders) >= 2 and orders[-1] - orders[-2] >= 180 * DAY:
            yield now, 7
        elif promoter or (len(orders) >= 5 and now < orders[-5] + 365 * DAY):
            yield now, 6
        elif len(window) >= 3 and sum(1 for name, number in window.items() if number and name != UNKNOWN) >= 3:
            yield now, 5
        elif orders:
            yield now, 4 if len(orders) >= 2 else 3
        else:
            yield now, 2 if signed else 1 if visited else 0
