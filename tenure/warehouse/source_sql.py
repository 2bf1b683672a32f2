"""SQL that a source's author writes: read by DuckDB's own parser, checked, and rendered again from the tree.

    expression = parse_expression("quantity * price", aggregates=False)
    expression.columns                            # {'quantity', 'price'}
    expression.sql({"quantity": "c0", "price": "c1"})

What runs is always the rendered tree, never the text: comments and whatever could follow a semicolon are gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import duckdb

from tenure.errors import SourceError

Node = dict[str, Any]
Usage = Literal["number", "text", "any"]

EXPRESSION_CLASSES = frozenset(
    "COLUMN_REF CONSTANT FUNCTION OPERATOR COMPARISON CONJUNCTION CAST CASE BETWEEN LAMBDA LAMBDA_REF COLLATE TYPE".split()
)
REFUSED_CLASSES = {
    "SUBQUERY": "A subquery has no place in an expression. Use `query:` for it.",
    "WINDOW": "A window function has no place in an expression. Use `query:` for it.",
    "STAR": "`*` has no place in an expression. Name the column.",
    "PARAMETER": "A parameter has no place in an expression. Write the value.",
    "POSITIONAL_REFERENCE": "A column is named, not numbered.",
}
FILE_READERS = frozenset(
    "read_csv read_csv_auto read_parquet parquet_scan read_json read_json_auto read_json_objects "
    "read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects read_text".split()
)
OTHER_TABLE_FUNCTIONS = frozenset("range generate_series unnest repeat json_each json_tree regexp_split_to_table".split())
# macros that read the clock, the session or the server; functions that do are told by their stability
REFUSED_MACROS = frozenset("ago user session_user current_user current_role current_catalog get_block_size".split())
# where a column stands among these, its author counts on numbers, or on the text
_ARITHMETIC = frozenset(["+", "-", "*", "/", "//", "%", "**", "^"])
_NUMERIC = _ARITHMETIC | frozenset(
    "sum fsum sumkahan kahan_sum avg mean favg abs round floor ceil ceiling trunc sqrt ln log log2 log10 exp pow power "
    "product median mad stddev stddev_pop stddev_samp variance var_pop var_samp quantile quantile_cont quantile_disc "
    "mod sign".split()
)
_TEXTUAL = frozenset(["||", "~~", "!~~", "~~*", "!~~*", "concat", "concat_ws", "string_agg", "md5", "sha256", "printf", "format"])
ORDER_MATTERS = frozenset(
    "list array_agg first last arbitrary any_value string_agg group_concat listagg arg_min arg_max min_by max_by "
    "argmin argmax arg_min_null arg_max_null mode json_group_array json_group_object variant_group_array".split()
)


class ExpressionSyntaxError(SourceError):
    """What is no single SQL expression, or no SQL at all; it may still be the name of a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceExpression:
    """A checked expression: `columns` as written, whether it aggregates, and its tree."""

    text: str
    columns: tuple[str, ...]
    aggregate: bool
    tree: str

    @property
    def bare(self) -> str | None:
        """The column's name where the expression is nothing but a column."""
        node = json.loads(self.tree)
        return self.columns[0] if node["class"] == "COLUMN_REF" and len(node["column_names"]) == 1 else None

    @property
    def order_matters(self) -> bool:
        """Whether an aggregate in it depends on the order of the rows."""
        return any(_function(node) in ORDER_MATTERS for node in _walk(json.loads(self.tree)))

    @property
    def usage(self) -> dict[str, Usage]:
        """What each column (by folded name) is counted on to be."""
        used: dict[str, Usage] = {name.casefold(): "any" for name in self.columns}
        for node in _walk(json.loads(self.tree)):
            wanted, parts = _wanted(node)
            if wanted == "any":
                continue
            for part in parts:
                if part.get("class") == "COLUMN_REF" and len(part["column_names"]) == 1:
                    name = part["column_names"][0].casefold()
                    # arithmetic decides: without numbers it cannot be done
                    if used.get(name) == "any" or used.get(name) == "text" and wanted == "number":
                        used[name] = wanted
        return used

    def sql(self, names: Mapping[str, str], *, order_by: str | None = None, guarded: bool = False) -> str:
        """The expression as SQL.

        `names` replaces columns (by their folded names). Aggregates that depend on order follow the column `order_by`;
        with `guarded`, what an aggregate cannot work out for a row counts as null there.
        """
        tree = _renamed(json.loads(self.tree), names)
        for node in _walk(tree):
            if _function(node) in aggregates():
                if order_by and _function(node) in ORDER_MATTERS:
                    _order(node, order_by)
                if guarded:
                    _guard(node)
        return _render(tree)

    def arguments(self, names: Mapping[str, str]) -> list[str]:
        """The SQL of what its aggregates read of each row, plain columns aside."""
        tree = _renamed(json.loads(self.tree), names)
        return [
            _render(argument)
            for node in _walk(tree)
            if _function(node) in aggregates()
            for argument in [*_arguments(node), *([node["filter"]] if node.get("filter") else [])]
            if argument["class"] not in ("COLUMN_REF", "CONSTANT")
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceQuery:
    """A checked SELECT, with the files it names as absolute patterns."""

    sql: str
    files: tuple[str, ...]


def parse_expression(text: str, *, aggregates: bool) -> SourceExpression:
    """The expression in `text`.

    Raises SourceError where it is no single expression, or does what none may: read files or tables, the clock, the
    session, chance. `aggregates` tells whether `sum(…)` and the like are welcome.
    """
    select = _statement(f"SELECT {text}", shown=text)
    plain = {"type": "SELECT_NODE", "modifiers": [], "where_clause": None, "group_expressions": [], "group_sets": [],
             "having": None, "sample": None, "qualify": None}  # fmt: skip
    if (
        any(select.get(key) != value for key, value in plain.items())
        or select["from_table"]["type"] != "EMPTY"
        or select["cte_map"]["map"]
        or len(select["select_list"]) != 1
        or select["select_list"][0].get("alias")
    ):
        raise ExpressionSyntaxError(
            f"'{_short(text)}' is not one expression.", hint="Write a column or one SQL expression over columns."
        )
    tree = select["select_list"][0]
    found: dict[str, None] = {}
    parameters = {name for node in _walk(tree) if node["class"] == "LAMBDA" for name in _lambda_names(node)}
    aggregating = False
    for node in _walk(tree):
        kind = node["class"]
        if kind not in EXPRESSION_CLASSES:
            reason = REFUSED_CLASSES.get(kind, f"{kind.capitalize()} has no place in an expression.")
            raise SourceError(f"'{text}': {reason}")
        if kind == "COLUMN_REF" and node["column_names"][0] not in parameters:
            found[node["column_names"][0]] = None
        if kind == "FUNCTION":
            _check_function(node, text)
            aggregating |= _function(node) in _names("aggregate")
    if aggregating and not aggregates:
        raise SourceError(
            f"'{text}': an aggregate has no place here.", hint="Aggregates belong to `properties:` of a grouped source."
        )
    return SourceExpression(text=text, columns=tuple(found), aggregate=aggregating, tree=json.dumps(tree))


def column_expression(name: str) -> SourceExpression:
    """The expression that is the column `name`, whatever characters it holds."""
    tree = {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": [name]}
    return SourceExpression(text=name, columns=(name,), aggregate=False, tree=json.dumps(tree))


def parse_query(text: str, folder: Path | None = None) -> SourceQuery:
    """The SELECT in `text`, its relative paths taken from `folder`.

    Raises SourceError where it is not exactly one SELECT, or reads anything but files named in it as plain text.
    """
    statement = text.strip().rstrip(";")
    select = _statement(statement, shown=text)
    files: list[str] = []
    known = {entry["key"].casefold() for node in _nodes(select, "map") for entry in node["map"] if "key" in entry}

    def absolute(path: str) -> str:
        if "://" in path:
            raise SourceError(f"The query reads '{path}'.", hint="A source reads files of this machine only.")
        files.append(path if folder is None else str(folder / path))
        return files[-1]

    for node in list(_nodes(select, "type")):
        if node["type"] == "TABLE_FUNCTION":
            _check_table_function(node["function"], absolute)
        elif node["type"] == "BASE_TABLE":
            name = node["table_name"]
            if node.get("schema_name") or node.get("catalog_name"):
                raise SourceError(f"The query reads the table '{name}'.", hint="A source reads files.")
            if name.casefold() not in known:
                if not any(sign in name for sign in "./\\*"):
                    raise SourceError(
                        f"The query reads '{name}', which is no file.", hint="Write the file's path: FROM 'data/x.csv'."
                    )
                node["table_name"] = absolute(name)
                node["qualified_name"] = {"path": [node["table_name"]]}
        elif node["type"] == "SHOW_REF":
            raise SourceError("A source's query is a SELECT; DESCRIBE, SHOW and SUMMARIZE have no place in it.")
        elif node.get("class") == "FUNCTION" and _function(node) not in FILE_READERS | OTHER_TABLE_FUNCTIONS:
            _check_function(node, text)
        elif node.get("class") == "PARAMETER":
            raise SourceError("A parameter has no place in a source's query.", hint="Write the value.")
    return SourceQuery(sql=_deserialize(select), files=tuple(dict.fromkeys(files)))


def quote_text(text: str) -> str:
    """The text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def aggregates() -> frozenset[str]:
    """The names of the aggregate functions."""
    return _names("aggregate")


def _statement(sql: str, *, shown: str) -> Node:
    """The tree of the one SELECT in `sql`."""
    try:
        row = _parser().execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    except duckdb.Error as error:
        raise ExpressionSyntaxError(f"'{_short(shown)}' is no SQL: {_first_line(error)}") from None
    parsed = json.loads(row[0] if row else "{}")
    if parsed.get("error"):
        if parsed.get("error_type") == "parser":
            raise ExpressionSyntaxError(f"'{_short(shown)}' is no SQL: {parsed.get('error_message')}.")
        raise SourceError(f"'{_short(shown)}' is not a plain SELECT.", hint="A source only ever reads.")
    statements = parsed["statements"]
    if len(statements) != 1:
        raise SourceError(
            f"'{_short(shown)}' holds {len(statements)} statements.", hint="Take out the semicolon and what follows."
        )
    return cast(Node, statements[0]["node"])


def _check_function(node: Node, text: str) -> None:
    name = _function(node)
    if node.get("schema") or node.get("catalog"):
        raise SourceError(f"'{_short(text)}': a function is named without a schema.")
    if name in _names("unstable") or name in REFUSED_MACROS or name.startswith(("pg_", "inet_", "has_")):
        raise SourceError(
            f"'{_short(text)}': {name}() gives another answer each time, or one that is no matter of the file.",
            hint="A second import has to give the same rows.",
        )
    if name in FILE_READERS or name in OTHER_TABLE_FUNCTIONS or name in _names("table") - _names("scalar"):
        raise SourceError(f"'{_short(text)}': {name}() makes rows, and an expression makes one value.")


def _check_table_function(node: Node, absolute: Callable[[str], str]) -> None:
    name = _function(node)
    if name in OTHER_TABLE_FUNCTIONS:
        return
    if name not in FILE_READERS:
        raise SourceError(f"The query calls {name}().", hint="A source reads files: read_csv, read_parquet, read_json.")
    paths = _arguments(node)[:1]
    paths = [path for node in paths for path in (_arguments(node) if _function(node) == "list_value" else [node])]
    for path in paths:
        literal = path.get("literal", {})
        if path["class"] != "CONSTANT" or literal.get("kind") != "STRING":
            raise SourceError(f"The query computes a path in {name}().", hint="Write the paths as plain text.")
        literal["text"] = absolute(literal["text"])


def _wanted(node: Node) -> tuple[Usage, list[Node]]:
    """What an expression counts on its direct parts to be, and these parts."""
    kind = node["class"]
    if kind == "FUNCTION":
        name = _function(node)
        return ("number" if name in _NUMERIC else "text" if name in _TEXTUAL else "any"), _arguments(node)
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
    } | {"number" for part in parts if _function(part) in _NUMERIC}
    return ("number" if "number" in kinds else "text" if "text" in kinds else "any"), parts


def _is_text_type(node: Node) -> bool:
    return str(node.get("type_expr", {}).get("type_name", "")).upper() in ("VARCHAR", "TEXT", "STRING", "CHAR")


def _renamed(tree: Node, names: Mapping[str, str]) -> Node:
    for node in _walk(tree):
        if node["class"] == "COLUMN_REF":
            first, *rest = node["column_names"]
            node["column_names"] = [names.get(first.casefold(), first), *rest]
    return tree


def _order(node: Node, column: str) -> None:
    if node["order_bys"]["orders"]:
        return
    # DISTINCT allows no order but by what is aggregated
    by = _arguments(node)[0] if node["distinct"] else _column(column)
    node["order_bys"]["orders"] = [{"type": "ORDER_DEFAULT", "null_order": "ORDER_DEFAULT", "expression": by}]


def _guard(node: Node) -> None:
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


def _render(tree: Node) -> str:
    """The SQL of an expression's tree."""
    select = _statement("SELECT 1", shown="")
    select["select_list"] = [tree]
    return _deserialize(select).removeprefix("SELECT ")


def _deserialize(select: Node) -> str:
    parsed = {"error": False, "statements": [{"node": select, "named_param_map": []}]}
    row = _parser().execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(parsed)]).fetchone()
    return str(row[0]) if row else ""


