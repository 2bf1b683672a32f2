"""Values of SQL expressions as JSON, exactly: amounts without a detour over binary fractions.

A number that a double cannot hold (more than 15 digits, or beyond ±2^53) is kept as text, as conditions read it; what
is no number (NaN, infinity) is left out and counted. Numbers inside lists and structs, which nothing computes on,
have the digits of a double. Nothing becomes JSON null: what is unknown is absent.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_SMALL = frozenset(["TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"])
_LARGE = frozenset(["BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT"])
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_NESTED = re.compile(r"\[\d*\]$|^(STRUCT|MAP|UNION|LIST|ARRAY)\b|^VARIANT$")
SAFE_INTEGER = 2**53
MONEY_TYPE = "DECIMAL(38,6)"
MONEY_LIMIT = 10**15
# rows of a grouped source are summed in any order, and sums of doubles then differ in their last digits
ROUNDED = "DECIMAL(38,6)"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonValue:
    """SQL of a value as JSON text (null: absent), and of whether it had to be left out."""

    sql: str
    dropped: str | None = None


def is_number(type_: str) -> bool:
    """Whether an SQL type is one of numbers."""
    return type_ in _SMALL or type_ in _LARGE or type_ in ("DOUBLE", "FLOAT") or bool(_DECIMAL.fullmatch(type_))


def is_nested(type_: str) -> bool:
    """Whether an SQL type holds other values: a list, a struct, a map."""
    return bool(_NESTED.search(type_))


def json_value(sql: str, type_: str, *, grouped: bool = False) -> JsonValue:
    """The JSON of the SQL expression `sql` of that type."""
    if type_ == "BOOLEAN" or type_ in _SMALL:
        return JsonValue(sql=f"CAST({sql} AS VARCHAR)")
    if type_ in _LARGE:
        text = f"CAST({sql} AS VARCHAR)"
        safe = (
            f"{sql} BETWEEN -{SAFE_INTEGER} AND {SAFE_INTEGER}"
            if not type_.startswith("U")
            else f"{sql} <= {SAFE_INTEGER}"
        )
        return JsonValue(sql=f"""CASE WHEN {safe} THEN {text} ELSE '"' || {text} || '"' END""")
    if _DECIMAL.fullmatch(type_):
        return JsonValue(sql=decimal_json(sql, type_))
    if type_ in ("DOUBLE", "FLOAT"):
        return _double(sql, grouped=grouped)
    if type_ in ("VARCHAR", "CHAR") or type_.startswith("ENUM"):
        return JsonValue(sql=f"CAST(to_json(CAST({sql} AS VARCHAR)) AS VARCHAR)")
    if type_ == "JSON":
        return JsonValue(sql=f"CASE WHEN CAST({sql} AS VARCHAR) <> 'null' THEN CAST({sql} AS VARCHAR) END")
    if type_ == "DATE":
        return JsonValue(sql=f"""'"' || CAST({sql} AS VARCHAR) || '"'""")
    if type_.startswith("TIMESTAMP"):
        zone = "Z" if "WITH TIME ZONE" in type_ else ""
        plain = f"CAST({sql} AS TIMESTAMP)"
        text = f"replace(CAST({plain} AS VARCHAR), ' ', 'T')"
        return JsonValue(sql=f"""CASE WHEN isfinite({plain}) THEN '"' || {text} || '{zone}"' END""")
    if type_ == "BLOB":
        return JsonValue(sql=f"CAST(to_json(base64({sql})) AS VARCHAR)")
    if is_nested(type_):
        return _nested(sql, type_)
    return JsonValue(sql=f"CAST(to_json(CAST({sql} AS VARCHAR)) AS VARCHAR)")


def decimal_json(sql: str, type_: str) -> str:
    """SQL of a decimal in its shortest form; as text where it has more than 15 digits."""
    match = _DECIMAL.fullmatch(type_)
    width, scale = (int(match[1]), int(match[2])) if match else (38, 6)
    text = f"CAST({sql} AS VARCHAR)"
    if scale:
        text = f"rtrim(rtrim({text}, '0'), '.')"
    if width <= 15:
        return text
    return f"""CASE WHEN length(translate({text}, '-.', '')) <= 15 THEN {text} ELSE '"' || {text} || '"' END"""


def bare_json(sql: str, number: str, *, numeric: bool) -> str:
    """SQL of a cell of a text file as JSON: a number where the column holds numbers and the cell is one, else text."""
    text = f"CAST(to_json({sql}) AS VARCHAR)"
    if not numeric:
        return text
    plain = f"regexp_full_match({number}, '-?(0|[1-9][0-9]{{0,17}})([.][0-9]{{1,12}})?')"
    return (
        f"CASE WHEN {plain} THEN {decimal_json(f'CAST({number} AS DECIMAL(38,12))', 'DECIMAL(38,12)')} ELSE {text} END"
    )


def object_json(values: dict[str, str]) -> str:
    """SQL of a JSON object of the values that are there; `values` maps names to SQL of JSON."""
    if not values:
        return "'{}'"
    members = [f"{quote_json_name(name)} || {sql}" for name, sql in values.items()]
    return "'{' || concat_ws(',', " + ", ".join(members) + ") || '}'"


def quote_json_name(name: str) -> str:
    """The name and colon of an object's member, as an SQL string literal."""
    written = json.dumps(name, ensure_ascii=False) + ":"
    return "'" + written.replace("'", "''") + "'"


def _double(sql: str, *, grouped: bool) -> JsonValue:
    dropped = f"({sql} IS NOT NULL AND NOT isfinite({sql}))"
    if grouped:
        rounded = f"TRY_CAST({sql} AS {ROUNDED})"
        inner = decimal_json(rounded, ROUNDED)
        whole = f"CASE WHEN {rounded} IS NOT NULL THEN {inner} ELSE CAST({sql} AS VARCHAR) END"
    else:
        whole = (
            f"CASE WHEN {sql} = trunc({sql}) AND abs({sql}) <= {SAFE_INTEGER} "
            f"THEN CAST(CAST({sql} AS BIGINT) AS VARCHAR) "
            f"ELSE CAST({sql} AS VARCHAR) END"
        )
    return JsonValue(sql=f"CASE WHEN isfinite({sql}) THEN {whole} END", dropped=dropped)


def _nested(sql: str, type_: str) -> JsonValue:
    # read and written again, a decimal is in its shortest form: 2.5, not 2.500000
    text = f"CAST(json_extract(to_json({sql}), '$') AS VARCHAR)"
    if "DOUBLE" not in type_ and "FLOAT" not in type_:
        return JsonValue(sql=text)
    strange = f"regexp_matches({text}, '[\\[:,] *(NaN|-?Infinity)')"
    return JsonValue(sql=f"CASE WHEN NOT {strange} THEN {text} END", dropped=f"coalesce({strange}, false)")
