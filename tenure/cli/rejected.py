"""`tenure rejected`: the rows that did not load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, opened
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen


@app.command("rejected", epilog="tenure rejected\ntenure rejected --format csv -o rejected.csv")
def rejected(context: typer.Context, form: FormatOption = None, file: OutputOption = None) -> None:
    """The rows that did not load, and why."""
    with opened(context) as ws:
        rows = ws.rejected()
        give(Listing(lambda: rows, lambda screen: _show(screen, rows)), form, file)


def _show(screen: Screen, rows: pa.Table) -> None:
    from tenure.cli.screen import PAGE, Column

    if not rows.num_rows:
        screen.say("No row was rejected.")
        return
    reasons = rows.group_by(["source", "reason"]).aggregate([([], "count_all")]).sort_by([("count_all", "descending")])
    screen.title("Rows that did not load")
    screen.table(
        [Column("Source", long="cut"), Column("Rows", right=True), Column("Reason", long="fold")],
        [[row["source"], f"{row['count_all']:,}", row["reason"]] for row in reasons.slice(0, PAGE).to_pylist()],
    )
    screen.more(PAGE, reasons.num_rows, "use --format csv -o FILE.")
    shown = rows.slice(0, PAGE)
    screen.table(
        [Column("File", long="cut"), Column("Line", right=True), Column("What stands there", long="cut")],
        [[row["file"], f"{row['position']:,}" if row["position"] else "", row["raw"]] for row in shown.to_pylist()],
    )
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
