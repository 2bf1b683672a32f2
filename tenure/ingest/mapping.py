"""How the rows of a source become events: one SELECT over its table, made from the source's expressions.

    lines      the rows as they are read, then as the expressions need them
    kept       those that `where` lets through, or for which it cannot be worked out
    worked     with the expressions worked out row by row
    judged     with the reason why a row is refused, if any
    grouped    one row a group, where the source has one
    valued     with amounts as exact decimals, in the workspace's currency

Columns of the result: those of an arriving row, but for the time two: `local_time` (microseconds in the source's time
zone) and `moment` (microseconds UTC); `dropped` counts values that are no numbers, `lines` the rows behind an event.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tenure.documents.wording import shown
from tenure.errors import SourceError
from tenure.events import ALIASES, EVENTS
from tenure.ingest.binding import TEXT_FIRST, Binder, Bound
from tenure.ingest.columns import Column, number_text
from tenure.ingest.reading import POSITION
from tenure.ingest.relation import Relation
from tenure.ingest.source import IDENTIFIED, Source
from tenure.ingest.timestamps import EARLIEST, LATEST, time_columns
from tenure.ingest.values import (
    MONEY_LIMIT,
    MONEY_TYPE,
    bare_json,
    decimal_json,
    is_nested,
    is_number,
    json_value,
    object_json,
)
from tenure.warehouse.sandbox import Sandbox
from tenure.warehouse.source_sql import quote_text

MONEY_NAMES = frozenset(
    "revenue total amount margin value price mrr mrr_delta subtotal shipping tax discount cost refund".split()
)
# a table in the sandbox: currency, day (since 1970), rate DECIMAL(16,8); every day from the first to the last
RATES = "rates"
_DAY = 86_400_000_000
_JSON_NUMBERS = "('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')"
# what the rows of a group agree on, and what is said where they do not
_AGREEING = {
    "customer": "the rows of the group name different customers",
    "anonymous": "the rows of the group name different visitors",
    "account": "the rows of the group name different accounts",
    "event": "the rows of the group name different events",
    "currency": "the rows of the group have different currencies",
    "id": "the rows of the group have different ids",
}
_MISSING = {"event": "no event name", "group": "no group", "id": "no id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """The workspace's currency, and the last day (since 1970) that the rates know."""

    currency: str
    last_day: int


def mapping(source: Source, relation: Relation, sandbox: Sandbox, conversion: Conversion | None = None) -> str:
    """The SELECT that makes the rows of `relation` into arriving rows.

    Raises SourceError where an expression names a column that is not there, or cannot be worked out at all.
    """
    return _Mapping(source=source, relation=relation, binder=Binder(relation, sandbox), conversion=conversion).sql()


