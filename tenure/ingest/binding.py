"""Source expressions bound to a table: which columns they read, as what, and of which type their value is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenure.documents import did_you_mean, listing
from tenure.documents.wording import shown
from tenure.errors import SourceError
from tenure.ingest.columns import READINGS, Column, Kind, Reading
from tenure.ingest.reading import POSITION, SAMPLE_ROWS
from tenure.ingest.relation import Relation
from tenure.warehouse.sandbox import Sandbox, SandboxError
from tenure.warehouse.source_sql import SourceExpression, column_expression, parse_expression
from tenure.warehouse.sql_tree import ExpressionSyntaxError

# ids are text, so that text is tried first
TEXT_FIRST: tuple[Reading, ...] = ("text", "exact", "whole", "double")
SAMPLED_VALUES = 2_000
_TYPES: dict[tuple[str, ...], str] = {}
_WRONG: dict[Kind, str] = {
    "number": "is no number",
    "mixed": "is no number",
    "truth": "is neither true nor false",
    "moment": "is no date or time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """An expression over a table's rows: its SQL, the type of its value, and checks.

    `checks` pairs SQL conditions under which a row is refused with the reasons; `column` is the column where it is
    nothing else, `simple` tells that it cannot fail.
    """

    role: str
    text: str
    sql: str
    type: str
    checks: tuple[tuple[str, str], ...] = ()
    column: Column | None = None
    aggregate: bool = False
    simple: bool = False


class Binder:
    """Binds the expressions of one source to one table."""

    def __init__(self, relation: Relation, sandbox: Sandbox) -> None:
        self.relation = relation
        self._sandbox = sandbox
        self._typed: dict[str, str] = {}
        if not relation.native:
            sandbox.create("sample", relation.sample)

    @property
    def typed(self) -> str:
        """The list of columns as expressions need them, to be selected beside the table's own."""
        return "".join(f", {sql} AS {alias}" for sql, alias in self._typed.items())

    def parse(self, text: str, role: str, *, aggregates: bool = False) -> SourceExpression:
        """The expression in `text`, or the column that is called so; its columns exist."""
        name = text.strip()
        if name in self.relation.columns:
            return column_expression(self.relation.columns[name].name)
        try:
            expression = parse_expression(text, aggregates=aggregates)
        except ExpressionSyntaxError as error:
            raise SourceError(
                f"{self.relation.name} has no column '{name}' ({role}), and it is no SQL expression either: {error}",
                hint=self._columns(name),
            ) from error
        for column in expression.columns:
            if column not in self.relation.columns:
                raise SourceError(
                    f"{self.relation.name} has no column '{column}' ({role}).", hint=self._columns(column)
                )
        return expression

    def bind(self, text: str, role: str, *, aggregates: bool = False, readings: Sequence[Reading] = READINGS) -> Bound:
        """The expression in `text`, bound in the first way in which it can be worked out."""
        expression = self.parse(text, role, aggregates=aggregates)
        bare = expression.bare
        if bare is not None:
            column = self.relation.columns[bare]
            return Bound(role=role, text=text, sql=column.sql, type=column.type, column=column, simple=True)
        if self.relation.native:
            readings = ("exact",)
        first: SandboxError | None = None
        working: Bound | None = None
        for reading in dict.fromkeys(readings):
            try:
                bound, failing = self._attempt(expression, text, role, reading)
            except SandboxError as error:
                first = first or error
                continue
            if not failing:
                return bound
            working = working or bound
        if working is not None:
            return working
        reason = first.message if first else "it cannot be worked out"
        raise SourceError(
            f"{role}: '{text}' cannot be worked out: {reason}", hint=self._examples(expression)
        ) from first

    def values(self, sql: str) -> list[str]:
        """Some values of an SQL expression over the table's rows, as text."""
        table = self._sandbox.table(
            f"SELECT CAST(v AS VARCHAR) AS v FROM (SELECT {sql} AS v FROM {self._sampled()}) "
            f"WHERE v IS NOT NULL LIMIT {SAMPLED_VALUES}"
        )
        return [str(value) for value in table["v"].to_pylist()]

    def _attempt(self, expression: SourceExpression, text: str, role: str, reading: Reading) -> tuple[Bound, bool]:
        """The expression read in one way, and whether that fails for most of the sample."""
        usage = expression.usage
        names: dict[str, str] = {}
        checks: list[tuple[str, str]] = []
        before = dict(self._typed)
        for name in expression.columns:
            column = self.relation.columns[name]
            sql, wrong = column.read(reading, usage[name.casefold()])
            names[name.casefold()] = column.sql if sql == column.sql else self._alias(sql)
            if wrong:
                checks.append((self._alias(wrong), f"{column.name} {_WRONG[column.kind]}"))
        sql = expression.sql(names, order_by=POSITION, guarded=True)
        arguments = expression.arguments(names) if expression.aggregate else []
        try:
            type_ = self._type(sql)
            failing = False
            if not self.relation.native:
                failing = self._fails(arguments if expression.aggregate else [sql])
        except SandboxError:
            self._typed = before
            raise
        checks += [
            (f"TRY(struct_pack(v := {argument})) IS NULL", f"{role} cannot be worked out") for argument in arguments
        ]
        return Bound(
            role=role, text=text, sql=sql, type=type_, checks=tuple(checks), aggregate=expression.aggregate
        ), failing

    def _fails(self, expressions: list[str]) -> bool:
        """Whether most of the sample's rows cannot be worked out."""
        for sql in expressions:
            table = self._sandbox.table(
                f"SELECT count(*) FILTER (WHERE TRY(struct_pack(v := {sql})) IS NULL) AS bad, count(*) AS n "
                f"FROM {self._sampled()}"
            )
            if table["bad"][0].as_py() * 2 > table["n"][0].as_py():
                return True
        return False

    def _type(self, sql: str) -> str:
        if not self.relation.native:
            return self._sandbox.types(f"SELECT {sql} AS v FROM {self._sampled()}")["v"]
        # a type depends on those of the columns alone, and the next file mostly has the same
        known = sql, *(column.type for column in self.relation.columns)
        if known not in _TYPES:
            _TYPES[known] = self._sandbox.types(f"SELECT {sql} AS v FROM ({self.relation.rows})")["v"]
        return _TYPES[known]

    def _sampled(self) -> str:
        return f"(SELECT *{self.typed} FROM {'sample' if not self.relation.native else f'({self.relation.sample})'})"

    def _alias(self, sql: str) -> str:
        return self._typed.setdefault(sql, f"t{len(self._typed)}")

    def _columns(self, name: str) -> str:
        guess = did_you_mean(name, self.relation.columns.names)
        names = self.relation.columns.names
        listed = f"Columns: {listing(names[:30], 'and')}{' …' if len(names) > 30 else ''}."
        return f"{guess} {listed}".strip()

    def _examples(self, expression: SourceExpression) -> str:
        """What stands in the columns where arithmetic wants numbers."""
        counted_on = [self.relation.columns[name] for name, usage in expression.usage.items() if usage == "number"]
        for column in sorted(counted_on, key=lambda column: column.kind == "mixed"):
            if column.kind != "number" and column.example is not None:
                comma = ' With a decimal comma, add `decimal: ","`.' if "," in column.example else ""
                return f"The column {column.name} holds {shown(column.example)}, which is no number.{comma}"
        return f"Types come from the first {SAMPLE_ROWS:,} lines; write a cast where they mislead."
