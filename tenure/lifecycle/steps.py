"""A query as steps: named sub-queries, each with one comment, that read from those before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One named sub-query and what it is for."""

    name: str
    comment: str
    sql: str


def query(steps: Sequence[Step], last: str) -> str:
    """The SQL of all steps and the final select."""
    if not steps:
        return last
    parts = [f"-- {step.comment}\n{step.name} AS (\n    {step.sql}\n)" for step in steps]
    return "WITH " + ",\n".join(parts) + f"\n{last}"
