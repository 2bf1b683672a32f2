"""The page that `tenure demo` shows: what it understood, the rhythm of the trade, the stages, and what stands out."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.text import Text

from tenure.cli.app import CONFIG
from tenure.cli.progress import working
from tenure.cli.screen import Column, Screen, bar
from tenure.cli.stages import stage_style
from tenure.wording import Money, moment, several, share

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.findings import Finding
    from tenure.lifecycle.population import StageCount
    from tenure.lifecycle.rhythm import Rhythm
    from tenure.workspace import Workspace

REPORT = "report.html"
_LABEL = 10
_WIDEST = 100
_BAR = 18
_CHART_HEIGHT = 6
_GUTTER = 7
_BLOCKS = " ▁▂▃▄▅▆▇█"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything that the demo found, for the screen: `told` are labels with what was understood, under `heading`."""

    folder: Path
    heading: str
    beside: str
    told: tuple[tuple[str, str], ...]
    rhythm: Rhythm
    counts: tuple[StageCount, ...]
    findings: tuple[Finding, ...]
    lifecycle: Lifecycle
    zone: ZoneInfo
    as_of: int
    currency: str | None
    money: str
    note: str
    until: str
    alone: timedelta | None
    somebody: str | None


def worked(
    folder: Path, *, heading: str, beside: str, told: tuple[tuple[str, str], ...], rhythm: Rhythm, money: str,
    note: str = "", until: str = "", alone: timedelta | None = None,
) -> Shown:  # fmt: skip
    """What the workspace in `folder`, loaded already, shows once its stages are worked out; its report is written.

    `money` heads the column of money, `note` says who is in no stage, `until` what the moment is.
    """
    import tenure
    from tenure.report import figures, page

    with tenure.open(folder) as ws:
        with working("Working out every stage"):
            ws.refresh()
        with working("Looking for what stands out"):
            figured = figures(ws)
        with working("Writing the report"):
            text = page(figured, command=f"tenure -C {shlex.quote(str(folder))}")
            (folder / REPORT).write_text(text, encoding="utf-8")
        return Shown(
            folder=folder, heading=heading, beside=beside, told=told, rhythm=rhythm, counts=figured.stages,
            findings=figured.findings, lifecycle=figured.lifecycle, zone=ws.zone, as_of=figured.now,
            currency=figured.currency, money=money, note=note, until=until, alone=alone, somebody=_somebody(ws),
        )  # fmt: skip


def _somebody(ws: Workspace) -> str | None:
    """Whom to explain: of those at risk the one with most money."""
    for stage in ws.lifecycle().stages:
        if stage.phase == "risk" and (people := ws.people(stage=stage.name)).num_rows:
            return str(people["customer_id"][0].as_py())
    return None


def show(screen: Screen, shown: Shown) -> None:
    """Nothing; writes the whole page."""
    _understood(screen, shown)
    _rhythm(screen, shown.rhythm)
    _stages(screen, shown)
    _findings(screen, shown)
    _next(screen, shown)


def _understood(screen: Screen, shown: Shown) -> None:
    screen.title(shown.heading, shown.beside)
    for label, text in shown.told:
        _labelled(screen, label, text)


