"""The exports of well-known programs, recognised by their columns: known_exports.yaml, one entry each.

    found = at_top(text)                  # the export whose header stands in the first lines, or None
    sources_of(found.export, found.columns, reading={"files": "orders.csv"}, file="orders.csv", day="2026-01-31")

What an export may lack is left out: a property whose columns are not there is no property.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import Field

from tenure.documents import DefinitionModel, parse
from tenure.errors import SourceError, UsageError
from tenure.warehouse.source_sql import parse_expression

FILE = "known_exports.yaml"
# above the header stand a title and the days that are reported, in some
_TITLE_LINES = 4
_DELIMITERS = ",\t;"
_ASKED = ("where", "time", "customer", "account", "event_column")
_FILE_MARK, _DAY_MARK = "{file}", "{day}"


class KnownExport(DefinitionModel):
    """An export: the columns it is known by (`*` stands for anything), how they were verified, and its sources."""

    name: str
    """Its name among these."""
    title: str
    """Program and table, for people."""
    columns: tuple[str, ...]
    """The columns that it has in any case; no other export has all of them."""
    verified: Literal["vendor", "files", "no"]
    """Where the columns were seen: in the vendor's documentation or source, in files of others, or nowhere."""
    seen: str
    """The address, or where to look."""
    note: str = ""
    """What is odd about it, in one sentence."""
    sources: tuple[dict[str, Any], ...] = Field(min_length=1)
    """The entries of `sources:`, but for how the file is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTop:
    """A header: the export it is of, its line (from 0), what separates it, and its columns."""

    export: KnownExport
    line: int
    delimiter: str
    columns: tuple[str, ...]


@cache
def known_exports() -> tuple[KnownExport, ...]:
    """All of them, in the order of the file."""
    text = files("tenure.ingest").joinpath(FILE).read_text(encoding="utf-8")
    listed = parse(text, file=FILE).data
    assert isinstance(listed, list)
    return tuple(KnownExport.model_validate(one) for one in listed)


def export_named(name: str) -> KnownExport:
    """The export of that name. Raises UsageError where there is none."""
    for one in known_exports():
        if one.name == name:
            return one
    raise UsageError(f"No export {name!r} is known.")


def at_top(text: str) -> AtTop | None:
    """The export whose header is one of the first lines of a text; None where it is none that is known."""
    for number, line in enumerate(text.splitlines()[:_TITLE_LINES]):
        for delimiter in _DELIMITERS:
            cells = tuple(cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=delimiter), []))
            if len(cells) > 1 and (export := of_columns(cells)) is not None:
                return AtTop(export=export, line=number, delimiter=delimiter, columns=cells)
    return None


def of_columns(columns: Sequence[str]) -> KnownExport | None:
    """The export that has such columns; of several the one that asks for most."""
    fitting = [one for one in known_exports() if all(_of(wanted, columns) for wanted in one.columns)]
    return max(fitting, key=lambda one: len(one.columns), default=None)


def sources_of(
    export: KnownExport, columns: Sequence[str], *, reading: Mapping[str, object], file: str, day: str,
    folders: str | None = None,
) -> list[dict[str, object]]:  # fmt: skip
    """The sources of a file with those columns.

    `reading` says how it is read, `file` how a query names it, `folders` where that lies outside of the workspace,
    `day` when it was made.
    """
    names = {wanted: _of(wanted, columns) or wanted for wanted in export.columns if "*" in wanted}
    marks = {**names, _FILE_MARK: file.replace("'", "''"), _DAY_MARK: day}
    found: list[dict[str, object]] = []
    for source in export.sources:
        told = {key: _filled(value, marks) for key, value in source.items()}
        how: dict[str, object] = {"folders": folders} if "query" in told and folders else {}
        if "query" not in told:
            how = dict(reading)
            for key in ("properties", "traits"):
                if key in told:
                    told[key] = {name: text for name, text in told[key].items() if _has(text, columns)}
            if any(told.get(key, "none") != "none" and not _has(told[key], columns) for key in _ASKED):
                # what this part tells of stands in other exports of the same program
                continue
        name, rest = told.pop("name"), {key: value for key, value in told.items() if value != {}}
        query = {"query": rest.pop("query")} if "query" in rest else {}
        found.append({"name": name, **query, **how, **rest})
    return found


def _of(wanted: str, columns: Sequence[str]) -> str | None:
    """The column that is meant, as the file writes it."""
    return next((one for one in columns if fnmatchcase(one.casefold(), wanted.casefold())), None)


def _filled(value: Any, marks: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(text, marks) for name, text in value.items()}
    for mark, text in marks.items():
        value = str(value).replace(mark, text)
    return value


def _has(text: str, columns: Sequence[str]) -> bool:
    """Whether an expression asks for columns that are there."""
    there = {one.casefold() for one in columns}
    if text.casefold() in there:
        return True
    try:
        asked = parse_expression(text, aggregates=True).columns
    except SourceError:
        return False
    return all(one.casefold() in there for one in asked)
