"""DuckDB's own reading of SQL as a tree, and the tree as SQL again.

A tree is what `json_serialize_sql` gives: nested mappings, in which expressions have a `class`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Literal, cast

import duckdb

from tenure.errors import SourceError

Node = dict[str, Any]
Usage = Literal["number", "text", "any"]

# where a column stands among these, its author counts on numbers, or on the text
_ARITHMETIC = frozenset(["+", "-", "*", "/", "//", "%", "**", "^"])
_NUMERIC = _ARITHMETIC | frozenset(
    "sum fsum sumkahan kahan_sum avg mean favg abs round floor ceil ceiling trunc sqrt ln log log2 log10 exp pow power "
    "product median mad stddev stddev_pop stddev_samp variance var_pop var_samp quantile quantile_cont quantile_disc "
    "mod sign".split()
)
_TEXTUAL = frozenset(
    ["||", "~~", "!~~", "~~*", "!~~*", "concat", "concat_ws", "string_agg", "md5", "sha256", "printf", "format"]
)
ORDER_MATTERS = frozenset(
    "list array_agg first last arbitrary any_value string_agg group_concat listagg arg_min arg_max min_by max_by "
    "argmin argmax arg_min_null arg_max_null mode json_group_array json_group_object variant_group_array".split()
)


class ExpressionSyntaxError(SourceError):
    """What is no single SQL expression, or no SQL at all; it may still be the name of a column."""


def statement(sql: str, *, shown: str) -> Node:
    """The tree of the one SELECT in `sql`."""
    try:
        parsed = json.loads(_parsed(sql))
    except duckdb.Error as error:
        raise ExpressionSyntaxError(f"'{short(shown)}' is no SQL: {_first_line(error)}") from None
    if parsed.get("error"):
        if parsed.get("error_type") == "parser":
            raise ExpressionSyntaxError(f"'{short(shown)}' is no SQL: {parsed.get('error_message')}.")
        raise SourceError(f"'{short(shown)}' is not a plain SELECT.", hint="A source only ever reads.")
    statements = parsed["statements"]
    if len(statements) != 1:
        raise SourceError(
            f"'{short(shown)}' holds {len(statements)} statements.", hint="Take out the semicolon and what follows."
        )
    return cast(Node, statements[0]["node"])


def render(tree: Node) -> str:
    """The SQL of an expression's tree."""
    select = statement("SELECT 1", shown="")
    select["select_list"] = [tree]
    return deserialize(select).removeprefix("SELECT ")


def deserialize(select: Node) -> str:
    """The SQL of a SELECT's tree."""
    parsed = {"error": False, "statements": [{"node": select, "named_param_map": []}]}
    return _rendered(json.dumps(parsed))


# a source's expressions are read again for every file
@lru_cache(maxsize=1_000)
def _parsed(sql: str) -> str:
    row = _parser().execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    return str(row[0]) if row else "{}"


@lru_cache(maxsize=1_000)
def _rendered(tree: str) -> str:
    row = _parser().execute("SELECT json_deserialize_sql(?::JSON)", [tree]).fetchone()
    return str(row[0]) if row else ""


def walk(tree: Node) -> Iterator[Node]:
    """The expression nodes of a tree, outermost first."""
    return nodes(tree, "class")