@dataclass(slots=True, kw_only=True)
class _Mapping:
    source: Source
    relation: Relation
    binder: Binder
    conversion: Conversion | None
    # columns with their SQL, step by step
    tried: dict[str, str] = field(default_factory=dict)
    worked: dict[str, str] = field(default_factory=dict)
    grouped: dict[str, str] = field(default_factory=dict)
    valued: dict[str, str] = field(default_factory=dict)
    # conditions with reasons to refuse a row, and later an event
    refusals: list[tuple[str, str]] = field(default_factory=list)
    late: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    amounts: list[str] = field(default_factory=list)

    def sql(self) -> str:
        """The whole SELECT."""
        kept = self._kept()
        roles = self._roles()
        self._time()
        properties = {name: self._value("properties", name, text) for name, text in self.source.properties.items()}
        traits = {name: self._value("traits", name, text) for name, text in self.source.traits.items()}
        if self.source.currency_column is not None:
            self._check_currency()
        rows = "judged"
        steps = [
            f"lines AS (SELECT *{self.binder.typed} FROM ({self.relation.rows}))",
            kept,
            f"tried AS (SELECT *{_listed(self.tried)} FROM kept)",
            f"worked AS (SELECT *{_listed(self.worked)} FROM tried)",
            f"judged AS (SELECT *, coalesce(unkept, {_reason(self.refusals)}) AS reason FROM worked)",
        ]
        refused_row = f"CASE WHEN reason IS NOT NULL THEN {self.relation.raw} END"
        if self.source.group is not None:
            steps.append(self._grouping(roles, refused_row))
            rows, refused_row = "grouped", "coalesce(refused, " + _described(roles) + ")"
        else:
            refused_row = self.relation.raw
            self.valued["lines"] = "1"
        steps += [
            self._priced(rows),
            f"valued AS (SELECT *{_listed(self.valued)} FROM priced)",
            f"final AS (SELECT *, coalesce(reason, {_reason(self.late)}) AS refusal FROM valued)",
        ]
        columns = {
            "customer_id": "r_customer" if "customer" in roles else "NULL",
            "anonymous_id": "r_anonymous" if "anonymous" in roles else "NULL",
            "account": "r_account" if "account" in roles else "NULL",
            "name": self._event_name(),
            "properties": object_json(properties),
            # a row that sets no trait leaves all of them as they are
            "traits": f"nullif({object_json(traits)}, '{{}}')" if traits else "NULL",
            "reason": "refusal",
            "raw": f"CASE WHEN refusal IS NOT NULL THEN {refused_row} END",
        }
        texts = ", ".join(f"CAST({sql} AS VARCHAR) AS {name}" for name, sql in columns.items())
        dropped = " + ".join(f"CAST(coalesce({sql}, false) AS INTEGER)" for sql in self.dropped) or "0"
        return (
            f"WITH {', '.join(steps)} SELECT CAST({POSITION} AS BIGINT) AS {POSITION}, "
            f"{self._message_id(roles)} AS message_id, {texts}, local_time, moment, {dropped} AS dropped, "
            f"CAST(lines AS BIGINT) AS lines FROM final"
        )

    def _kept(self) -> str:
        """The step that leaves out what `where` does not let through."""
        problems = [self.relation.problem] if self.relation.problem else []
        if self.source.where is None:
            return (
                f"kept AS (SELECT *, CAST(coalesce({', '.join([*problems, 'NULL'])}) AS VARCHAR) AS unkept FROM lines)"
            )
        bound = self.binder.bind(self.source.where, "where")
        if bound.type not in ("BOOLEAN", '"NULL"') and not is_number(bound.type):
            raise SourceError(
                f"where: '{self.source.where}' gives {bound.type}, and has to be true or false.",
                hint="Write a comparison: quantity > 0.",
            )
        checks = [*bound.checks, ("w IS NULL", "where cannot be worked out")]
        problem = f"coalesce({', '.join([*problems, _reason(checks)])})"
        return (
            f"asked AS (SELECT *, TRY(struct_pack(v := {bound.sql})) AS w FROM lines), "
            f"decided AS (SELECT *, {problem} AS unkept FROM asked), "
            f"kept AS (SELECT * FROM decided WHERE unkept IS NOT NULL OR coalesce(CAST(w.v AS BOOLEAN), false))"
        )

    def _roles(self) -> set[str]:
        """The ids that the source sets; each becomes a column of texts, `r_` and its name."""
        source = self.source
        texts = {
            "customer": source.customer_expression, "anonymous": source.anonymous, "account": source.account,
            "event": source.event_column, "currency": source.currency_column, "id": source.id, "group": source.group,
        }  # fmt: skip
        named = {"event": "event_column", "currency": "currency_column"}
        for role, text in texts.items():
            if text is None:
                continue
            bound = self.binder.bind(text, named.get(role, role), readings=TEXT_FIRST)
            self.refusals += bound.checks
            self.worked[f"r_{role}"] = _id_text(self._try(bound), bound.type, named.get(role, role))
            if role in _MISSING:
                self.refusals.append((f"r_{role} IS NULL", _MISSING[role]))
        if "r_currency" in self.worked:
            self.worked["r_currency"] = f"upper({self.worked['r_currency']})"
        roles = {role for role, text in texts.items() if text is not None}
        if "customer" in roles:
            known = "r_customer IS NULL" + (" AND r_anonymous IS NULL" if "anonymous" in roles else "")
            self.refusals.append((known, "no customer"))
        elif "anonymous" in roles and "account" not in roles:
            self.refusals.append(("r_anonymous IS NULL", "no visitor"))
        elif "account" in roles and "anonymous" not in roles:
            self.refusals.append(("r_account IS NULL", "no account"))
        if source.id is None and source.group is None:
            self.worked["r_content"] = f"md5({self.relation.content})"
        return roles

    def _time(self) -> None:
        bound = self.binder.bind(self.source.time, "time")
        self.refusals += bound.checks
        texts = bound.type in ("VARCHAR", "JSON") or bound.type.startswith("ENUM")
        samples = self.binder.values(f"TRY({bound.sql})" if not bound.simple else bound.sql) if texts else []
        value = self._try(bound)
        columns = time_columns(value, bound.type, samples=samples, where=f"time of source '{self.source.name}'")
        for name, sql in (("local_time", columns.local), ("moment", columns.moment)):
            self.worked[name] = f"CASE WHEN ({sql}) BETWEEN {EARLIEST} AND {LATEST} THEN {sql} END"
        self.refusals += [
            (f"{value} IS NULL", "no time"),
            ("local_time IS NULL AND moment IS NULL", "the time cannot be read"),
        ]

    def _value(self, role: str, name: str, text: str) -> str:
        """The SQL of a property or trait as JSON, over the columns of `valued`."""
        grouping = self.source.group is not None
        bound = self.binder.bind(text, f"{role}: {name}", aggregates=grouping)
        self.refusals += bound.checks
        value = f"v{len(self.worked) + len(self.grouped)}"
        cell = bound.column if bound.column is not None and not bound.column.native else None
        if bound.aggregate:
            self.grouped[value] = bound.sql
        else:
            json = cell.json if cell else None
            if json and role == "properties":
                # null says nothing of a property; of a trait it says that it is not known any more
                json = f"CASE WHEN json_type({json}) <> 'NULL' THEN {json} END"
            self.worked[value] = json or self._try(bound)
            if grouping:
                pick = '"first"' if role == "properties" else '"last"'
                self.grouped[value] = f"{pick}({value} ORDER BY {POSITION}) FILTER (WHERE {value} IS NOT NULL)"
        if role == "properties" and self._is_money(name, bound):
            return self._amount(name, value, bound, cell)
        if cell is not None:
            return _cell_json(value, cell)
        written = json_value(value, bound.type, grouped=bound.aggregate)
        if written.dropped:
            self.dropped.append(written.dropped)
        return written.sql

    def _amount(self, name: str, value: str, bound: Bound, cell: Column | None) -> str:
        """The SQL of an amount of money as JSON."""
        amount = f"a{len(self.amounts)}"
        number = value
        if cell is not None:
            if cell.kind not in ("number", "mixed") and cell.example is not None:
                comma = ' With a decimal comma, add `decimal: ","`.' if "," in cell.example else ""
                holds = f"the column {cell.name} holds {shown(cell.example)}"
                raise SourceError(
                    f"properties: {name}: {holds}, which is no amount.{comma}",
                    hint="Otherwise write an expression that makes it a number.",
                )
            number = number_text(f"({value} ->> '$')" if cell.json else value, comma=cell.comma)
        elif is_nested(bound.type) or bound.type in ("BOOLEAN", "DATE") or bound.type.startswith("TIME"):
            gives = f"'{bound.text}' gives {bound.type}"
            raise SourceError(f"properties: {name}: {gives}, which is no amount.", hint="Name a column of numbers.")
        finite = "true"
        if bound.type in ("DOUBLE", "FLOAT"):
            finite = f"isfinite({value})"
            self.dropped.append(f"({value} IS NOT NULL AND NOT isfinite({value}))")
        cast = f"TRY_CAST({number} AS {MONEY_TYPE})"
        self.amounts.append(value)
        self.late.append(
            (f"{value} IS NOT NULL AND {finite} AND ({amount} IS NULL OR abs({amount}) >= {MONEY_LIMIT})",
             f"{name} is no amount")
        )  # fmt: skip
        if self.source.currency_column is not None:
            cast = f"TRY_CAST(TRY_CAST({cast} AS DECIMAL(22,6)) * rate AS {MONEY_TYPE})"
        self.valued[amount] = cast
        return decimal_json(amount, MONEY_TYPE)

    def _is_money(self, name: str, bound: Bound) -> bool:
        event = self._constant_event()
        standard = EVENTS.get(event) if event else None
        if standard is not None and name in standard.properties:
            return standard.properties[name].type == "money"
        if bound.column is not None and not bound.column.native:
            return name in MONEY_NAMES and bound.column.kind in ("number", "mixed")
        return name in MONEY_NAMES and is_number(bound.type)

    def _check_currency(self) -> None:
        if self.conversion is None:
            raise SourceError(
                f"Source '{self.source.name}' has a currency_column, but the workspace has no currency or no rates.",
                hint="Add `currency: GBP` and `rates: rates.csv` (columns currency, date, rate) to tenure.yaml.",
            )
        given = " OR ".join(f"{value} IS NOT NULL" for value in self.amounts) or "false"
        # before the others: an amount without a rate is not even worked out
        self.late[:0] = [
            (f"({given}) AND r_currency IS NULL", "no currency"),
            (f"({given}) AND rate IS NULL", "no exchange rate"),
        ]

    def _grouping(self, roles: set[str], refused_row: str) -> str:
        """The step that makes one row of each group; a refused row stays alone."""
        agreeing = ""
        for role, reason in _AGREEING.items():
            if role in roles:
                agreeing += f", min(r_{role}) AS r_{role}, max(r_{role}) AS other_{role}"
                self.late.append((f"r_{role} <> other_{role}", reason))
        return (
            f"grouped AS (SELECT min({POSITION}) AS {POSITION}, r_group, reason{agreeing}, "
            f"min(local_time) AS local_time, min(moment) AS moment{_listed(self.grouped)}, "
            f"any_value({refused_row}) AS refused, count(*) AS lines FROM judged "
            f"GROUP BY r_group, reason, CASE WHEN reason IS NOT NULL THEN {POSITION} END)"
        )

    def _priced(self, rows: str) -> str:
        """The step that finds the exchange rate of each row."""
        if self.source.currency_column is None or self.conversion is None:
            return f"priced AS (SELECT * FROM {rows})"
        own = quote_text(self.conversion.currency)
        return (
            f"dated AS (SELECT *, CAST(least(floor(coalesce(local_time, moment) / {_DAY}), {self.conversion.last_day}) "
            f"AS INTEGER) AS day FROM {rows}), "
            f"priced AS (SELECT d.*, "
            f"CASE WHEN r_currency = {own} THEN CAST(1 AS DECIMAL(16,8)) ELSE r.rate END AS rate "
            f"FROM dated AS d LEFT JOIN {RATES} AS r ON r.currency = d.r_currency AND r.day = d.day)"
        )

    def _try(self, bound: Bound) -> str:
        """The SQL of a value that may fail for some rows: these are refused."""
        if bound.simple:
            return bound.sql
        name = f"e{len(self.tried)}"
        self.tried[name] = f"TRY(struct_pack(v := {bound.sql}))"
        self.refusals.append((f"{name} IS NULL", f"{bound.role} cannot be worked out"))
        return f"{name}.v"

    def _constant_event(self) -> str | None:
        if self.source.event_column is not None:
            return None
        written = self.source.event or IDENTIFIED
        return ALIASES.get(written, written)

    def _event_name(self) -> str:
        constant = self._constant_event()
        if constant is not None:
            return quote_text(constant)
        known = " ".join(f"WHEN {quote_text(alias)} THEN {quote_text(name)}" for alias, name in ALIASES.items())
        return f"CASE r_event {known} ELSE r_event END" if known else "r_event"

    def _message_id(self, roles: set[str]) -> str:
        own = "r_id" if "id" in roles else "r_group" if "group" in roles else "r_content"
        return f"{quote_text(self.source.name + ':')} || {own}"


