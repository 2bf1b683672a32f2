"""One person of a workspace: what the log holds of them, what they agreed to, and how nothing of it is left.

persons = Persons(ws)
persons.traits(persons.find("c17"))
persons.erase("c17")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tenure.engage.consent import Standing, Word, standing, words_of
from tenure.lifecycle.roster import person
from tenure.lifecycle.roster.person import Bought, Listed, Score, Stay
from tenure.warehouse.connection import first_row
from tenure.warehouse.erasing import Erasure, ids_of
from tenure.warehouse.identity.asking import Unit, unit_of

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace


class Persons:
    """The people of a workspace, one at a time; each question reads the few rows that are theirs."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._connection = workspace._store.connection()

    def find(self, customer: str) -> Unit | None:
        """The person of that id; None where nothing is known of one, or they were erased."""
        return None if customer in self._ws._store.erased else unit_of(self._connection, customer)

    def listed(self, known: Unit) -> Listed | None:
        """What lists show of them; None where they are kept out of every list."""
        return person.listed(self._connection, self._ws.roster.kept, self._ws._held(), known.key)

    def traits(self, known: Unit) -> Mapping[str, str]:
        """The traits as they were told last."""
        return person.traits(self._connection, known.key)

    def trait_changes(self, known: Unit) -> Sequence[tuple[int, str, str]]:
        """Every trait that was ever told: time (microseconds UTC), name, value as JSON."""
        return person.trait_changes(self._connection, known.key)

    def counts(self, known: Unit, *, until: int | None = None) -> Mapping[str, int]:
        """How many events of each name there are, up to a moment (microseconds UTC)."""
        return person.counts(self._connection, known.key, until=until)

    def stays(self, known: Unit, lifecycle: str) -> tuple[Stay, ...]:
        """The stays in a lifecycle: past, present, and scheduled if nothing happens."""
        return person.stays(self._connection, known.key, self._ws._held()[lifecycle])

    def scores(self, known: Unit) -> tuple[Score, ...]:
        """The latest score of every model."""
        return person.scores(self._connection, known.key)

    def all_scores(self, known: Unit) -> tuple[Score, ...]:
        """Every score that was ever worked out, the oldest first."""
        return person.all_scores(self._connection, known.key)

    def ids(self, customer: str) -> tuple[str, ...]:
        """Every id under which the log knows a person: their own, and those of visits that were nobody else's."""
        return ids_of(self._connection, customer)

    def identity(self, known: Unit) -> Mapping[str, Sequence[str]]:
        """The ids that their events came with, by what they are: user_id, anonymous_id, account."""
        return person.identity(self._connection, known.key)

    def event_rows(self, known: Unit, written: Callable[[int | None], str | None]) -> list[dict[str, object]]:
        """All that the log has of every event, those to come too, the newest first; times as `written` has them."""
        return person.event_rows(self._connection, known.key, written)

    def derived(self, known: Unit) -> Mapping[str, list[dict[str, object]]]:
        """What was worked out from the events, by table, where no other question tells it."""
        return person.derived(self._connection, known.key)

    def bought(self, known: Unit) -> Bought:
        """The purchases, as the first lifecycle understands the word."""
        return person.bought(self._connection, known.key, self._ws.lifecycle())

    def words(self, known: Unit) -> tuple[Word, ...]:
        """Every word of consent that they said, or that was said for them, the newest first."""
        traits = self._ws.definitions.config.consent
        return words_of(self._connection, known.key, as_of=self._ws.as_of, traits=traits)

    def consent(self, known: Unit, *, more: Sequence[Word] = ()) -> tuple[Standing, ...]:
        """Where they stand on every channel and purpose that the log knows; `more` are words it does not know yet."""
        told = self._ws.actions.consents()
        return standing((*self.words(known), *more), channels=told.channels, purposes=told.purposes)

    def rejected(self, customer: str) -> Sequence[tuple[str, str, str]]:
        """The rejected rows that show the id: source, reason, raw."""
        return person.mentions(self._connection, customer)

    def erasing(self, customer: str) -> tuple[int, int]:
        """How many events, and how many stays in stages, an erasure would take out."""
        known = self.find(customer)
        if known is None:
            return 0, 0
        events = sum(self.counts(known).values())
        row = first_row(self._connection, f"SELECT count(*) FROM stage_codes WHERE unit = {known.key}")
        return events, row[0] if row else 0

    def erase(self, customer: str) -> Erasure:
        """What was taken out to leave nothing of a person in the store; imports refuse the id from now on.

        The figures and lists of everybody else are brought up to date.
        """
        known = self.find(customer)
        mail = self.traits(known).get("email") if known else None
        done = self._ws._store.erase(customer)
        if mail:
            # programs may call them by their mail
            self._ws._store.erased.add([mail])
        self._ws.roster.refresh()
        return done
