"""The other ways to the same rows, each written as well as it can be, and the roofline under all of them.

    roofline   the counted rows ordered by customer and time, written by DuckDB: no history can be had for less
    arrays     numpy: whole columns at once, the intervals of the engine by hand for one definition
    frames     pandas: vectorised, as a data team writes it
    loop       plain Python, customer after customer
    spine      SQL over customers × days, as dbt projects do; resolution one day, nothing after today

Each reads the rows of `benchmarks.rows` and leaves a Parquet file: customer, stage, previous (positions in the list of
stages, from 1), entered_at, left_at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.rivals import arrays, frames, loop, roofline, spine
from benchmarks.rivals.history import Ran

Rival = Callable[[Path, str, Path, int], Ran]

# how a rival is run: company, lifecycle, where to write, at most how many people (scaled up; 0 for all)
RIVALS: Mapping[str, Rival] = {
    "roofline": roofline.run,
    "arrays": arrays.run,
    "frames": frames.run,
    "loop": loop.run,
    "spine": spine.run,
}
LIFECYCLES: Mapping[str, tuple[str, ...]] = {
    "roofline": ("simple", "hard"),
    "arrays": ("simple", "hard"),
    "frames": ("simple",),
    "loop": ("simple", "hard"),
    "spine": ("simple", "hard"),
}
SAMPLED = frozenset({"loop", "spine"})
DAILY = frozenset({"spine"})

__all__ = ["DAILY", "LIFECYCLES", "RIVALS", "SAMPLED", "Ran", "Rival"]