def _cell_json(value: str, cell: Column) -> str:
    """The SQL of a cell of a text file as JSON."""
    if cell.json is None:
        if cell.kind == "truth":
            truth = f"lower(trim({value}))"
            return f"CASE WHEN {truth} IN ('true', 'false') THEN {truth} ELSE CAST(to_json({value}) AS VARCHAR) END"
        return bare_json(value, number_text(value, comma=cell.comma), numeric=cell.holds_numbers)
    text = f"({value} ->> '$')"
    number = bare_json(text, text, numeric=True)
    return f"CASE WHEN json_type({value}) IN {_JSON_NUMBERS} THEN {number} ELSE CAST({value} AS VARCHAR) END"


def _id_text(sql: str, type_: str, role: str) -> str:
    """The SQL of an id as text; a whole number has no decimals, blanks around it do not count."""
    if is_nested(type_):
        raise SourceError(f"{role} gives {type_}, which is no id.", hint="Name a column with one value a row.")
    if type_ in ("DOUBLE", "FLOAT"):
        whole = f"{sql} = trunc({sql}) AND abs({sql}) < {2**53}"
        return f"CASE WHEN {whole} THEN CAST(CAST({sql} AS BIGINT) AS VARCHAR) ELSE CAST({sql} AS VARCHAR) END"
    text = f"CAST({sql} AS VARCHAR)"
    if type_.startswith("DECIMAL") and not type_.endswith(",0)"):
        return f"rtrim(rtrim({text}, '0'), '.')"
    if type_ == "JSON":
        text = f"({sql} ->> '$')"
    return f"nullif(trim({text}), '')"


def _reason(refusals: list[tuple[str, str]]) -> str:
    """The SQL of the first reason that holds, null where none does."""
    if not refusals:
        return "CAST(NULL AS VARCHAR)"
    return "CASE " + " ".join(f"WHEN {condition} THEN {quote_text(reason)}" for condition, reason in refusals) + " END"


def _listed(columns: dict[str, str]) -> str:
    return "".join(f", {sql} AS {name}" for name, sql in columns.items())


def _described(roles: set[str]) -> str:
    """The SQL of what is shown of a group that is refused."""
    members = ['"group" := r_group']
    members += [
        f'"{role}" := list_sort(list_distinct([r_{role}, other_{role}]))' for role in _AGREEING if role in roles
    ]
    return f"CAST(to_json(struct_pack({', '.join(members)})) AS VARCHAR)"
