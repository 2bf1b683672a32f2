"""`tenure lifecycles`: those of library and workspace, what a stage means, and whether the data can fill it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, folder_of, typed
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Cell, Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.filling import Filling, Held, Needed


_TITLE = 16


@dataclass(frozen=True, slots=True)
class Known:
    """A lifecycle, the one that it is an alias of, and whether the workspace works it out."""

    lifecycle: Lifecycle
    alias: str | None
    own: bool


@app.command(
    "lifecycles",
    epilog="tenure lifecycles                          all of them\n"
    "tenure lifecycles --sells subscription     those that fit a trade\n"
    "tenure lifecycles --show saas              its stages, and what they need\n"
    "tenure lifecycles --fit classic            its windows fitted to the data",
)
def lifecycles(
    context: typer.Context,
    show: Annotated[
        str | None, typer.Option("--show", metavar="NAME", help="Its stages: what each means, and what it needs.")
    ] = None,
    sells: Annotated[
        str | None,
        typer.Option(
            "--sells", metavar="TRADE", help="Only those for: shop, subscription, b2b, app, service, donations."
        ),
    ] = None,
    fit: Annotated[
        str | None,
        typer.Option("--fit", metavar="NAME", help="Fit its windows to the data, and write them into its file."),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", metavar="STAGE", help="With --fit: an add-on stage to put in, such as at_risk."),
    ] = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """The lifecycles of library and workspace, what their stages mean, and whether the data can fill them."""
    if sum(chosen is not None for chosen in (show, sells, fit)) > 1:
        raise UsageError("--show, --sells and --fit do not go together.", hint="Take one of them.")
    if add and fit is None:
        raise UsageError("--add goes with --fit.", hint="Write `tenure lifecycles --fit NAME --add STAGE`.")
    if fit is not None:
        _fit(context, fit, add or [])
        return
    folder = _workspace(context)
    if show is not None:
        _show(context, folder, show, form, file)
        return
    found = _known(folder, sells)
    give(Listing(lambda: _rows(found), lambda screen: _show_all(screen, context, found, sells)), form, file)


def _workspace(context: typer.Context) -> Path | None:
    """The folder of the workspace; None outside of one."""
    try:
        return folder_of(context)
    except UsageError:
        if context.obj is not None:
            raise
        return None


def _own(folder: Path | None) -> dict[str, Lifecycle]:
    """The lifecycles that the workspace works out, segments aside."""
    from tenure.workspace.definitions import read_definitions

    if folder is None:
        return {}
    return {one.name: one for one in read_definitions(folder).lifecycles if not one.segment}


def _known(folder: Path | None, sells: str | None) -> list[Known]:
    """The workspace's first, then the rest of the library."""
    from tenure.documents import did_you_mean
    from tenure.lifecycle import library
    from tenure.lifecycle.library.trades import TRADES

    if sells is not None and sells not in TRADES:
        hint = did_you_mean(sells, TRADES) or f"There are: {', '.join(TRADES)}."
        raise UsageError(f"There is no trade {sells!r}.", hint=hint)
    own = _own(folder)
    found = [Known(one, None, own=True) for one in own.values()]
    found += [
        Known(library.lifecycle(name), library.alias_of(name), own=False) for name in library.names() if name not in own
    ]
    if sells is None:
        return found
    first = TRADES[sells].offered
    fitting = [one for one in found if sells in one.lifecycle.trades]
    return sorted(
        fitting, key=lambda one: first.index(one.lifecycle.name) if one.lifecycle.name in first else len(first)
    )


def _rows(found: list[Known]) -> pa.Table:
    from tenure.cli.rows import TEXT, TRUTH, table

    return table(
        lifecycle=(TEXT, [one.lifecycle.name for one in found]),
        title=(TEXT, [one.lifecycle.title for one in found]),
        means=(TEXT, [one.lifecycle.means or None for one in found]),
        stages=(TEXT, [" ".join(stage.name for stage in one.lifecycle.stages) for one in found]),
        trades=(TEXT, [" ".join(one.lifecycle.trades) or None for one in found]),
        alias_of=(TEXT, [one.alias for one in found]),
        source=(TEXT, [one.lifecycle.source or None for one in found]),
        in_workspace=(TRUTH, [one.own for one in found]),
    )


