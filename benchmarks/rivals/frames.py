"""pandas, vectorised: the intervals of the engine as a data team would write them, with shift, fill and sort."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.rivals.history import DAY, FOREVER, Clock, Ran, changes, save
from benchmarks.rows import KINDS, NPS, ORDER, SIGNUP, VISIT


def run(company: Path, lifecycle: str, target: Path, people: int) -> Ran:
    """The history of everybody."""
    clock = Clock()
    columns = ["customer", "time", "kind", "amount"]
    frame = pd.read_parquet(company / "rows.parquet", columns=columns, filters=[("kind", "in", KINDS[lifecycle])])
    clock.lap("read")
    moments = simple(frame)
    clock.lap("compute")
    save(changes(*(moments[name].to_numpy() for name in ("customer", "moment", "stage"))), target)
    clock.lap("write")
    return Ran(seconds=sum(clock.parts.values()), parts=clock.parts)


def simple(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns customer, moment, stage: from that moment on, in order. Times below 2^53 are exact as floats.

    The frame is in order already, so neighbours are compared where `drop_duplicates` would hash, and one stable sort by
    the index stands where `sort_values(["customer", "moment"])` would take three times as long.
    """
    ordered, answered = frame["kind"] == ORDER, frame["kind"] == NPS
    matters = ordered | answered
    for code in (VISIT, SIGNUP):
        who = frame.loc[frame["kind"] == code, "customer"]
        matters.loc[who.index[who.ne(who.shift())]] = True
    points = frame.loc[matters, ["customer", "time"]]
    kind = frame.loc[matters, "kind"]

    by_customer = frame.loc[ordered].groupby("customer", sort=False)["time"]
    states = pd.DataFrame(index=points.index)
    states["last"] = points["time"].where(kind == ORDER)
    states["orders"] = by_customer.cumcount() + 1
    states["wanes"] = by_customer.shift(4) + 365 * DAY
    states["promoter"] = frame.loc[answered, "amount"].ge(9_000_000).astype(float)
    states["visited"] = kind.eq(VISIT).astype(float).where(kind == VISIT)
    states["signed"] = kind.eq(SIGNUP).astype(float).where(kind == SIGNUP)
    states = points.join(states.groupby(points["customer"], sort=False).ffill())
    follows = states["customer"].eq(states["customer"].shift(-1))
    states = states[~(follows & states["time"].eq(states["time"].shift(-1)))].reset_index(drop=True)
    follows = states["customer"].eq(states["customer"].shift(-1))
    until = states["time"].shift(-1, fill_value=FOREVER).where(follows, FOREVER)

    at_risk, lapsed = states["last"] + 90 * DAY, states["last"] + 180 * DAY
    wanes = states["wanes"].where(states["wanes"] < at_risk)  # later it changes nothing that shows
    falls = [states["time"]]  # from here on in the order of the moments, row by row
    for deadline in (wanes, at_risk, lapsed):
        falls.append(deadline[(deadline > states["time"]) & (deadline < until)].astype("int64"))
    moment = pd.concat(falls).sort_index(kind="stable")
    moments = states.take(moment.index).assign(moment=moment.to_numpy()).reset_index(drop=True)
    moment, silent = moments["moment"], moments["moment"] - moments["last"]
    moments["stage"] = np.select(
        [
            silent >= 180 * DAY,
            silent >= 90 * DAY,
            (moments["promoter"] == 1) | (moment < moments["wanes"]),
            moments["orders"] >= 2,
            moments["orders"] >= 1,
            moments["signed"] == 1,
            moments["visited"] == 1,
        ],
        [np.int8(stage) for stage in (7, 6, 5, 4, 3, 2, 1)],
        np.int8(0),
    )
    return moments[["customer", "moment", "stage"]]
