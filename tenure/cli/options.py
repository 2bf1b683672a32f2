"""Options that several commands take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tenure.lifecycle.periods import PeriodUnit

LifecycleOption = Annotated[
    str | None,
    typer.Option("-l", "--lifecycle", metavar="NAME", help="A lifecycle or segment. Default: the workspace's first."),
]
AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="As it was then: 2011-06-30 (its end), or 2011-06-30T12:00Z."),
]
PeriodOption = Annotated[str, typer.Option("--period", metavar="PERIOD", help="day, week, month, quarter or year.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="From then on: 2011-06-01 (its beginning).")
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to then: 2011-06-30 (its end).")]
PeopleOption = Annotated[bool, typer.Option("--people", help="List the people behind the figures.")]


def period_unit(text: str) -> PeriodUnit:
    """The kind of period of that name. Raises UsageError where there is none."""
    from tenure.documents import did_you_mean
    from tenure.errors import UsageError
    from tenure.lifecycle.periods import UNITS

    for unit in UNITS:
        if text == unit:
            return unit
    hint = did_you_mean(text, UNITS) or f"There are: {', '.join(UNITS)}."
    raise UsageError(f"There is no period {text!r}.", hint=hint)
