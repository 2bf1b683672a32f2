"""Queries in the dialects of the engines: what differs is an entry in a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

COMPILED = "duckdb"  # the dialect that compilers write


@dataclass(frozen=True, slots=True)
class Dialect:
    """An engine's dialect: its name to the translator, and its word for whole numbers of 128 bits."""

    name: str
    wide: str


ENGINES: Mapping[str, Dialect] = {
    "duckdb": Dialect(name="duckdb", wide="HUGEINT"),
    "spark": Dialect(name="spark", wide="DECIMAL(38, 0)"),
}

_STEP = re.compile(r"^-- (?P<comment>.*)$")


def translated(query: str, engine: str) -> str:
    """The query, formatted, for an engine; the comment of each step stands above it."""
    dialect = ENGINES[engine]
    comments = [found["comment"] for line in query.splitlines() if (found := _STEP.match(line.removeprefix("WITH ")))]
    tree = sqlglot.parse_one(query, read=COMPILED)
    tree = tree.transform(_adapted, dialect)
    for node in tree.walk():
        node.comments = None
    text = tree.sql(dialect=dialect.name, pretty=True)
    steps = [step.alias for step in tree.find_all(exp.CTE)]
    for name, comment in zip(steps, comments, strict=True):
        text = _commented(text, name, comment)
    return text


def _commented(text: str, step: str, comment: str) -> str:
    """The text with a comment in the line above the head of a step."""
    head = re.search(rf"^(?P<before>WITH |\), )?(?P<step>{re.escape(step)} AS \()", text, flags=re.MULTILINE)
    if head is None:
        return text
    before = f"{head['before'].rstrip()}\n" if head["before"] else ""
    return f"{text[: head.start()]}{before}-- {comment}\n{text[head.start('step') :]}"


def _adapted(node: exp.Expression, dialect: Dialect) -> exp.Expression:
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.INT128 and dialect.name != COMPILED:
        return exp.DataType.build(dialect.wide)
    return node
