"""A query as steps: named sub-queries, each with one comment, that read from those before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One named sub-query and what it is for."""

    name: str
    comment: str
    sql: str


@dataclass(frozen=True, slots=True)
class Query:
    """Steps, and the select that reads from them."""

    steps: tuple[Step, ...]
    last: str

    @property
    def sql(self) -> str:
        """The query as engines run it. Comments stay out: they call things what users called them."""
        if not self.steps:
            return self.last
        parts = [f"{step.name} AS (\n    {step.sql}\n)" for step in self.steps]
        return "WITH " + ",\n".join(parts) + f"\n{self.last}"
