"""SQL that a source's author writes: read by DuckDB's own parser, checked, and rendered again from the tree.

    expression = parse_expression("quantity * price", aggregates=False)
    expression.columns                            # {'quantity', 'price'}
    expression.sql({"quantity": "c0", "price": "c1"})

What runs is always the rendered tree, never the text: comments and whatever could follow a semicolon are gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tenure.errors import SourceError
from tenure.warehouse.sql_tree import (
    ORDER_MATTERS,
    ExpressionSyntaxError,
    Node,
    Usage,
    aggregates,
    arguments_of,
    deserialize,
    function_name,
    function_names,
    guard,
    lambda_names,
    nodes,
    put_in_order,
    renamed,
    render,
    short,
    statement,
    walk,
    wanted_of,
)

EXPRESSION_CLASSES = frozenset(
    "COLUMN_REF CONSTANT FUNCTION OPERATOR COMPARISON CONJUNCTION CAST CASE BETWEEN LAMBDA LAMBDA_REF COLLATE "
    "TYPE".split()
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
OTHER_TABLE_FUNCTIONS = frozenset(
    "range generate_series unnest repeat json_each json_tree regexp_split_to_table".split()
)
# macros that read the clock, the session or the server; functions that do are told by their stability
REFUSED_MACROS = frozenset("ago user session_user current_user current_role current_catalog get_block_size".split())


# a SELECT of nothing but values
_PLAIN_SELECT: Node = {
    "type": "SELECT_NODE", "modifiers": [], "where_clause": None, "group_expressions": [], "group_sets": [],
    "having": None, "sample": None, "qualify": None,
}  # fmt: skip


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
    def usage(self) -> dict[str, Usage]:
        """What each column (by folded name) is counted on to be."""
        used: dict[str, Usage] = {name.casefold(): "any" for name in self.columns}
        for node in walk(json.loads(self.tree)):
            wanted, parts = wanted_of(node)
            if wanted == "any":
                continue
            for part in parts:
                if part.get("class") == "COLUMN_REF" and len(part["column_names"]) == 1:
                    name = part["column_names"][0].casefold()
                    # arithmetic decides: without numbers it cannot be done
                    if used.get(name) == "any" or (used.get(name) == "text" and wanted == "number"):
                        used[name] = wanted
        return used

    def sql(self, names: Mapping[str, str], *, order_by: str | None = None, guarded: bool = False) -> str:
        """The expression as SQL.

        `names` replaces columns (by their folded names). Aggregates that depend on order follow the column `order_by`;
        with `guarded`, what an aggregate cannot work out for a row counts as null there.
        """
        tree = renamed(json.loads(self.tree), names)
        for node in walk(tree):
            if function_name(node) in aggregates():
                if order_by and function_name(node) in ORDER_MATTERS:
                    put_in_order(node, order_by)
                if guarded:
                    guard(node)
        return render(tree)

    def arguments(self, names: Mapping[str, str]) -> list[str]:
        """The SQL of what its aggregates read of each row, plain columns aside."""
        tree = renamed(json.loads(self.tree), names)
        return [
            render(argument)
            for node in walk(tree)
            if function_name(node) in aggregates()
            for argument in [*arguments_of(node), *([node["filter"]] if node.get("filter") else [])]
            if argument["class"] not in ("COLUMN_REF", "CONSTANT")
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceQuery:
    """A checked SELECT, with the files it names as absolute patterns."""

    sql: str
    files: tuple[str, ...]


def quote_text(text: str) -> str:
    """The text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def parse_expression(text: str, *, aggregates: bool) -> SourceExpression:
    """The expression in `text`.

    Raises SourceError where it is no single expression, or does what none may: read files or tables, the clock, the
    session, chance. `aggregates` tells whether `sum(…)` and the like are welcome.
    """
    select = statement(f"SELECT {text}", shown=text)
    if (
        any(select.get(key) != value for key, value in _PLAIN_SELECT.items())
        or select["from_table"]["type"] != "EMPTY"
        or select["cte_map"]["map"]
        or len(select["select_list"]) != 1
        or select["select_list"][0].get("alias")
    ):
        raise ExpressionSyntaxError(
            f"'{short(text)}' is not one expression.", hint="Write a column or one SQL expression over columns."
        )
    tree = select["select_list"][0]
    found: dict[str, None] = {}
    parameters = {name for node in walk(tree) if node["class"] == "LAMBDA" for name in lambda_names(node)}
    aggregating = False
    for node in walk(tree):
        kind = node["class"]
        if kind not in EXPRESSION_CLASSES:
            reason = REFUSED_CLASSES.get(kind, f"{kind.capitalize()} has no place in an expression.")
            raise SourceError(f"'{text}': {reason}")
        if kind == "COLUMN_REF" and node["column_names"][0] not in parameters:
            found[node["column_names"][0]] = None
        if kind == "FUNCTION":
            _check_function(node, text)
            aggregating |= function_name(node) in function_names("aggregate")
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
    query = text.strip().rstrip(";")
    select = statement(query, shown=text)
    files: list[str] = []
    known = {entry["key"].casefold() for node in nodes(select, "map") for entry in node["map"] if "key" in entry}

    def absolute(path: str) -> str:
        if "://" in path:
            raise SourceError(f"The query reads '{path}'.", hint="A source reads files of this machine only.")
        files.append(path if folder is None else str(folder / path))
        return files[-1]

    for node in list(nodes(select, "type")):
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
        elif node.get("class") == "FUNCTION" and function_name(node) not in FILE_READERS | OTHER_TABLE_FUNCTIONS:
            _check_function(node, text)
        elif node.get("class") == "PARAMETER":
            raise SourceError("A parameter has no place in a source's query.", hint="Write the value.")
    return SourceQuery(sql=deserialize(select), files=tuple(dict.fromkeys(files)))


def _check_function(node: Node, text: str) -> None:
    name = function_name(node)
    if node.get("schema") or node.get("catalog"):
        raise SourceError(f"'{short(text)}': a function is named without a schema.")
    if name in function_names("unstable") or name in REFUSED_MACROS or name.startswith(("pg_", "inet_", "has_")):
        raise SourceError(
            f"'{short(text)}': {name}() gives another answer each time, or one that is no matter of the file.",
            hint="A second import has to give the same rows.",
        )
    if (
        name in FILE_READERS
        or name in OTHER_TABLE_FUNCTIONS
        or name in function_names("table") - function_names("scalar")
    ):
        raise SourceError(f"'{short(text)}': {name}() makes rows, and an expression makes one value.")


def _check_table_function(node: Node, absolute: Callable[[str], str]) -> None:
    name = function_name(node)
    if name in OTHER_TABLE_FUNCTIONS:
        return
    if name not in FILE_READERS:
        raise SourceError(f"The query calls {name}().", hint="A source reads files: read_csv, read_parquet, read_json.")
    paths = arguments_of(node)[:1]
    paths = [path for node in paths for path in (arguments_of(node) if function_name(node) == "list_value" else [node])]
    for path in paths:
        literal = path.get("literal", {})
        if path["class"] != "CONSTANT" or literal.get("kind") != "STRING":
            raise SourceError(f"The query computes a path in {name}().", hint="Write the paths as plain text.")
        literal["text"] = absolute(literal["text"])
