"""The lists of people of a workspace: `ws.roster`.

ws.roster.keep()                                     # after a refresh
ws.roster.look(Asked(stages=(("classic", ("at_risk",)),), search="smith"), limit=50)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.periods import day_of
from tenure.lifecycle.population import StageCount
from tenure.lifecycle.refresh import AS_OF, DUE, NEVER, Refreshed
from tenure.lifecycle.renewals import renewals
from tenure.lifecycle.roster import (
    AccountsAsked,
    AccountsFound,
    Asked,
    Found,
    Roster,
    accounts,
    by_stage,
    keep,
    kept,
    look,
    rows,
)
from tenure.lifecycle.roster.accounts import owners
from tenure.lifecycle.roster.counted import mix
from tenure.warehouse.connection import Connection
from tenure.warehouse.facts import fact
from tenure.warehouse.where import quote
from tenure.workspace.definitions import EXCLUDED

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

_ANEW_AFTER = DAY  # sums over windows change as time goes by, for people who do nothing too
_MOST_VALUES = 50


class RosterOf:
    """The roster of a workspace: kept with the histories, asked by lists, filters and search."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def refresh(self, *, anew: bool = False, until: int | None = None) -> Refreshed:
        """What a refresh of the histories did; the roster is brought up to date in the same transaction.

        `until` is the moment up to which the log is complete, where that is before now.
        """
        with self._ws._store.transaction() as connection:
            return self._ws._refreshed(connection, until=until, roster="anew" if anew else "made")

    def keep(self, connection: Connection, done: Refreshed, before: Roster | None, *, anew: bool = False) -> None:
        """Nothing; the roster, which was `before`, is what a refresh left; call it after that, in its transaction."""
        anew = anew or bool(done.rebuilt) or before is None or done.as_of - before.made_at > _ANEW_AFTER
        keep(
            connection, self._ws.definitions.lifecycles, done.held, before, money=self._ws.definitions.money,
            as_of=done.as_of, changed=None if anew else done.moved, exclusion=done.held.get(EXCLUDED),
        )  # fmt: skip

    @property
    def kept(self) -> Roster:
        """What the roster holds. Raises UsageError where it was never made."""
        found = self._ws._store.remembered("roster", kept)
        if found is None:
            raise UsageError("There is no list of people yet.", hint="It comes with the first import.")
        return found

    @property
    def version(self) -> str:
        """What is another one after every import and refresh that changed a figure: for whoever keeps figures."""
        return self._ws._store.remembered("version", _version)

    def stages(self, name: str | None = None) -> tuple[StageCount, ...]:
        """People and money of every stage now, as the lists have them; last those in none."""
        lifecycle = self._ws.lifecycle(name)
        return by_stage(self._ws._store.connection(), self.kept, self._ws._held()[lifecycle.name])

    def look(
        self, asked: Asked, name: str | None = None, *, limit: int = 50, offset: int = 0, counted: bool = True
    ) -> Found:
        """How many people that are, what they are worth, and a page of them; `name` is the lifecycle that is shown."""
        lifecycle = self._ws.lifecycle(name)
        connection = self._ws._store.connection()
        return look(
            connection, self.kept, self._ws._held(), asked, lifecycle=lifecycle.name, limit=limit, offset=offset,
            counted=counted,
        )  # fmt: skip

    def rows(self, asked: Asked, name: str | None = None, *, limit: int | None = None) -> pa.Table:
        """All of them as Arrow, or the first `limit`."""
        lifecycle = self._ws.lifecycle(name)
        return rows(
            self._ws._store.connection(), self.kept, self._ws._held(), asked, lifecycle=lifecycle.name, limit=limit
        )

    def accounts(
        self, asked: AccountsAsked, name: str | None = None, *, limit: int = 50, offset: int = 0
    ) -> AccountsFound:
        """How many accounts that are, what they are worth, and a page of them; `name` is the lifecycle of people."""
        lifecycle = self._ws.lifecycle(name)
        own = next((one.name for one in self._ws.definitions.lifecycles if one.unit == "account"), None)
        roster = self.kept
        return accounts(
            self._ws._store.connection(), roster, self._ws._held(), asked, lifecycle=lifecycle.name, own=own,
            risk=risky(lifecycle), today=day_of(self._ws.zone, roster.as_of).isoformat(), limit=limit, offset=offset,
        )  # fmt: skip

    def account_owners(self) -> tuple[str, ...]:
        """Everybody who looks after people of accounts."""
        return owners(self._ws._store.connection(), self.kept)

    def mix(self, asked: Asked, name: str | None = None) -> tuple[tuple[str | None, int], ...]:
        """How many of those who are asked for are in each stage, in the order of the list; last those in none."""
        lifecycle = self._ws.lifecycle(name)
        return mix(self._ws._store.connection(), self.kept, self._ws._held(), asked, lifecycle=lifecycle.name)

    def renewals(self, name: str | None = None, *, days: int = 365) -> pa.Table:
        """The terms that end within so many days, or ended in the 30 days before and were not renewed."""
        roster = self.kept
        return renewals(
            self._ws._store.connection(), roster, lifecycle=self._ws.lifecycle(name).name, as_of=roster.as_of,
            until=roster.as_of + days * DAY,
        )  # fmt: skip

    def values(self, trait: str, *, kind: str = "customer") -> tuple[tuple[str, int], ...]:
        """The commonest values of a trait, each with how many people have it; at most 50."""
        column = self.kept.traits.get(trait)
        if column is None:
            return ()
        found = self._ws._store.connection().execute(
            f"SELECT {column}, count(*) AS people FROM roster WHERE kind = {quote(kind)} AND NOT excluded "
            f"AND {column} IS NOT NULL GROUP BY ALL ORDER BY people DESC, {column} LIMIT {_MOST_VALUES}"
        )
        return tuple((value, people) for value, people in found.fetchall())

    def events(self) -> dict[str, int]:
        """How many events of each name belong to somebody."""
        found = self._ws._store.connection().execute(
            "SELECT name, count(*) FROM events WHERE customer IS NOT NULL GROUP BY name"
        )
        return dict(found.fetchall())

    def traits(self) -> Sequence[str]:
        """The traits that lists know."""
        return sorted(self.kept.traits)

    def next_move(self, after: int) -> int | None:
        """The moment (microseconds UTC) before which nothing happens by itself; None where nothing ever does.

        Somebody moves then, an event that is dated later than `after` comes of age, or nothing happens all the same.
        """
        query = (
            f"SELECT least((SELECT CAST(max(value) AS BIGINT) FROM facts WHERE name = '{DUE}'), "
            "(SELECT min(time) FROM measures WHERE time > $1), "
            "(SELECT min(first_seen) FROM units WHERE first_seen > $1))"
        )
        ((found,),) = self._ws._store.connection().execute(query, [after]).fetchall()
        return None if found is None or found == NEVER else int(found)


def _version(connection: Connection) -> str:
    (told,) = connection.execute(
        "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM touched), (SELECT count(*) FROM stage_codes)"
    ).fetchall()
    return f"{fact(connection, AS_OF)} {told}"


def risky(lifecycle: Lifecycle) -> tuple[int, ...]:
    """The places of the stages in which people are about to be lost: those of the phase risk, in the order of list."""
    return tuple(place for place, stage in enumerate(lifecycle.stages) if stage.phase == "risk")
