"""SQL of measures as they are extracted from events and traits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tenure.expressions import parse_where
from tenure.warehouse.keyed import CUSTOMER
from tenure.warehouse.where import condition_sql, json_text, number_of, property_number, property_text, quote

if TYPE_CHECKING:
    from tenure.warehouse.measures import MeasureKind

# a date, or a date and a time, of ISO 8601; engines would read much else
ISO_TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?"
)


def extractions(kinds: Mapping[MeasureKind, int], keyed: str) -> str:
    """SQL of the rows of several kinds: unit, message_id, time, kind, value, text, received_at."""
    counted = {kind: number for kind, number in kinds.items() if kind.reads == "event" and kind.events}
    queries = [_of_events(counted, keyed)] if counted else []
    queries += [_of_traits(kind, number, keyed) for kind, number in kinds.items() if kind.reads != "event"]
    return " UNION ALL ".join(queries) or f"SELECT *, 0 AS kind, NULL AS value, NULL AS text FROM {keyed} WHERE false"


def _of_events(kinds: Mapping[MeasureKind, int], keyed: str) -> str:
    """SQL of the rows of kinds that are counted from events; each event is read once, and stands once a kind."""
    named = ", ".join(f"({quote(name)}, {number})" for kind, number in kinds.items() for name in kind.events)
    values, texts, conditions = {}, {}, {}
    for kind, number in kinds.items():
        if kind.properties:
            values[number] = "coalesce(" + ", ".join(property_number(name) for name in kind.properties) + ")"
            if kind.text:
                texts[number] = "coalesce(" + ", ".join(property_text(name) for name in kind.properties) + ")"
        if kind.where:
            conditions[number] = condition_sql(parse_where(kind.where))
    where = f" WHERE {_by_kind(conditions, 'true')}" if conditions else ""
    return (
        f"SELECT unit, message_id, time, kind, CAST({_by_kind(values, 'NULL')} AS DECIMAL(38,6)) AS value, "
        f"CAST({_by_kind(texts, 'NULL')} AS VARCHAR) AS text, received_at "
        f"FROM {keyed} AS k JOIN (VALUES {named}) AS named (name, kind) USING (name){where}"
    )


def _by_kind(told: Mapping[int, str], otherwise: str) -> str:
    arms = " ".join(f"WHEN {number} THEN {sql}" for number, sql in told.items())
    return f"CASE kind {arms} ELSE {otherwise} END" if arms else otherwise


def _of_traits(kind: MeasureKind, number: int, keyed: str) -> str:
    """SQL of the rows of a kind that is read from traits."""
    columns = f"unit, message_id, time, {number} AS kind, {{value}} AS value, {{text}} AS text, received_at"
    null_text = "CAST(NULL AS VARCHAR)"
    root = "json_extract_string(value, '$')"
    value, text = number_of(root), json_text("value", "'$'") if kind.text else null_text
    if kind.reads == "trait_date":
        # there is no year 0
        iso = f"regexp_full_match({root}, {quote(ISO_TIME)}) AND {root} >= '0001'"
        value = f"CASE WHEN {iso} THEN CAST(epoch_us(TRY_CAST({root} AS TIMESTAMPTZ)) AS DECIMAL(38,6)) END"
    # a trait's events are those of `keyed` that set it; what a person's event says of their account is not theirs
    own = " AND t.customer = k.unit" if kind.unit == CUSTOMER else ""
    changes = (
        f"SELECT k.unit, k.message_id, k.time, k.received_at, t.value FROM {keyed} AS k "
        f"JOIN trait_changes AS t ON t.message_id = k.message_id WHERE t.name = {quote(kind.name or '')}{own}"
    )
    return f"SELECT {columns.format(value=value, text=text)} FROM ({changes})"
