"""`tenure stages`: people and money by stage."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.cautions import lonely, waiting
from tenure.cli.options import AtOption, LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle, Stage
    from tenure.lifecycle.population import StageCount
    from tenure.workspace import Workspace

# what the other columns take, and the longest bar
_BESIDE, _LONGEST = 60, 40
_PHASE_STYLES = {
    "reach": "blue", "acquisition": "blue", "activation": "cyan", "conversion": "cyan", "risk": "yellow", "gone": "red",
}  # fmt: skip


@app.command(
    "stages", epilog="tenure stages\ntenure stages --at 2011-06-30\ntenure stages --lifecycle vip --format csv"
)
def stages(
    context: typer.Context,
    lifecycle: LifecycleOption = None,
    at: AtOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """People and money in every stage, now or at any moment."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        counted = ws.stages(chosen.name, at=at)
        give(
            Listing(
                lambda: _rows(ws, chosen, counted, at), lambda screen: _show(screen, context, ws, chosen, counted, at)
            ),
            form, file,
        )  # fmt: skip


def stage_style(stage: Stage | None) -> str:
    """The colour of a stage: by its phase, else by its kind."""
    if stage is None:
        return "dim"
    if stage.phase in _PHASE_STYLES:
        return _PHASE_STYLES[stage.phase]
    return {"prospect": "blue", "former": "red"}.get(stage.kind or "", "green")


def _rows(ws: Workspace, lifecycle: Lifecycle, counted: tuple[StageCount, ...], at: str | None) -> pa.Table:
    from tenure.cli.rows import AMOUNT, MOMENT, SHARE, TEXT, WHOLE, table

    titles: dict[str | None, str] = {stage.name: stage.title for stage in lifecycle.stages}
    everybody = sum(one.people for one in counted)
    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(counted)),
        stage=(TEXT, [one.stage for one in counted]),
        title=(TEXT, [titles.get(one.stage) for one in counted]),
        people=(WHOLE, [one.people for one in counted]),
        share=(SHARE, [_exact_share(one.people, everybody) for one in counted]),
        money=(AMOUNT, [one.money for one in counted]),
        at=(MOMENT, [ws.moment(at)] * len(counted)),
    )


def _exact_share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.000001")) if whole else None


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, counted: tuple[StageCount, ...],
    at: str | None,
) -> None:  # fmt: skip
    from tenure.wording import units

    screen.title(lifecycle.title, as_of(ws, ws.moment(at)))
    _show_table(screen, ws, lifecycle, counted)
    screen.say(f"Money is {ws.money_words}.", style="dim")
    if ws.excluded:
        left_out = f"{ws.excluded:,} {units(lifecycle.unit, ws.excluded)}"
        screen.line(f"Left out of every figure (`exclude`): {left_out}.", "dim")
    for caution in (*lonely(ws), *waiting(ws)):
        screen.line(caution, "yellow")
    example = max(counted, key=lambda one: (one.stage is not None, one.people), default=None)
    if at is None and example is not None and example.people:
        chosen = chosen_with(ws, lifecycle)
        who = typed(context, f"people --stage {quote(example.stage or '')}{chosen}")
        screen.next(who, typed(context, f"forecast --days 30{chosen}"))


def _show_table(screen: Screen, ws: Workspace, lifecycle: Lifecycle, counted: tuple[StageCount, ...]) -> None:
    from rich.text import Text

    from tenure.cli.screen import Cell, Column, bar
    from tenure.wording import Money, share, units

    people = sum(one.people for one in counted)
    total = sum((one.money for one in counted), Decimal(0))
    most = max((one.people for one in counted), default=0) or 1
    money = Money(ws.definitions.config.currency, [*(one.money for one in counted), total])
    stages = {stage.name: stage for stage in lifecycle.stages}
    outside = "not in it" if lifecycle.segment else "in no stage"
    room = max(0, min(screen.width - _BESIDE, _LONGEST))

    def title(one: StageCount) -> str:
        return stages[one.stage].title if one.stage in stages else outside

    # a column, what stands in it for a stage, and for everybody
    parts: list[tuple[Column, Callable[[StageCount], Cell], str]] = [
        (Column("Stage", long="cut"), title, "All"),
        (Column("Name", long="cut"), lambda one: one.stage, ""),
        (Column(units(lifecycle.unit).capitalize(), right=True), lambda one: f"{one.people:,}", f"{people:,}"),
        (Column("Share", right=True), lambda one: share(one.people, people), ""),
        (Column(""), lambda one: bar(one.people / most, room, stage_style(stages.get(one.stage or ""))), ""),
        (Column("Money", right=True), lambda one: money(one.money), money(total)),
        (Column("Share", right=True, spare=True), lambda one: share(one.money, total), ""),
    ]
    if not room:
        parts.pop(4)
    if all(_folded(stage.title) == _folded(stage.name) for stage in lifecycle.stages):
        # whoever reads the title knows the name
        parts.pop(1)
    rows: list[list[Cell]] = []
    for one in counted:
        if one.stage is None and not one.people:
            continue
        cells = [cell(one) for _, cell, _ in parts]
        rows.append(
            cells if one.people else [Text(cell, style="dim") if isinstance(cell, str) else cell for cell in cells]
        )
    screen.table([column for column, _, _ in parts], [*rows, [everybody for _, _, everybody in parts]], total=True)


def _folded(title: str) -> str:
    return title.casefold().replace("_", " ").replace("-", " ")
