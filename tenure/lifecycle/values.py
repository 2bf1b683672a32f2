"""Values of measures at one moment: the registers of the compiler, added up instead of carried along."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.lifecycle.bound import Operand, Reading, readings
from tenure.lifecycle.flips import contributed
from tenure.lifecycle.registers import Feeds, Register, registers_of
from tenure.lifecycle.truths import Columns


def registers_at(operands: Sequence[Operand], feeds: Feeds, moment: int, *, one: bool = False) -> tuple[str, Columns]:
    """SQL of the registers of all readings at a moment (unit, v0, v1 …), and the columns of each reading.

    With `one`, the feeds are those of one unit: there is one row, without the unit, even where nothing happened.
    """
    places: dict[Register, int] = {}
    columns: dict[Reading, Sequence[str]] = {}
    for operand in operands:
        for reading in readings(operand):
            found = [places.setdefault(register, len(places)) for register in registers_of(reading, feeds)]
            columns[reading] = tuple(f"v{place}" for place in found)
    if not places:
        return ("SELECT 0 AS nothing" if one else "SELECT CAST(NULL AS BIGINT) AS unit WHERE FALSE"), columns
    final = ", ".join(f"{register.final(f'r{place}')} AS v{place}" for register, place in places.items())
    together = ", ".join(f"{register.together(f'r{place}')} AS r{place}" for register, place in places.items())
    contributions = (
        f"SELECT unit, time, {together} FROM ({contributed(list(places))}) WHERE time <= {moment} GROUP BY unit, time"
    )
    if one:
        return f"SELECT {final} FROM ({contributions})", columns
    return f"SELECT unit, {final} FROM ({contributions}) GROUP BY unit", columns