def _function(node: Node) -> str:
    return str(node.get("function_name") or "").casefold() if node.get("class") == "FUNCTION" else ""


def _arguments(node: Node) -> list[Node]:
    return [argument["expression"] for argument in node.get("arguments", [])]


def _lambda_names(node: Node) -> Iterator[str]:
    for part in _walk(node["lhs"]):
        if part["class"] == "COLUMN_REF":
            yield part["column_names"][0]


def _walk(tree: Node) -> Iterator[Node]:
    """The expression nodes of a tree, outermost first."""
    return _nodes(tree, "class")


def _nodes(tree: object, key: str) -> Iterator[Node]:
    if isinstance(tree, dict):
        if key in tree:
            yield tree
        for value in list(tree.values()):
            yield from _nodes(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value, key)


@cache
def _names(kind: str) -> frozenset[str]:
    """The names of functions: 'aggregate', 'table', 'scalar', or 'unstable' (not the same answer each time)."""
    conditions = {
        "aggregate": "function_type = 'aggregate'",
        "table": "function_type IN ('table', 'table_macro')",
        "scalar": "function_type IN ('scalar', 'macro', 'aggregate')",
        "unstable": "stability <> 'CONSISTENT'",
    }
    rows = _parser().execute(f"SELECT DISTINCT function_name FROM duckdb_functions() WHERE {conditions[kind]}")
    return frozenset(name.casefold() for (name,) in rows.fetchall())


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"python_enable_replacements": "false", "threads": "1"})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _parser() -> duckdb.DuckDBPyConnection:
    """A cursor that parses; one a call, for threads."""
    return _engine().cursor()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else flat[:79] + "…"
