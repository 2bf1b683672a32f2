"""`tenure init`: a new workspace that works at once, for what is sold."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import CONFIG, app
from tenure.cli.progress import importing, working
from tenure.errors import TenureError, UsageError

if TYPE_CHECKING:
    from tenure.ingest.recognise import Recognised
    from tenure.lifecycle.library.trades import Trade
    from tenure.lifecycle.rhythm import Rhythm

EXAMPLE, SOURCES = "data/example.csv", "sources.yaml"
PURCHASE = "Order Completed"
# where comments begin
_ASIDE = 23


@app.command(
    "init",
    epilog="tenure init shop\n"
    "tenure init shop --sells subscription --lifecycle saas --add dissatisfied\n"
    "tenure init shop --data orders.csv",
)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make, or to put the workspace into.")],
    lifecycle: Annotated[
        str | None,
        typer.Option("-l", "--lifecycle", metavar="NAME", help="A lifecycle of the library. Default: one that fits."),
    ] = None,
    sells: Annotated[
        str | None,
        typer.Option(
            "--sells",
            metavar="TRADE",
            help="What is sold: shop, subscription, b2b, app, service or donations. Default: asked for, or shop.",
        ),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", metavar="STAGE", help="A stage for any lifecycle to put in, such as dissatisfied."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="A file of purchases to begin with, to which windows are fitted."),
    ] = None,
) -> None:
    """Make a workspace that works at once.

    It gets a commented tenure.yaml, a lifecycle that fits what is sold in lifecycles/, and an example in data/. Nothing
    that is there is overwritten.
    """  # fmt: skip
    asked = sys.stdin.isatty() and sys.stdout.isatty()
    _check(lifecycle, sells, add or [])
    _free(folder, lifecycle, data)
    trade, said = _trade(sells, asked=asked)
    chosen = lifecycle or (_offered(trade) if asked and sells is None else trade.offered[0])
    text = _lifecycle(chosen, trade.added, add or [])
    with _undone(folder):
        rhythm = _made(folder, trade, chosen, text, data)
    _tell(folder, trade, chosen, rhythm, said=said)


def _check(lifecycle: str | None, sells: str | None, add: list[str]) -> None:
    """Raises UsageError where something is named that does not exist."""
    from tenure.documents import did_you_mean
    from tenure.lifecycle import library
    from tenure.lifecycle.library import addons
    from tenure.lifecycle.library.trades import TRADES

    for name, known, what in (
        (lifecycle, library.names(), "The library has no lifecycle"),
        (sells, tuple(TRADES), "There is no trade"),
        *((stage, addons.names(), "There is no add-on stage") for stage in add),
    ):
        if name is not None and name not in known:
            hint = did_you_mean(name, known) or f"There are: {', '.join(known)}."
            raise UsageError(f"{what} {name!r}.", hint=hint)


def _free(folder: Path, lifecycle: str | None, data: Path | None) -> None:
    """Raises UsageError where a file stands in the place of a new one."""
    names = [CONFIG, *([EXAMPLE] if data is None else []), *([f"lifecycles/{lifecycle}.yaml"] if lifecycle else [])]
    there = next((name for name in names if (folder / name).exists()), None)
    if there is not None:
        raise UsageError(f"There is a {folder / there} already.", hint="Name another folder; nothing was changed.")


def _trade(sells: str | None, *, asked: bool) -> tuple[Trade, bool]:
    """The trade, and whether somebody said so."""
    from tenure.lifecycle.library.trades import DEFAULT, TRADES

    if sells is not None:
        return TRADES[sells], True
    if not asked:
        return TRADES[DEFAULT], False
    trades = list(TRADES.values())
    typer.echo("What do you sell?\n")
    for place, trade in enumerate(trades, 1):
        typer.echo(f"  {place}  {trade.title} ({trade.name})")
    return TRADES[_answer({str(place): trade.name for place, trade in enumerate(trades, 1)}, "Number or name")], True


def _offered(trade: Trade) -> str:
    """The lifecycle that somebody chooses, of those that fit or of all."""
    from tenure.lifecycle import library

    def told(names: tuple[str, ...]) -> None:
        for place, name in enumerate(names, 1):
            one = library.lifecycle(name)
            typer.echo(f"  {place:>2}  {one.title} ({name})")
            typer.echo(f"      {one.means}")
            typer.echo(typer.style(f"      {' → '.join(stage.title for stage in one.stages)}", dim=True))

    typer.echo("\nWhich lifecycle? These fit:\n")
    told(trade.offered)
    every = library.names()
    options = {str(place): name for place, name in enumerate(trade.offered, 1)}
    chosen = _answer({**options, **{name: name for name in every}, "all": "all"}, "Number or name, or all for the rest")
    if chosen != "all":
        return chosen
    rest = tuple(name for name in every if name not in trade.offered)
    typer.echo("")
    told(rest)
    options = {str(place): name for place, name in enumerate(rest, 1)}
    return _answer({**options, **{name: name for name in every}}, "Number or name")


def _answer(options: dict[str, str], question: str) -> str:
    """What somebody chose; asked again until it is one of the options."""
    names = {name: name for name in options.values()}
    first = next(iter(options))
    while True:
        written = str(typer.prompt(f"\n{question}", default=first)).strip()
        if written in options or written in names:
            return options.get(written) or names[written]
        typer.echo(f"There is no {written!r}.")


def _lifecycle(name: str, fit: tuple[str, ...], asked: list[str]) -> str:
    """The text of the lifecycle's file, with those of the trade's add-on stages that it can take, and those asked for.

    Raises UsageError where it cannot take one that was asked for.
    """
    from tenure.documents import validate
    from tenure.lifecycle import library
    from tenure.lifecycle.definition import LifecycleSpec
    from tenure.lifecycle.library.addons import refuse, with_stages

    document = library.document(name)
    refuse(validate(LifecycleSpec, document), asked)
    return with_stages(document.text, {*fit, *asked})


def _made(folder: Path, trade: Trade, lifecycle: str, text: str, data: Path | None) -> Rhythm:
    """The rhythm of the data; writes the workspace's files."""
    from tenure.cli.new import text as template
    from tenure.lifecycle.rhythm import Rhythm, with_windows

    found = None if data is None else _recognised(data)
    rhythm = Rhythm(refusal="there was no data when the workspace was made")
    files = {CONFIG: _config(folder, trade, lifecycle, found)}
    if data is None:
        files[EXAMPLE] = template(EXAMPLE)
    definition = f"lifecycles/{lifecycle}.yaml"
    files[definition] = with_windows(text, rhythm)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        # never in the place of a file that came up meanwhile
        with (folder / name).open("x", encoding="utf-8") as stream:
            stream.write(content)
    if found is None:
        return rhythm
    rhythm = _fitted(folder, found)
    (folder / definition).write_text(with_windows(text, rhythm), encoding="utf-8")
    return rhythm


