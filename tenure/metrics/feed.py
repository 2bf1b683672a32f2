"""The rows that figures are made of: measures of the kinds asked for, up to the moment asked about.

Excluded people are left out. Facts that belong to nobody (spend, daily totals of views) are in no measure; those that
are asked for are read from the events, of which there are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tenure.events import EventBinding
from tenure.expressions import Names, binding_of, parse_where, unparse
from tenure.expressions.tree import Condition
from tenure.lifecycle.steps import Step
from tenure.metrics.formula import Part
from tenure.metrics.question import Question
from tenure.warehouse.measures import ISO_TIME, MeasureKind
from tenure.warehouse.where import condition_sql, property_number, property_text, quote

TOTAL = "count"
DATES = "dates_"
_LAST_OF_DAY = 86_399_999_999


def kind_of(
    part: Part, bindings: Mapping[str, EventBinding], *, where: Condition | None = None, value: bool = False,
    text: str | None = None,
) -> MeasureKind:  # fmt: skip
    """The kind of measures of an event: with its value or property as a number, or with the property `text` as text."""
    binding = binding_of(part.event, Names(events=bindings))
    assert binding is not None, part.event
    filters = [binding.where] if binding.where else []
    if where is not None:
        filters.append(unparse(where))
    properties: tuple[str, ...] = ()
    if text is not None:
        properties = (text,)
    elif value:
        properties = (part.property,) if part.property is not None else binding.values
    return MeasureKind(
        events=binding.events, where=" and ".join(f"({one})" for one in filters) if len(filters) > 1 else
        (filters[0] if filters else None), properties=properties, text=text is not None,
    )  # fmt: skip


@dataclass(slots=True)
class Feed:
    """Numbers the kinds as they are asked for, and writes the SQL that reads them.

    `numbers` are those that the store has or would give; `nobodys` the names of events some of which belong to nobody.
    `dated` are the kinds whose texts are read as moments: once, however many figures ask.
    """

    question: Question
    numbers: dict[MeasureKind, int]
    nobodys: frozenset[str] = frozenset()
    used: dict[MeasureKind, int] = field(default_factory=dict)
    dated: dict[int, MeasureKind] = field(default_factory=dict)

    def number(self, kind: MeasureKind) -> int:
        """The number of a kind."""
        if kind not in self.numbers:
            self.numbers[kind] = max(self.numbers.values(), default=0) + 1
        self.used[kind] = self.numbers[kind]
        return self.numbers[kind]

    def limits(self, table: str = "r") -> str:
        """The conditions that rows of `measures` meet: not later than asked about, not of excluded people."""
        found = [f"{table}.time <= {self.question.as_of}"]
        if self.question.known_at is not None:
            found.append(f"{table}.received_at <= {self.question.known_at}")
        if self.question.excluded is not None:
            found.append(f"{table}.unit NOT IN (SELECT unit FROM excluded)")
        return " AND ".join(found)

    def facts(self, kinds: Iterable[MeasureKind]) -> str:
        """SQL of the measures of some kinds within the periods: kind, unit, time, value, text, n, part where asked."""
        chosen = sorted({kind: self.number(kind) for kind in kinds}.items(), key=lambda item: item[1])
        first, last = self.question.periods[0].begins, self.question.limit
        nobodys = [self._nobodys(kind, number) for kind, number in chosen if self.nobodys.intersection(kind.events)]
        within = f"r.time >= {first} AND r.time < {last} AND {self.limits()}"
        if self.question.by is None:
            listed = ", ".join(str(number) for _, number in chosen)
            columns = "r.kind, r.unit, r.time, r.value, r.text, 1 AS n"
            own = [f"SELECT {columns} FROM measures AS r WHERE r.kind IN ({listed}) AND {within}"]
        else:
            own = []
            for kind, number in chosen:
                carries = self.number(replace(kind, properties=(self.question.by,), text=True))
                own.append(
                    f"SELECT r.kind, r.unit, r.time, r.value, r.text, 1 AS n, coalesce(o.text, split.part) AS part "
                    f"FROM measures AS r LEFT JOIN measures AS o ON o.kind = {carries} AND o.unit = r.unit "
                    f"AND o.time = r.time AND o.tie = r.tie LEFT JOIN split ON split.unit = r.unit "
                    f"WHERE r.kind = {number} AND {within}"
                )
        return " UNION ALL ".join([*own, *nobodys])

    def _nobodys(self, kind: MeasureKind, number: int) -> str:
        """SQL of the events of a kind that belong to nobody; a daily total stands for as many as it tells."""
        names = ", ".join(quote(name) for name in kind.events)
        value = text = "NULL"
        if kind.properties:
            value = "coalesce(" + ", ".join(property_number(name) for name in kind.properties) + ")"
            text = (
                "coalesce(" + ", ".join(property_text(name) for name in kind.properties) + ")" if kind.text else "NULL"
            )
        where = f" AND {condition_sql(parse_where(kind.where))}" if kind.where else ""
        part = f", {property_text(self.question.by)} AS part" if self.question.by is not None else ""
        known = f" AND received_at <= {self.question.known_at}" if self.question.known_at is not None else ""
        return (
            f"SELECT {number} AS kind, NULL AS unit, time, {value} AS value, {text} AS text, "
            f"coalesce({property_number(TOTAL)}, 1) AS n{part} FROM events "
            f"WHERE customer IS NULL AND name IN ({names}) AND time >= {self.question.periods[0].begins} "
            f"AND time < {self.question.limit}{known}{where}"
        )

    def role(
        self, part: Part, bindings: Mapping[str, EventBinding], *, where: Condition | None = None,
        value: bool | None = None, same: str | None = None, due: str | None = None, columns: str = "",
    ) -> str:  # fmt: skip
        """SQL of the events of a part over all time: unit, time, tie and, as asked, value, same, due, and `columns`.

        `value` False and `due` empty ask for the column without anything in it.
        """
        wanted: dict[str, MeasureKind] = {}
        if value:
            wanted["value"] = kind_of(part, bindings, where=where, value=True)
        if same is not None:
            wanted["same"] = kind_of(part, bindings, where=where, text=same)
        if due:
            wanted["due"] = kind_of(part, bindings, where=where, text=due)
        if not wanted:
            wanted[""] = kind_of(part, bindings, where=where)
        (first, base), *others = wanted.items()
        held = {first: "r"} | {name: name[0] for name, _ in others}
        joins = "".join(
            f" JOIN {self._read(name, kind)} AS {held[name]} ON {self._of(name, kind, held[name])}"
            f"{held[name]}.unit = r.unit AND {held[name]}.time = r.time AND {held[name]}.tie = r.tie"
            for name, kind in others
        )
        told = ["r.unit", "r.time", "r.tie"]
        if value is not None:
            told.append("r.value" if value else "CAST(NULL AS DECIMAL(38,6)) AS value")
        if same is not None:
            told.append(f"{held['same']}.text AS same")
        if due is not None:
            told.append(f"{held['due']}.due" if due else "CAST(NULL AS BIGINT) AS due")
        limits = "" if first == "due" else f" WHERE {self._of(first, base, 'r')}{self.limits()}"
        return f"SELECT {', '.join(told)}{columns} FROM {self._read(first, base)} AS r{joins}{limits}"

    def _read(self, name: str, kind: MeasureKind) -> str:
        """Where a column of `role` is read."""
        if name != "due":
            return "measures"
        number = self.number(kind)
        self.dated[number] = kind
        return f"{DATES}{number}"

    def _of(self, name: str, kind: MeasureKind, table: str) -> str:
        """The condition, and an AND, by which a column's rows are found in what it is read from."""
        return "" if name == "due" else f"{table}.kind = {self.number(kind)} AND "

    def dates(self) -> list[Step]:
        """The steps that read texts as moments."""
        return [
            Step(
                f"{DATES}{number}", f"The moments that are told: {kind.told()}",
                f"SELECT unit, time, tie, {moment('text', self.question.offsets)} AS due FROM measures AS r "
                f"WHERE kind = {number} AND {self.limits()}",
            )
            for number, kind in self.dated.items()
        ]  # fmt: skip


def moment(text: str, offsets: tuple[tuple[int, int], ...] = ((0, 0),)) -> str:
    """SQL of the moment that a text tells as an ISO date or time, in microseconds since 1970; null where it is none.

    A date means its last moment where local time is ahead of UTC as the `offsets` of a question say.
    """
    told = f"epoch_us(TRY_CAST({text} AS TIMESTAMPTZ))"
    ends = [f"{told} + {_LAST_OF_DAY - ahead}" for _, ahead in offsets]
    arms = " ".join(f"WHEN {end} < {since} THEN {end}" for end, (since, _) in zip(ends, offsets[1:], strict=False))
    end = f"CASE {arms} ELSE {ends[-1]} END" if arms else ends[-1]
    whole = f"CASE WHEN length({text}) = 10 THEN {end} ELSE {told} END"
    return f"CASE WHEN regexp_full_match({text}, {quote(ISO_TIME)}) AND {text} >= '0001' THEN {whole} END"