def _show_all(screen: Screen, context: typer.Context, found: list[Known], sells: str | None) -> None:
    from tenure.cli.screen import Column

    parts = [
        ("This workspace", [one for one in found if one.own]),
        ("The library" if sells is None else f"The library, for {sells}", [one for one in found if not one.own]),
    ]
    columns = [Column("Name"), Column("What it is for, its stages, what is sold where it fits", long="fold")]
    for title, chosen in parts:
        if chosen:
            screen.title(title)
            screen.table(columns, [_line(one) for one in chosen])
    example = next(
        (one.lifecycle.name for one in found if not one.own), found[0].lifecycle.name if found else "classic"
    )
    screen.next(typed(context, f"lifecycles --show {example}"))


def _line(one: Known) -> list[Cell]:
    from rich.text import Text

    from tenure.wording import clean

    lifecycle = one.lifecycle
    means = lifecycle.means or lifecycle.title
    stages = " → ".join(stage.name for stage in lifecycle.stages)
    told = Text(clean(means)).append(f"\n{clean(stages)}", style="cyan")
    if lifecycle.trades:
        told.append(f"\n{clean(', '.join(lifecycle.trades))}", style="dim")
    return [lifecycle.name, told]


# one of them


def _show(context: typer.Context, folder: Path | None, name: str, form: FormatOption, file: OutputOption) -> None:
    from tenure.lifecycle.filling import Held, fillings
    from tenure.workspace.windows import held_in

    chosen = _chosen(folder, name)
    held = Held() if folder is None else held_in(folder)
    found = fillings(chosen.lifecycle, held)
    told = held if folder is not None else None
    give(
        Listing(
            lambda: _stage_rows(chosen.lifecycle, found, told),
            lambda screen: _show_one(screen, context, chosen, found, told),
        ),
        form, file,
    )  # fmt: skip


def _chosen(folder: Path | None, name: str) -> Known:
    from tenure.documents import did_you_mean
    from tenure.events import STANDARD, bindings
    from tenure.lifecycle import library
    from tenure.workspace.definitions import read_definitions

    own = _own(folder)
    if name in own:
        return Known(own[name], None, own=True)
    names = library.names()
    if name not in names:
        hint = did_you_mean(name, {*own, *names}) or "`tenure lifecycles` lists them."
        raise UsageError(f"There is no lifecycle {name!r}.", hint=hint)
    bound = STANDARD if folder is None else bindings(read_definitions(folder).config.bindings)
    return Known(library.lifecycle(name, bound), library.alias_of(name), own=False)


def _stage_rows(lifecycle: Lifecycle, found: tuple[Filling, ...], held: Held | None) -> pa.Table:
    from tenure.cli.rows import TEXT, TRUTH, table
    from tenure.expressions import in_words

    def names(one: Filling, *, there: bool) -> str | None:
        return " ".join(needed.name for needed in one.needed if bool(needed.found) == there) if held else None

    stages = [one.stage for one in found]
    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        stage=(TEXT, [stage.name for stage in stages]),
        title=(TEXT, [stage.title for stage in stages]),
        means=(TEXT, [stage.means or None for stage in stages]),
        sense=(TEXT, [stage.sense or None for stage in stages]),
        kind=(TEXT, [stage.kind for stage in stages]),
        phase=(TEXT, [stage.phase for stage in stages]),
        side=(TRUTH, [stage.side for stage in stages]),
        when=(TEXT, [stage.text or None for stage in stages]),
        in_words=(TEXT, [in_words(stage.when) if stage.when is not None else None for stage in stages]),
        can_be_filled=(TRUTH, [one.possible if held else None for one in found]),
        has=(TEXT, [names(one, there=True) for one in found]),
        lacks=(TEXT, [names(one, there=False) for one in found]),
    )


def _show_one(
    screen: Screen, context: typer.Context, chosen: Known, found: tuple[Filling, ...], held: Held | None
) -> None:
    from tenure.wording import several

    lifecycle = chosen.lifecycle
    screen.title(f"{lifecycle.title} ({lifecycle.name})")
    screen.line(lifecycle.means)
    if lifecycle.source:
        screen.line(f"Source: {lifecycle.source}.", "dim")
    if lifecycle.trades:
        screen.line(f"Fits: {', '.join(lifecycle.trades)}.", "dim")
    if chosen.alias:
        screen.line(f"Stages of {chosen.alias}, joined or renamed.", "dim")
    for one in found:
        _show_stage(screen, one, held)
    if held is None:
        screen.next(f"tenure init DIR --lifecycle {lifecycle.name}")
        return
    if not held.events:
        screen.say("Nothing is loaded yet.", "yellow")
        screen.next(typed(context, "run"))
        return
    empty = [one.stage.name for one in found if not one.possible]
    if empty:
        those = several(len(empty), "stage")
        screen.say(
            f"{those} of {len(found)} cannot be filled from the events that are here: {', '.join(empty)}.", "yellow"
        )
    else:
        screen.say("Every stage can be filled from the events that are here.")
    if chosen.own:
        screen.next(typed(context, f"stages -l {lifecycle.name}"))
    else:
        screen.next(typed(context, f"lifecycles --fit {lifecycle.name}{_silent(lifecycle)}"))


