"""Which column of a foreign file is what: by name first, by content where names say nothing, and checked either way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tenure.documents import did_you_mean, listing
from tenure.errors import UsageError
from tenure.ingest.column_facts import Facts, Looked
from tenure.ingest.column_names import Role, suggests
from tenure.ingest.written_times import WrittenTime, written_time

# a customer or a trait has fewer values than there are rows
_REPEATS = 0.9
_LABELS: tuple[Role, ...] = ("currency", "country", "status")


@dataclass(slots=True, kw_only=True)
class Chosen:
    """The columns that were chosen, by role, the time among them, and what had to be guessed."""

    columns: dict[Role, Facts] = field(default_factory=dict)
    time: WrittenTime | None = None
    notes: list[str] = field(default_factory=list)

    def __getitem__(self, role: Role) -> Facts:
        return self.columns[role]

    def get(self, role: Role) -> Facts | None:
        """The column of that role, if there is one."""
        return self.columns.get(role)

    @property
    def missing(self) -> tuple[Role, ...]:
        """What every file of purchases must have, and this one does not."""
        needed: list[Role] = [role for role in ("customer",) if role not in self.columns]
        if self.time is None:
            needed.append("time")
        if "amount" not in self.columns and "price" not in self.columns:
            needed.append("amount")
        return tuple(needed)


def choose(looked: Looked, given: Mapping[Role, str]) -> Chosen:
    """The columns of a file; `given` names those that somebody has decided on."""
    return _Choice(looked, given).made()


class _Choice:
    """Chooses role after role; a column has one role."""

    def __init__(self, looked: Looked, given: Mapping[Role, str]) -> None:
        self.looked = looked
        self.facts = {facts.name: facts for facts in looked.columns if facts.kind not in ("empty", "nested")}
        self.names = {name: suggests(name) for name in self.facts}
        self.given = {role: self._named(role, column) for role, column in given.items()}
        self.chosen = Chosen()

    def made(self) -> Chosen:
        """Everything, in the order in which roles rule each other out."""
        self._time()
        for role in _LABELS:
            self._take(
                role, lambda facts: facts.kind == "text" and facts.distinct < _REPEATS * self.looked.rows, least=3
            )
        self._take("invoice", lambda facts: facts.kind in ("text", "whole"), least=3)
        self._customer()
        self._take("email", lambda facts: facts.kind == "email", least=1)
        self._take("name", lambda facts: facts.kind == "text", least=3)
        self._take("product", lambda facts: facts.kind in ("text", "whole"), least=2)
        self._take("quantity", lambda facts: facts.numeric, least=2)
        self._take("price", lambda facts: facts.numeric, least=2)
        self._amount()
        return self.chosen

    def _named(self, role: Role, column: str) -> Facts:
        for facts in self.looked.columns:
            if facts.name.casefold() == column.casefold():
                if role == "amount" and not facts.numeric:
                    raise UsageError(f"{facts.shown} cannot be the amount: it holds no numbers.")
                return facts
        names = [facts.name for facts in self.looked.columns]
        hint = did_you_mean(column, names) or f"There are {listing(names, 'and')}."
        raise UsageError(f"The file has no column '{column}'.", hint=hint)

    def _time(self) -> None:
        if facts := self.given.get("time"):
            found = written_time(self.looked, facts, named=True)
            if found is None:
                raise UsageError(f"{facts.shown} cannot be the time: it holds no dates.")
            self._timed(facts, found)
            return
        named = sorted(
            (name for name, roles in self.names.items() if "time" in roles),
            key=lambda name: -self.names[name]["time"],
        )
        for name in named:
            if found := written_time(self.looked, self.facts[name], named=True):
                self._timed(self.facts[name], found)
                return
        by_content = [
            found for name, facts in self.facts.items()
            if name not in named and not self.names[name] and (found := written_time(self.looked, facts, named=False))
        ]  # fmt: skip
        if len(by_content) == 1:
            facts = by_content[0].facts
            self._timed(facts, by_content[0])
            self.chosen.notes.append(f"{facts.name} taken for the time: no other column holds dates")

    def _timed(self, facts: Facts, found: WrittenTime) -> None:
        self.chosen.columns["time"], self.chosen.time = facts, found
        if found.note:
            self.chosen.notes.append(found.note)
        if found.days_only:
            self._take("clock", lambda facts: facts.kind == "clock" and facts.filled > _REPEATS, least=2)

    def _customer(self) -> None:
        rows = self.looked.rows
        if self._given("customer"):
            return
        ids = [
            (strength, name) for name, roles in self._free()
            if (strength := roles.get("customer", 0)) and self._may_be_id(name)
            and (strength > 2 or self.facts[name].distinct < _REPEATS * rows)
        ]  # fmt: skip
        # `customer_id` before `customer segment`
        clear = [name for strength, name in sorted(ids, key=lambda pair: -pair[0]) if strength > 1]
        emails = [name for name, _ in self._free() if self.facts[name].kind == "email"]
        vague = [name for strength, name in ids if strength == 1 and len(self.names[name]) == 1]
        full_names = [
            name for name, roles in self._free() if roles.get("name", 0) > 1 and self.facts[name].kind == "text"
        ]
        by_content = [name for name, roles in self._free() if not roles and self._may_be_id(name)]
        for names, note in (
            (clear, ""),
            (emails, "customers told apart by their e-mail address, {}"),
            (vague, "{} taken for the customer"),
            (full_names, "customers told apart by their name, {}, so namesakes are one"),
            (
                by_content if len(by_content) == 1 else [],
                "{} taken for the customer: its values return, and no other column's do",
            ),
        ):
            if names:
                facts = self.facts[names[0]]
                self.chosen.columns["customer"] = facts
                if note:
                    self.chosen.notes.append(note.format(facts.name))
                return

    def _may_be_id(self, name: str) -> bool:
        facts = self.facts[name]
        vague = not self.names[name].get("customer", 0) > 1
        if facts.kind not in ("text", "whole", "email") or facts.distinct < 2:
            return False
        return not vague or (facts.distinct * 50 > self.looked.rows and facts.distinct < _REPEATS * self.looked.rows)

    def _amount(self) -> None:
        if self._given("amount"):
            return
        candidates = sorted(
            (
                (-roles["amount"], name)
                for name, roles in self._free()
                if "amount" in roles and self.facts[name].numeric
            ),
            key=lambda pair: pair[0],
        )
        if candidates:
            self.chosen.columns["amount"] = self.facts[candidates[0][1]]
            others = [name for strength, name in candidates[1:] if strength < -1]
            if others:
                self.chosen.notes.append(f"{candidates[0][1]} taken for the amount, not {listing(others)}")
            return
        decimals = [name for name, roles in self._free() if not roles and self.facts[name].kind == "decimal"]
        if "price" not in self.chosen.columns and len(decimals) == 1:
            self.chosen.columns["amount"] = self.facts[decimals[0]]
            self.chosen.notes.append(f"{decimals[0]} taken for the amount: no other column holds such numbers")

    def _take(self, role: Role, fits: Callable[[Facts], bool], *, least: int) -> None:
        if self._given(role):
            return
        fitting = [(-roles[role], name) for name, roles in self._free() if roles.get(role, 0) >= least]
        for strength, name in sorted(fitting, key=lambda pair: pair[0]):
            # what is called price and total is better known by its other name
            if any(other > -strength for other in self.names[name].values()):
                continue
            if fits(self.facts[name]):
                self.chosen.columns[role] = self.facts[name]
                return

    def _given(self, role: Role) -> bool:
        if role in self.given:
            self.chosen.columns[role] = self.given[role]
        return role in self.given

    def _free(self) -> list[tuple[str, dict[Role, int]]]:
        """The columns that have no role yet."""
        taken = {facts.name for facts in [*self.chosen.columns.values(), *self.given.values()]}
        return [(name, roles) for name, roles in self.names.items() if name not in taken]