def _recognised(data: Path) -> Recognised:
    from tenure.ingest.recognise import recognise

    with working(f"Looking at {data.name}"):
        return recognise(data, given={})


def _fitted(folder: Path, found: Recognised) -> Rhythm:
    """The rhythm of the purchases that the workspace's sources hold; loads them."""
    import tenure
    from tenure.events import bindings
    from tenure.warehouse.duckdb import Store
    from tenure.workspace.windows import fitted_rhythm, store_of

    with tenure.open(folder) as ws, importing([source.name for source in found.sources if source.group]) as progress:
        ws.load(progress)
        timezone, as_of = ws.zone.key, ws.as_of
        purchase = bindings(ws.definitions.config.bindings)["purchase"]
    with working("Fitting the windows"), Store.open(store_of(folder)) as store:
        return fitted_rhythm(store, purchase, as_of=as_of, timezone=timezone)


def _config(folder: Path, trade: Trade, lifecycle: str, found: Recognised | None) -> str:
    """The text of `tenure.yaml`."""
    from tenure.cli.new import text

    name = json.dumps(folder.resolve().name or "Workspace", ensure_ascii=False)
    # a file of purchases is read as orders, whatever the trade
    purchase, value = ((PURCHASE,), ("revenue",)) if found else (trade.purchase, trade.value)
    events = f"  purchase: {{event: {_list(purchase)}, value: {_list(value)}}}\n"
    if trade.usage:
        events += f"  usage: {_list(trade.usage)}\n"
    sources = found.yaml if found else text(SOURCES)
    filled = {
        "{sources}": sources, "{events}\n": events, "{lifecycle}": lifecycle, "{title}": _small(trade.title),
        "{timezone}": ((found and found.timezone) or "UTC").ljust(_ASIDE),
        "{currency}": ((found and found.currency) or "EUR").ljust(_ASIDE),
        "{event}": purchase[-1].ljust(_ASIDE - 1), "{value}": value[-1], "{name}": name,
    }  # fmt: skip
    config = text(CONFIG)
    for mark, content in filled.items():
        config = config.replace(mark, content)
    return config


def _list(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _small(title: str) -> str:
    return title[0].lower() + title[1:]


@contextmanager
def _undone(folder: Path) -> Iterator[None]:
    """Nothing; a folder that was not there, or empty, is so again where something goes wrong."""
    there, empty = folder.exists(), not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    try:
        yield
    except BaseException as error:
        if empty:
            shutil.rmtree(folder, ignore_errors=True)
            if there:
                folder.mkdir(exist_ok=True)
        if isinstance(error, OSError):
            reason = (error.strerror or str(error)).lower()
            raise TenureError(f"{folder} cannot be written: {reason}.", hint="Name another folder.") from None
        raise


def _tell(folder: Path, trade: Trade, lifecycle: str, rhythm: Rhythm, *, said: bool) -> None:
    from tenure.cli.screen import Screen

    here = os.fspath(folder) == "."
    items = [
        f"{folder / CONFIG} says where events come from and what is worked out from them.",
        f"{folder / 'lifecycles' / lifecycle}.yaml holds the stages, to be changed as you like.",
    ]
    if (folder / EXAMPLE).exists():
        items.append(f"{folder / EXAMPLE} holds made-up orders, to try it with; put files of your own beside it.")
    with Screen.on(None) as screen:
        screen.title(f"A workspace in {folder}")
        screen.listed(items)
        if not said:
            screen.say(
                f"It is made for {_small(trade.title)}. "
                "With `--sells` it is made for subscription, b2b, app, service or donations."
            )
        if rhythm.fitted:
            screen.say(rhythm.told)
        screen.next(*([] if here else [f"cd {folder}"]), "tenure run", "tenure stages")
