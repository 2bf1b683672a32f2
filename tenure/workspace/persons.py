"""One person of a workspace: what the log holds of them, what they agreed to, and how nothing of it is left.

persons = Persons(ws)
persons.traits(persons.find("c17"))
persons.erase("c17")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tenure.engage.consent import KINDS, consents
from tenure.lifecycle.roster import person
from tenure.lifecycle.roster.person import Bought, Known, Score, Stay
from tenure.lifecycle.timeline import Happened, of_unit
from tenure.warehouse.connection import first_row
from tenure.warehouse.erasing import Erasure
from tenure.warehouse.measures import registered

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace


class Persons:
    """The people of a workspace, one at a time; each question reads the few rows that are theirs."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._connection = workspace._store.connection()

    def find(self, customer: str) -> Known | None:
        """The person of that id; None where nothing is known of one, or they were erased."""
        return None if customer in self._ws._store.erased else person.find(self._connection, customer)

    def traits(self, known: Known) -> Mapping[str, str]:
        """The traits as they were told last."""
        return person.traits(self._connection, known.key)

    def trait_changes(self, known: Known) -> Sequence[tuple[int, str, str]]:
        """Every trait that was ever told: time (microseconds UTC), name, value as JSON."""
        return person.trait_changes(self._connection, known.key)

    def counts(self, known: Known, *, until: int | None = None) -> Mapping[str, int]:
        """How many events of each name there are, up to a moment (microseconds UTC)."""
        return person.counts(self._connection, known.key, until=until)

    def events(self, known: Known) -> tuple[Happened, ...]:
        """All events, those to come too, the newest first."""
        return of_unit(self._connection, known.id, limit=None)

    def stays(self, known: Known, lifecycle: str) -> tuple[Stay, ...]:
        """The stays in a lifecycle: past, present, and scheduled if nothing happens."""
        return person.stays(self._connection, known.key, self._ws._held()[lifecycle])

    def scores(self, known: Known) -> tuple[Score, ...]:
        """The latest score of every model."""
        return person.scores(self._connection, known.key)

    def bought(self, known: Known) -> Bought:
        """The purchases, as the first lifecycle understands the word."""
        return person.bought(self._connection, known.key, self._ws.lifecycle())

    def consent(self, known: Known) -> Mapping[str, bool | None]:
        """The consent to every channel that the log knows: given, taken back, or None where nothing was ever said."""
        numbers = registered(self._connection)
        if set(KINDS) - numbers.keys():
            numbers = dict(self._ws.actions._numbers(*KINDS))
        said = consents(self._connection, numbers, as_of=self._ws.as_of)
        if not said.channels:
            return {}
        asked = " UNION ALL ".join(
            f"SELECT {place} AS place, given FROM ({said.last(channel)}) WHERE unit = {known.key}"
            for place, channel in enumerate(said.channels)
        )
        told = dict(self._connection.execute(asked).fetchall())
        return {channel: told.get(place) for place, channel in enumerate(said.channels)}

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
        done = self._ws._store.erase(customer)
        self._ws.roster.refresh()
        return done
