"""The tables that are exported, as SQL over the event store: ids as text, moments in UTC, no inner numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.lifecycle.population import excluded, in_stage
from tenure.lifecycle.tell import named, timestamp
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.where import quote
from tenure.workspace.definitions import EXCLUDED

if TYPE_CHECKING:
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.refresh import Applied
    from tenure.workspace.workspace import Workspace

_NEVER = "SELECT '' AS lifecycle, CAST(0 AS BIGINT) AS unit, '' AS stage, '' AS previous, CAST(0 AS BIGINT) AS entered_at, CAST(0 AS BIGINT) AS left_at WHERE false"  # noqa: E501


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTable:
    """A table: its rows as SQL, the columns that name a row, and the month of a row, where it is of one time for ever.

    `json` are the columns of JSON texts.
    """

    name: str
    sql: str
    key: tuple[str, ...]
    month: str | None = None
    json: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    lifecycles: Sequence[tuple[Lifecycle, Applied]]
    exclusion: Applied | None
    now: int


def export_tables(ws: Workspace, names: Sequence[str]) -> tuple[ExportTable, ...]:
    """The tables of those names, as of the last refresh. Raises UsageError where there was none."""
    held = ws._held()
    known = _Known(
        lifecycles=[(one, held[one.name]) for one in ws.definitions.lifecycles], exclusion=held.get(EXCLUDED),
        now=ws._now(),
    )  # fmt: skip
    return tuple(_TABLES[name](known) for name in names)


def _customers(known: _Known) -> ExportTable:
    traits = (
        "SELECT customer, '{' || string_agg(CAST(to_json(name) AS VARCHAR) || ':' || value, ',' ORDER BY name) || '}' "
        "AS traits FROM (SELECT customer, name, arg_max(value, (time, message_id)) AS value FROM trait_changes "
        f"WHERE time <= {known.now} GROUP BY customer, name) WHERE value <> 'null' GROUP BY customer"
    )
    sql = (
        f"SELECT {_text('units.id')} AS customer_id, {timestamp('first_seen')} AS first_seen, "
        f"coalesce(traits, '{{}}') AS traits, units.key IN ({excluded(known.exclusion, known.now)}) AS excluded "
        f"FROM units LEFT JOIN ({traits}) AS told ON told.customer = units.key WHERE kind = {quote(CUSTOMER)}"
    )
    return ExportTable(name="customers", sql=sql, key=("customer_id",), json=("traits",))


def _stages(known: _Known) -> ExportTable:
    parts = [
        _stay(one, held, in_stage(held.code, known.now)) for one, held in known.lifecycles if not one.segment
    ]  # fmt: skip
    columns = f"stage, previous, {timestamp('entered_at')} AS entered_at, {timestamp('left_at')} AS left_at"
    return ExportTable(
        name="stages", sql=_of_units(parts, f"lifecycle, {_WHO}, {columns}"), key=("lifecycle", "unit", "customer_id")
    )  # fmt: skip


def _segments(known: _Known) -> ExportTable:
    parts = [_stay(one, held, in_stage(held.code, known.now)) for one, held in known.lifecycles if one.segment]
    columns = f"{timestamp('entered_at')} AS entered_at, {timestamp('left_at')} AS left_at"
    return ExportTable(
        name="segments", sql=_of_units(parts, f"lifecycle AS segment, {_WHO}, {columns}"),
        key=("segment", "unit", "customer_id"),
    )  # fmt: skip


def _history(known: _Known) -> ExportTable:
    parts = [
        _stay(one, held, f"SELECT unit, stage, previous, entered_at, left_at FROM stage_codes "
              f"WHERE lifecycle = {held.code}")
        for one, held in known.lifecycles
    ]  # fmt: skip
    columns = f"stage, previous, {timestamp('entered_at')} AS entered_at, {timestamp('left_at')} AS left_at"
    return ExportTable(
        name="history", sql=_of_units(parts, f"lifecycle, {_WHO}, {columns}"),
        key=("lifecycle", "unit", "customer_id", "entered_at"), month="strftime(entered_at, '%Y-%m')",
    )  # fmt: skip


def _moves(known: _Known) -> ExportTable:
    sql = (
        f"SELECT seq, lifecycle, units.kind AS unit, {_text('units.id')} AS customer_id, stage, previous, "
        f"{timestamp('moved_at')} AS moved_at, {timestamp('recorded_at')} AS recorded_at, cause, definition, retracts "
        "FROM moves LEFT JOIN units ON units.key = moves.unit"
    )
    return ExportTable(name="moves", sql=sql, key=("seq",), month="strftime(recorded_at, '%Y-%m')")


def _scores(known: _Known) -> ExportTable:
    sql = (
        f"SELECT {_text('units.id')} AS customer_id, model, scores.name AS name, value, low, high, "
        f"{timestamp('as_of')} AS as_of FROM scores JOIN units ON units.key = scores.customer"
    )
    return ExportTable(
        name="scores", sql=sql, key=("customer_id", "model", "name", "as_of"), month="strftime(as_of, '%Y-%m')"
    )  # fmt: skip


_TABLES: Mapping[str, Callable[[_Known], ExportTable]] = {
    "customers": _customers, "stages": _stages, "segments": _segments, "history": _history, "moves": _moves,
    "scores": _scores,
}  # fmt: skip


def _text(column: str) -> str:
    """SQL of an id as databases take it: none holds the character 0."""
    return f"replace({column}, chr(0), '')"


_WHO = f"units.kind AS unit, {_text('units.id')} AS customer_id"


def _stay(lifecycle: Lifecycle, held: Applied, rows: str) -> str:
    return (
        f"SELECT {quote(lifecycle.name)} AS lifecycle, unit, {named('stage', held.stages)} AS stage, "
        f"{named('previous', held.stages)} AS previous, entered_at, left_at FROM ({rows})"
    )


def _of_units(parts: Sequence[str], columns: str) -> str:
    rows = " UNION ALL ".join(parts) or _NEVER
    return f"SELECT {columns} FROM ({rows}) AS stays JOIN units ON units.key = stays.unit"
