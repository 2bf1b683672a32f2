"""Stages with memory: the high-water mark of `direction: forward`, and stages set by hand.

Ranks follow precedence: main stages in list order, then side stages. The stage is the highest of the mark (or, without
`forward`, the main stage whose condition holds), the side stage whose condition holds, and the floor set by hand.
"""

from __future__ import annotations

from tenure.lifecycle.bits import Bits
from tenure.lifecycle.stages import STAY, BoundLifecycle, holds
from tenure.lifecycle.steps import Step

CLEARED = -2  # a stage set by hand to 'clear'
NONE = -1


def settle_steps(lifecycle: BoundLifecycle, bits: Bits, sets: str) -> list[Step]:
    """The steps from masks to the changes of one lifecycle with memory."""
    name = f"l{lifecycle.code}"
    ranked = list(enumerate(lifecycle.ranked()))

    def highest(side: bool) -> str:
        arms = " ".join(
            f"WHEN {holds(stage.condition, bits, 'm')} THEN {rank}"
            for rank, (_, stage) in reversed(ranked)
            if stage.side is side and stage.condition is not None
        )
        return f"CASE {arms} ELSE {NONE} END" if arms else str(NONE)

    clear = holds(lifecycle.clear, bits, "m") if lifecycle.clear is not None else "FALSE"
    steps = [Step(f"{name}_ranks", f"{lifecycle.name}: the highest main and side stage whose conditions hold",
                  f"SELECT unit, moment, {highest(False)} AS main, {highest(True)} AS side, {clear} AS clear "
                  f"FROM masks WHERE earlier IS DISTINCT FROM moment")]  # fmt: skip
    positions = " ".join(f"WHEN {position} THEN {rank}" for rank, (position, _) in ranked)
    if lifecycle.hand_set:
        set_here = (
            f"SELECT unit, time AS moment, max_by(stage, tie) AS stage FROM {sets} "
            f"WHERE lifecycle = {lifecycle.code} GROUP BY unit, time"
        )
        # a stage for everybody else is no floor: setting it takes the floor away
        nobody = f"WHEN {lifecycle.otherwise} THEN {CLEARED} " if lifecycle.otherwise is not None else ""
        chosen = f"CASE s.stage WHEN {CLEARED} THEN {CLEARED} {nobody}{positions} END"
        joined = (
            f"SELECT r.*, {chosen} AS chosen FROM {name}_ranks AS r LEFT JOIN ({set_here}) AS s USING (unit, moment)"
        )
    else:
        joined = f"SELECT *, CAST(NULL AS INTEGER) AS chosen FROM {name}_ranks"
    order = "(PARTITION BY unit ORDER BY moment ROWS UNBOUNDED PRECEDING)"
    steps.append(Step(f"{name}_set", "when the mark is cleared, and what was last set by hand",
                      f"SELECT unit, moment, main, side, "
                      f"clear AND NOT coalesce(lag(clear) OVER (PARTITION BY unit ORDER BY moment), FALSE) AS clears, "
                      f"last_value(chosen IGNORE NULLS) OVER {order} AS floor, count(chosen) OVER {order} AS turn "
                      f"FROM ({joined})"))  # fmt: skip
    steps.append(Step(f"{name}_runs", "runs between clearings",
                      f"SELECT *, count(*) FILTER (WHERE clears) OVER {order} AS run FROM {name}_set"))  # fmt: skip
    within_run = "(PARTITION BY unit, run ORDER BY moment ROWS UNBOUNDED PRECEDING)"
    within_turn = "(PARTITION BY unit, turn ORDER BY moment ROWS UNBOUNDED PRECEDING)"
    mark = f"max(main) OVER {within_run}" if lifecycle.forward else "main"
    steps.append(Step(f"{name}_marks", "the mark of the run, and whether a later stage has lifted the floor",
                      f"SELECT unit, moment, side, floor, {mark} AS mark, "
                      f"max(greatest(main, side)) OVER {within_turn} AS reached FROM {name}_runs"))  # fmt: skip
    rank = f"greatest(mark, side, CASE WHEN floor >= 0 AND reached <= floor THEN floor ELSE {NONE} END)"
    codes = " ".join(f"WHEN {rank} THEN {position}" for rank, (position, _) in ranked)
    otherwise = f" ELSE {lifecycle.otherwise}" if lifecycle.otherwise is not None else ""
    steps.append(Step(f"{name}_stages", "the stage at every moment of change",
                      f"SELECT unit, moment, CAST(CASE {rank} {codes}{otherwise} END AS SMALLINT) AS stage "
                      f"FROM {name}_marks"))  # fmt: skip
    previous = "lag(stage) OVER (PARTITION BY unit ORDER BY moment)"
    comment = f"{lifecycle.name}: where the stage changes; it ends with the next change"
    steps.append(Step(f"changes_{lifecycle.code}", comment,
                      f"SELECT CAST({lifecycle.code} AS SMALLINT) AS lifecycle, unit, stage, previous, "
                      f"{STAY} FROM (SELECT *, {previous} AS previous FROM {name}_stages) "
                      f"WHERE stage IS DISTINCT FROM previous"))  # fmt: skip
    return steps
