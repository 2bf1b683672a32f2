"""Queries in the dialects of the engines: what differs is an entry in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import TokenType, exp

COMPILED = "duckdb"  # the dialect that compilers write

Change = Callable[[exp.Expr], None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """An engine's dialect: its name to the translator, and what has to be changed in a query besides, in place."""

    name: str
    changes: tuple[Change, ...] = ()


def translated(query: str, engine: str, comments: Mapping[str, str]) -> str:
    """The query, formatted, for an engine; above each of its steps stands the comment of that name."""
    dialect = ENGINES[engine]
    tree = sqlglot.parse_one(query, read=COMPILED)
    for change in dialect.changes:
        change(tree)
    text = tree.sql(dialect=dialect.name, pretty=True)
    for name, start in reversed(list(_heads(text, dialect, [step.alias for step in tree.find_all(exp.CTE)]))):
        if name in comments:
            text = f"{text[:start].rstrip()}\n-- {one_line(comments[name])}\n{text[start:]}"
    return text


def one_line(text: str) -> str:
    """The text on one line, as a comment must be: whatever ends a line, or joins the next one to it, is a blank."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return f"{line} " if line.endswith("\\") else line


def _heads(text: str, dialect: Dialect, steps: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The steps of a query, and where in its text each begins; what stands in quotes is no step."""
    waiting = list(steps)
    depth = 0
    for token in sqlglot.tokenize(text, read=dialect.name):
        if waiting and depth == 0 and token.text == waiting[0]:
            yield waiting.pop(0), token.start
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)


def _in_decimals(tree: exp.Expr) -> None:
    """Whole numbers of 128 bits are decimals without places."""
    for node in list(tree.find_all(exp.DataType)):
        if node.this == exp.DataType.Type.INT128:
            node.replace(exp.DataType.build("DECIMAL(38, 0)"))


def _with_whole_windows(tree: exp.Expr) -> None:
    """A frame over a named window takes its place: `(w ROWS …)` becomes `(PARTITION BY … ORDER BY … ROWS …)`."""
    for select in tree.find_all(exp.Select):
        named = {window.name: window for window in select.args.get("windows") or ()}
        for node in select.find_all(exp.Window):
            base = named.get(node.alias)
            if base is not None and node.args.get("spec") is not None and node.find_ancestor(exp.Select) is select:
                node.set("alias", None)
                node.set("partition_by", [part.copy() for part in base.args.get("partition_by") or ()])
                node.set("order", base.args["order"].copy())


def _with_cases_for_filters(tree: exp.Expr) -> None:
    """A window counts no `FILTER`: `count(*) FILTER (WHERE c)` becomes `count(CASE WHEN c THEN 1 END)`."""
    for node in list(tree.find_all(exp.Window)):
        if isinstance(node.this, exp.Filter):
            counted, condition = node.this.this, node.this.expression.this
            value = exp.Literal.number(1) if isinstance(counted.this, exp.Star) else counted.this
            counted.set("this", exp.Case().when(condition, value))
            node.set("this", counted)


def _with_tried_casts(tree: exp.Expr) -> None:
    """Of `TRY` there is the cast that gives null."""
    for node in list(tree.find_all(exp.Try)):
        for cast in list(node.find_all(exp.Cast)):
            if cast.to.this == exp.DataType.Type.BIGINT:
                cast.replace(exp.TryCast(this=cast.this, to=cast.to))
        node.replace(node.this)


ENGINES: Mapping[str, Dialect] = {
    "duckdb": Dialect("duckdb"),
    "spark": Dialect("spark", (_in_decimals, _with_whole_windows, _with_cases_for_filters, _with_tried_casts)),
}
