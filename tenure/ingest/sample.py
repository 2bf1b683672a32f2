"""What a foreign file looks like, for somebody who says what its columns are: the columns, and the first rows.

seen = sample(Path("export.csv"))
source_of(Path("export.csv"), "data/export.csv", name="visits", event="Page Viewed", customer="user", time="at")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tenure.errors import UsageError
from tenure.ingest.column_facts import Looked, look, quoted
from tenure.ingest.column_names import Role
from tenure.ingest.columns_chosen import choose
from tenure.ingest.dialect import dialect
from tenure.ingest.recognise import _found, _has_columns, _probe, _reading
from tenure.warehouse.sandbox import Sandbox

ROWS = 6
_LONG = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The columns with what they hold, the first rows as texts, how many rows there are, and what columns may be.

    `whole` tells that `rows` are all of them; `suggested` are the columns by what their names and values suggest.
    """

    columns: tuple[tuple[str, str], ...]
    first: tuple[tuple[str, ...], ...]
    rows: int
    whole: bool
    suggested: Mapping[Role, str]


def sample(path: Path) -> Sample:
    """What the file at `path` looks like. Raises SourceError where it cannot be read."""
    path = _found(path)
    written = dialect(path)
    _has_columns(path, written)
    with Sandbox.open(folders=[path.parent]) as sandbox:
        looked = look(_probe(path, written), path.parent, written, sandbox, lambda _: None)
        chosen = choose(looked, {})
        return Sample(
            columns=tuple((facts.name, facts.kind) for facts in looked.columns), first=_first(looked),
            rows=looked.rows, whole=looked.whole,
            suggested={role: facts.name for role, facts in chosen.columns.items()},
        )  # fmt: skip


def source_of(
    path: Path, name: str, *, source: str, event: str, customer: str, time: str, properties: Sequence[str] = (),
    traits: Sequence[str] = (),
) -> dict[str, object]:  # fmt: skip
    """The source, as `sources:` would say it, that reads each row of the file as one event.

    Columns are named as the file names them. Raises UsageError for a column that is not there or cannot be that.
    """
    path = _found(path)
    written = dialect(path)
    with Sandbox.open(folders=[path.parent]) as sandbox:
        looked = look(_probe(path, written), path.parent, written, sandbox, lambda _: None)
        chosen = choose(looked, {"customer": customer, "time": time})
        facts = {one.name: one for one in looked.columns}
    for column in (*properties, *traits):
        if column not in facts:
            raise UsageError(f"The file has no column {column!r}.")
    assert chosen.time is not None
    by_name = quoted(chosen["customer"].name)
    whose = f"regexp_replace({by_name}, '[.]0$', '')" if chosen["customer"].pointed else chosen["customer"].name
    told: dict[str, object] = {"name": source, **_reading(name, written), "event": event, "customer": whose,
                               "time": chosen.time.expression}  # fmt: skip
    if properties:
        told["properties"] = {column: facts[column].written or quoted(column) for column in properties}
    if traits:
        told["traits"] = {column: quoted(column) for column in traits}
    return told


def _first(looked: Looked) -> tuple[tuple[str, ...], ...]:
    listed = ", ".join(f"CAST({facts.sql} AS VARCHAR) AS c{place}" for place, facts in enumerate(looked.columns))
    table = looked.sandbox.table(f"SELECT {listed} FROM looked ORDER BY position LIMIT {ROWS}")
    return tuple(
        tuple("" if value is None else str(value)[:_LONG] for value in row.values()) for row in table.to_pylist()
    )