def nodes(tree: object, key: str) -> Iterator[Node]:
    """The mappings of a tree that have `key`, outermost first."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree
        for value in list(tree.values()):
            yield from nodes(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value, key)


def function_name(node: Node) -> str:
    """The function that an expression calls, folded; empty where it calls none."""
    return str(node.get("function_name") or "").casefold() if node.get("class") == "FUNCTION" else ""


def arguments_of(node: Node) -> list[Node]:
    """What a function is called with."""
    return [argument["expression"] for argument in node.get("arguments", [])]


def lambda_names(node: Node) -> Iterator[str]:
    """The parameters of a lambda."""
    for part in walk(node["lhs"]):
        if part["class"] == "COLUMN_REF":
            yield part["column_names"][0]


def renamed(tree: Node, names: Mapping[str, str]) -> Node:
    """The tree with its columns renamed, by their folded names."""
    for node in walk(tree):
        if node["class"] == "COLUMN_REF":
            first, *rest = node["column_names"]
            node["column_names"] = [names.get(first.casefold(), first), *rest]
    return tree


def put_in_order(node: Node, column: str) -> None:
    """Makes an aggregate follow the order of `column`, where its author says nothing else."""
    if node["order_bys"]["orders"]:
        return
    # DISTINCT allows no order but by what is aggregated
    by = arguments_of(node)[0] if node["distinct"] else _column(column)
    node["order_bys"]["orders"] = [{"type": "ORDER_DEFAULT", "null_order": "ORDER_DEFAULT", "expression": by}]


def guard(node: Node) -> None:
    """Makes what an aggregate cannot work out for a row null."""

    def tried(inner: Node) -> Node:
        if inner["class"] in ("COLUMN_REF", "CONSTANT"):
            return inner
        return {"class": "OPERATOR", "type": "OPERATOR_TRY", "alias": "", "children": [inner]}

    for argument in node["arguments"]:
        argument["expression"] = tried(argument["expression"])
    if node.get("filter"):
        node["filter"] = tried(node["filter"])


def _column(name: str) -> Node:
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": [name]}


def wanted_of(node: Node) -> tuple[Usage, list[Node]]:
    """What an expression counts on its direct parts to be, and these parts."""
    kind = node["class"]
    if kind == "FUNCTION":
        name = function_name(node)
        return ("number" if name in _NUMERIC else "text" if name in _TEXTUAL else "any"), arguments_of(node)
    if kind == "CAST":
        return ("text" if _is_text_type(node) else "any"), [node["child"]]
    if kind == "COMPARISON":
        return _by_constant([node["left"], node["right"]])
    if kind == "BETWEEN":
        return _by_constant([node["input"], node["lower"], node["upper"]])
    if kind == "OPERATOR" and node["type"] in ("COMPARE_IN", "COMPARE_NOT_IN"):
        return _by_constant(node["children"])
    return "any", []


def _by_constant(parts: list[Node]) -> tuple[Usage, list[Node]]:
    kinds = {
        "text" if part.get("literal", {}).get("kind") == "STRING" else "number"
        for part in parts
        if part["class"] == "CONSTANT" and part.get("literal", {}).get("kind") != "NULL"
    } | {"number" for part in parts if function_name(part) in _NUMERIC}
    return ("number" if "number" in kinds else "text" if "text" in kinds else "any"), parts


def _is_text_type(node: Node) -> bool:
    return str(node.get("type_expr", {}).get("type_name", "")).upper() in ("VARCHAR", "TEXT", "STRING", "CHAR")


def aggregates() -> frozenset[str]:
    """The names of the aggregate functions."""
    return function_names("aggregate")


@cache
def function_names(kind: str) -> frozenset[str]:
    """The names of functions: 'aggregate', 'table', 'scalar', or 'unstable' (not the same answer each time)."""
    conditions = {
        "aggregate": "function_type = 'aggregate'",
        "table": "function_type IN ('table', 'table_macro')",
        "scalar": "function_type IN ('scalar', 'macro', 'aggregate')",
        "unstable": "stability <> 'CONSISTENT'",
    }
    rows = _parser().execute(f"SELECT DISTINCT function_name FROM duckdb_functions() WHERE {conditions[kind]}")
    return frozenset(name.casefold() for (name,) in rows.fetchall())


def short(text: str) -> str:
    """The text on one line, cut to 80 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else flat[:79] + "…"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"python_enable_replacements": "false", "threads": "1"})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _parser() -> duckdb.DuckDBPyConnection:
    """A cursor that parses; one a call, for threads."""
    return _engine().cursor()