def _silent(lifecycle: Lifecycle) -> str:
    """The options that give a lifecycle stages for those who fall silent, where it has none."""
    from tenure.documents import validate
    from tenure.lifecycle import library
    from tenure.lifecycle.definition import LifecycleSpec
    from tenure.lifecycle.library.addons import fitting

    taken = fitting(validate(LifecycleSpec, library.document(lifecycle.name))) if not lifecycle.windows else ()
    return "".join(f" --add {name}" for name in ("at_risk", "lapsed") if name in taken)


def _show_stage(screen: Screen, one: Filling, held: Held | None) -> None:
    from tenure.cli.screen import Column
    from tenure.expressions import in_words

    stage = one.stage
    filled = held is None or not held.events or one.possible
    marks = [stage.name, stage.kind, stage.phase, "side" if stage.side else "", "" if filled else "cannot be filled"]
    rows: list[list[Cell]] = []
    if stage.means:
        rows.append(["means", stage.means])
    if stage.sense:
        rows.append(["the word", stage.sense])
    if stage.when is not None:
        rows += [["in words", in_words(stage.when)], ["when", " ".join(stage.text.split())]]
    elif stage.otherwise:
        rows.append(["when", "otherwise"])
    if held is None:
        rows.append(["counts", ", ".join(needed.name for needed in one.needed)])
    elif held.events:
        rows += _needs(one)
    # the titles are cut, so that the second columns of all stages stand under each other
    heading = stage.title if len(stage.title) <= _TITLE else f"{stage.title[: _TITLE - 1]}…"
    screen.table(
        [Column(heading.ljust(_TITLE), style="dim"), Column(" · ".join(mark for mark in marks if mark), long="fold")],
        rows,
    )


def _needs(one: Filling) -> list[list[Cell]]:
    there = [needed for needed in one.needed if needed.found]
    lacking = [needed for needed in one.needed if not needed.found]
    rows: list[list[Cell]] = []
    if there:
        rows.append(["has", ", ".join(_counted(needed) for needed in there)])
    if lacking:
        rows.append(["lacks", "; ".join(map(_lacking, lacking))])
    return rows


def _counted(needed: Needed) -> str:
    return f"{needed.name} ({needed.found:,})" if needed.events else needed.name


def _lacking(needed: Needed) -> str:
    from tenure.documents import listing

    if not needed.events:
        return f"{needed.name}, from a source with that trait"
    events = listing(needed.events)
    return (
        f"{needed.name} ({events}), from {listing(needed.sources)}" if needed.sources else f"{needed.name} ({events})"
    )


# windows


def _fit(context: typer.Context, name: str, add: list[str]) -> None:
    import time

    from tenure.cli.progress import working
    from tenure.cli.screen import Screen
    from tenure.workspace.windows import fit_windows

    folder = folder_of(context)
    with working("Fitting the windows"):
        found = fit_windows(folder, name, clock=lambda: time.time_ns() // 1000, add=add)
    with Screen.on(None) as screen:
        if not found.rhythm.fitted and not add:
            screen.say(found.rhythm.told)
            screen.line("Nothing was changed.")
            return
        _write(found.path, found.text)
        screen.title(f"{found.path} {'is made' if found.new else 'has the windows'}")
        screen.listed(
            [
                f"{window}: {days} days" + (f" (were {found.before[window]})" if found.before[window] != days else "")
                for window, days in found.after.items()
            ]
        )
        screen.say(found.rhythm.told)
        if not found.listed:
            screen.say(f"Add {name} to `lifecycles:` of tenure.yaml to have it worked out.")
        screen.next(typed(context, "plan"), typed(context, "run"))


def _write(path: Path, text: str) -> None:
    """Nothing; the file appears whole or not at all."""
    from tenure.errors import TenureError

    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = (error.strerror or str(error)).lower()
        raise TenureError(f"{path} cannot be written: {reason}.", hint="Nothing was changed.") from None