def _paragraph(
    screen: Screen, text: str, *, style: str = "", indent: str = "", first: str = "", apart: bool = False
) -> None:
    """Nothing; writes the text in lines of the screen's width, the first after `first`, the others after `indent`."""
    width = min(screen.width, _WIDEST)
    lines = textwrap.wrap(text, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
    for place, line in enumerate(lines):
        (screen.say if apart and place == 0 else screen.line)(line, style)


def _labelled(screen: Screen, label: str, text: str) -> None:
    width = min(screen.width, _WIDEST) - _LABEL
    for place, line in enumerate(textwrap.wrap(text, width, break_on_hyphens=False) or [""]):
        screen.line(Text.assemble((label.ljust(_LABEL) if place == 0 else " " * _LABEL, "bold"), line))


def _rhythm(screen: Screen, rhythm: Rhythm) -> None:
    screen.title("Days from one order to the next", several(rhythm.intervals, "interval"))
    if rhythm.intervals:
        for line in histogram(rhythm, min(screen.width, _WIDEST)):
            screen.line(line)
    _paragraph(screen, _windows(rhythm), apart=True)


def _windows(rhythm: Rhythm) -> str:
    if not rhythm.fitted or rhythm.bare is None:
        return rhythm.told
    bare = f"{rhythm.bare[0]} and {rhythm.bare[1]}"
    return (
        f"{rhythm.told} Intervals that are closed already would say {bare}, because the long ones are still open. "
        f"So whoever has been silent for {rhythm.at_risk} days counts as at risk, for {rhythm.lapsed} as lapsed."
    )


def histogram(rhythm: Rhythm, width: int) -> list[Text]:
    """The closed intervals by their length, as columns of blocks, with the two windows marked under the axis."""
    room = width - _GUTTER - 1
    far = max(rhythm.lapsed + rhythm.lapsed // 4, 14)
    step = max(-(-far // room), 1)
    places = min(-(-far // step), room)
    counts = [sum(rhythm.histogram[1 + place * step : 1 + (place + 1) * step]) for place in range(places)]
    beyond = sum(rhythm.histogram[1 + places * step :])
    top = max(counts) or 1
    # a column a day is thin: give it room where there is some
    fat = max(room // places, 1)
    lines = []
    for level in range(_CHART_HEIGHT, 0, -1):
        label = f"{top:,}" if level == _CHART_HEIGHT else ""
        line = Text(f"{label.rjust(_GUTTER - 1)} ", style="dim")
        for place, count in enumerate(counts):
            eighths = round(count / top * _CHART_HEIGHT * 8) - (level - 1) * 8
            eighths = max(eighths, 1) if count and level == 1 else eighths
            line.append(_BLOCKS[max(0, min(eighths, 8))] * fat, style=_colour(1 + place * step, rhythm))
        lines.append(line)
    columns = places * fat
    marks = [(window - 1) // step * fat for window in (rhythm.at_risk, rhythm.lapsed)]
    axis = "".join("┴" if place in marks else "─" for place in range(columns))
    words = _under(marks, (f"{rhythm.at_risk} at risk", f"{rhythm.lapsed} lapsed"), room)
    told = f"{step} days a column" if step > 1 else "a column a day"
    if beyond:
        told += f"; {beyond:,} are longer than {places * step} days"
    for text, style in ((axis, "dim"), (words, "yellow"), (told, "dim")):
        lines.append(Text(" " * _GUTTER + text, style=style))
    return lines


def _under(marks: Sequence[int], words: Sequence[str], room: int) -> str:
    """The two words under their marks, moved apart where they would touch, and kept inside."""
    starts = [mark - len(word.split()[0]) // 2 for mark, word in zip(marks, words, strict=True)]
    second = min(max(starts[1], len(words[0]) + 2), room - len(words[1]))
    first = max(0, min(starts[0], second - len(words[0]) - 2))
    return f"{' ' * first}{words[0]}".ljust(second) + words[1]


def _colour(day: int, rhythm: Rhythm) -> str:
    return "green" if day < rhythm.at_risk else "yellow" if day < rhythm.lapsed else "red"


def _stages(screen: Screen, shown: Shown) -> None:
    counts = [one for one in shown.counts if one.people or one.stage is not None]
    people, total = sum(one.people for one in counts), sum((one.money for one in counts), Decimal(0))
    most = max((one.people for one in counts), default=0)
    money = Money(shown.currency, [*(one.money for one in counts), total])
    stages = {stage.name: stage for stage in shown.lifecycle.stages}
    rows: list[Sequence[str | Text]] = []
    for one in counts:
        stage = stages.get(one.stage or "")
        style = "" if one.people else "dim"
        rows.append([
            Text(stage.title if stage else "in no stage", style=style), Text(f"{one.people:,}", style=style),
            Text(share(one.people, people), style=style),
            bar(one.people / most if most else 0, _BAR, stage_style(stage)),
            Text(money(one.money), style=style), Text(share(one.money, total), style=style),
        ])  # fmt: skip
    rows.append(["All", f"{people:,}", "", "", money(total), ""])
    screen.title(
        "Where they are",
        f"{moment(shown.as_of, shown.zone)} {shown.zone.key}{f', {shown.until}' if shown.until else ''}",
    )
    screen.table(
        [Column("Stage"), Column("People", right=True), Column("Share", right=True), Column(""),
         Column(shown.money, right=True), Column("Share", right=True)],
        rows, total=True,
    )  # fmt: skip
    if shown.note and any(one.stage is None and one.people for one in counts):
        screen.line(shown.note, "dim")
    if shown.alone is not None:
        text = (
            f"Nothing happened in the {shown.alone.days:,} days before the last event. If that is mis-dated, write the "
            f"day of the last true one as `as_of` in {shown.folder / CONFIG}."
        )
        _paragraph(screen, text, style="yellow")


def _findings(screen: Screen, shown: Shown) -> None:
    if not shown.findings:
        return
    screen.title("What stands out")
    for number, finding in enumerate(shown.findings, 1):
        _finding(screen, number, finding, shown)


def _finding(screen: Screen, number: int, finding: Finding, shown: Shown) -> None:
    _paragraph(screen, finding.sentence, first=f"{number}. ", indent="   ")
    screen.command(f"tenure -C {_folder(shown)} {finding.command}")


def _next(screen: Screen, shown: Shown) -> None:
    folder = _folder(shown)
    screen.title("Go on")
    text = (
        f"The workspace is the folder {shown.folder}; tenure.yaml says what is read, lifecycles/classic.yaml what the "
        f"stages mean. {REPORT} in it shows all this on one page: open it in a browser."
    )
    _paragraph(screen, text)
    steps = [("forecast --days 30", "who moves next"), ("plan", "what a change there would do")]
    if shown.somebody is not None:
        steps.insert(0, (f"explain {shlex.quote(shown.somebody)}", "why somebody is where they are"))
    commands = [(f"tenure -C {folder} {command}", meaning) for command, meaning in steps]
    commands.append(("tenure demo --data FILE", "the same with your own orders"))
    width = max(len(command) for command, _ in commands)
    for command, meaning in commands:
        line = Text(command.ljust(width), style="cyan")
        screen.line(line.append(f"  {meaning}", style="default"))


def _folder(shown: Shown) -> str:
    return shlex.quote(str(shown.folder))


def day(time: int, zone: ZoneInfo) -> str:
    """The day as people write it: 9 Dec 2011."""
    local = (_EPOCH + timedelta(microseconds=time)).astimezone(zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
