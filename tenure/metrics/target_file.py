"""Targets written into a file of targets: what stands there stays as it is, comments too.

text = with_targets(text, [TargetRow(metric="orders", period="month", value=Decimal(1200))])

Rows are what is to be written; what it means is told by `targets`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from tenure.lifecycle.periods import PeriodUnit

HEAD = """\
# Targets: what metrics are to reach in each period. `tenure targets` lists them, `tenure scorecard` judges by them.
"""
_PLAIN = re.compile(r"[A-Za-z][\w .,()%/-]*[\w.)%]|[A-Za-z]")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off")
_WIDTH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One figure, or a range of them, as it is to be written."""

    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """A target as it is to be written; `seasonal` is by the short name of the month."""

    metric: str
    period: PeriodUnit
    reach: Reach = Reach()
    seasonal: Mapping[str, Reach] = field(default_factory=dict, hash=False)
    since: str | None = None
    lifecycle: str | None = None
    stage: str | None = None
    by: tuple[str, str] | None = None
    owner: str | None = None
    note: str | None = None
    benchmark: tuple[Decimal, str, str | None] | None = None


def with_targets(text: str, new: Sequence[TargetRow], replaced: Mapping[int, TargetRow] | None = None) -> str:
    """The text of a file with the `new` targets at the end of its list, and those at some positions `replaced`.

    What a replaced target has and the row does not tell (a note, an owner) stays, but for the figures.
    """
    yaml = _yaml()
    held = yaml.load(text or HEAD)
    if held is None:
        # a file of comments alone has nothing to hang them on
        lines = ["targets:", *(line for row in new for line in _lines(row))]
        head = text or HEAD
        return head + ("" if head.endswith("\n") else "\n") + "\n".join(lines) + "\n"
    listed = held.get("targets")
    if listed is None:
        listed = held["targets"] = CommentedSeq()
    for place, row in (replaced or {}).items():
        _replace(listed[place], _loaded(yaml, row))
    for row in new:
        listed.append(_loaded(yaml, row))
    stream = io.StringIO()
    yaml.dump(held, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _loaded(yaml: YAML, row: TargetRow) -> CommentedMap:
    found: CommentedMap = yaml.load("\n".join(_lines(row)) + "\n")[0]
    return found


def _replace(held: CommentedMap, told: CommentedMap) -> None:
    for key in ("value", "min", "max", "seasonal"):
        if key in held and key not in told:
            del held[key]
    for key, value in told.items():
        if key in held or key not in ("value", "min", "max"):
            held[key] = value
        else:
            held.insert(1 + ("period" in held), key, value)


def _lines(row: TargetRow) -> list[str]:
    entries = [f"metric: {_text(row.metric)}", f"period: {row.period}"]
    entries += [f"lifecycle: {_text(row.lifecycle)}"] if row.lifecycle else []
    entries += [f"stage: {_text(row.stage)}"] if row.stage else []
    entries += [f"by: {{{_text(row.by[0])}: {_text(row.by[1])}}}"] if row.by else []
    entries += [f"since: {row.since}"] if row.since else []
    entries += _reach(row.reach)
    if row.seasonal:
        entries.append("seasonal:")
        entries += [f"  {month}: {_short(reach)}" for month, reach in row.seasonal.items()]
    entries += [f"owner: {_text(row.owner)}"] if row.owner else []
    entries += [f"note: {_text(row.note)}"] if row.note else []
    if row.benchmark is not None:
        value, source, day = row.benchmark
        entries += ["benchmark:", f"  value: {_number(value)}", f"  source: {_text(source)}"]
        entries += [f"  date: {day}"] if day else []
    return [f"  {'- ' if not place else '  '}{entry}" for place, entry in enumerate(entries)]


def _reach(reach: Reach) -> list[str]:
    told = (("value", reach.value), ("min", reach.low), ("max", reach.high))
    return [f"{name}: {_number(value)}" for name, value in told if value is not None]


def _short(reach: Reach) -> str:
    return _number(reach.value) if reach.value is not None else "{" + ", ".join(_reach(reach)) + "}"


def _number(value: Decimal) -> str:
    return f"{value:f}"


def _text(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and "," not in text and ": " not in text
    return text if plain else json.dumps(text, ensure_ascii=False)
