"""A workspace: a folder with definitions, sources, and the event store that they fill.

    import tenure
    with tenure.open("shop") as ws:
        ws.run()
        ws.history("classic")          # Arrow: lifecycle, customer_id, stage, previous, entered_at, left_at

Everything that commands, pages and notebooks ask goes through these methods; each does one thing and holds no state
but the store and the definitions as they were read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import StoreError, UsageError
from tenure.events import Event
from tenure.expressions.phrases import value_words
from tenure.ingest.recording import OWN, Recorded, append
from tenure.ingest.report import LoadReport, Progress
from tenure.ingest.tables import LoadSettings, load
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.explain import Explanation, explain
from tenure.lifecycle.forecast import DueMove, forecast
from tenure.lifecycle.moves.people import Who
from tenure.lifecycle.plan import Plan, plan
from tenure.lifecycle.population import StageCount, excluded, population
from tenure.lifecycle.printed import lifecycle_sql
from tenure.lifecycle.refresh import AS_OF, Applied, Refreshed, applied, refresh, standing
from tenure.lifecycle.roster.kept import kept
from tenure.lifecycle.tell import due_people, history_rows
from tenure.warehouse.connection import Connection
from tenure.warehouse.duckdb import Store
from tenure.warehouse.facts import fact
from tenure.warehouse.identity.asking import unit_of
from tenure.workspace.calendar import last_periods
from tenure.workspace.checkup import Checkup, checkup, number
from tenure.workspace.definitions import EXCLUDED, Definitions, read_definitions
from tenure.workspace.moments import microseconds, parse_moment
from tenure.workspace.rooms import Rooms
from tenure.workspace.snapshot import computed
from tenure.workspace.stage_names import refuse_lost_stages

OWN_FOLDER = ".tenure"
STORE_FILE = "store.duckdb"
RESTATED = 6  # months that a plan tells anew


class Workspace(Rooms, AbstractContextManager["Workspace"]):
    """A workspace whose store this process holds. Close it, or use it in a `with` statement."""

    def __init__(
        self, folder: Path, definitions: Definitions, store: Store, clock: Callable[[], int],
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.folder = folder
        self.definitions = definitions
        self.zone = ZoneInfo(definitions.config.timezone)
        self._store = store
        self._clock = clock
        self._variables = variables

    @classmethod
    def open(
        cls, folder: Path, *, clock: Callable[[], int], memory_limit: str | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> Workspace:  # fmt: skip
        """The workspace in `folder`; `clock` tells the time in microseconds since 1970.

        `variables` are those of the environment, which hold the URLs of databases.

        Raises DefinitionError with every problem of its files, WorkspaceHeld where another process has it open.
        """
        definitions = read_definitions(folder)
        if (own := folder / OWN_FOLDER).exists() and not own.is_dir():
            raise StoreError(f"{own} is a file, where Tenure keeps its store.", hint="Move it, or take another folder.")
        store = Store.open(folder / OWN_FOLDER / STORE_FILE, memory_limit=memory_limit)
        store.rules = definitions.config.identity.rules
        return cls(folder, definitions, store, clock, variables)

    def reread(self) -> Workspace:
        """The same workspace and store, with the definitions as the files now have them. Raises DefinitionError."""
        return Workspace(self.folder, read_definitions(self.folder), self._store, self._clock, self._variables)

    def bounded(self, seconds: float) -> AbstractContextManager[None]:
        """A block in which this thread's questions are given up after so long. Raises TookTooLong then."""
        return self._store.bounded(seconds)

    def close(self) -> None:
        """Nothing; lets go of the store."""
        self._store.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing; lets go of the store."""
        self.close()

    # what goes in

    def sources(self, only: Sequence[str] = ()) -> tuple[str, ...]:
        """The names of the sources, or of those in `only`. Raises UsageError where one of those does not exist."""
        names = [source.name for source in self.definitions.config.sources]
        for name in only:
            if name not in names:
                hint = did_you_mean(name, names) or (f"There are: {', '.join(names)}." if names else "There are none.")
                raise UsageError(f"There is no source {name!r}.", hint=hint)
        return tuple(name for name in names if not only or name in only)

    def load(
        self, progress: Callable[[Progress], None] | None = None, *, only: Sequence[str] = ()
    ) -> tuple[LoadReport, ...]:
        """What became of the files of every source, or of those named in `only`; what is loaded already is not read."""
        config = self.definitions.config
        rates = self.folder / config.rates if config.rates else None
        settings = LoadSettings(
            timezone=config.timezone, currency=config.currency, rates=rates, variables=self._variables
        )
        chosen = self.sources(only)
        return tuple(
            load(
                self._store, source, folder=self.folder, settings=settings, received_at=self._clock(), progress=progress
            )
            for source in config.sources
            if source.name in chosen
        )

    def record(self, events: Iterable[Event], *, source: str = OWN) -> Recorded:
        """What became of events that a program hands over, committed as one; histories know of them after a refresh."""
        return append(self._store, events, received_at=self._clock(), source=source)

    def refresh(self) -> Refreshed:
        """What was done to bring the stored histories up to date with events, definitions and `as_of`."""
        with self._store.transaction() as connection:
            return self._refreshed(connection)

    def rebuild(self) -> Refreshed:
        """What was done to compute every history anew over the whole log."""
        with self._store.transaction() as connection:
            return self._refreshed(connection, anew=True)

    def _refreshed(
        self, connection: Connection, *, until: int | None = None, anew: bool = False,
        roster: Literal["kept", "made", "anew"] = "kept",
    ) -> Refreshed:  # fmt: skip
        """What a refresh did; the lists of people follow it where there are any, or are `made`."""
        # definitions that are only looked at, as a preview does, leave the store's rules as they are
        self._store.rules = self.definitions.config.identity.rules
        self._store.identify(connection)
        held = applied(connection)
        refuse_lost_stages(self.folder, self.definitions.lifecycles, held)
        as_of = self.as_of
        if self.definitions.config.as_of == "now":
            as_of = standing(connection, as_of if until is None else min(as_of, until))
        done = refresh(connection, self.definitions.all, as_of=as_of, anew=anew, now=self._clock(), held=held)
        before = kept(connection)
        if roster != "kept" or before is not None:
            self.roster.keep(connection, done, before, anew=roster == "anew")
        return done

    def run(self, progress: Callable[[Progress], None] | None = None) -> tuple[tuple[LoadReport, ...], Refreshed]:
        """What an import of everything new did, and the refresh after it."""
        return self.load(progress), self.refresh()

    # moments

    @property
    def as_of(self) -> int:
        """The moment as of which the workspace speaks, in microseconds since 1970."""
        config = self.definitions.config
        if config.as_of == "now":
            return self._clock()
        if config.as_of == "last_event":
            return self.last_event or self._clock()
        moment = config.as_of_time
        assert moment is not None
        return microseconds(moment)

    @property
    def last_event(self) -> int | None:
        """The time of the last event of all; None where there is none."""
        return self._store.remembered("last event", lambda log: _number(log, "SELECT max(time) FROM events"))

    @property
    def first_event(self) -> int | None:
        """The time of the first event of all; None where there is none."""
        return self._store.remembered("first event", lambda log: _number(log, "SELECT min(time) FROM events"))

    @property
    def received_until(self) -> int | None:
        """When the last event that the store holds was received; None where there is none."""
        return _number(self._store.connection(), "SELECT max(received_at) FROM loads")

    @property
    def refreshed_as_of(self) -> int | None:
        """The moment up to which the stored histories go; None before the first refresh."""
        told = self._store.remembered(AS_OF, lambda log: fact(log, AS_OF))
        return None if told is None else int(told)

    def moment(self, text: str | None) -> int:
        """The moment that `text` means; the stored histories' own where there is none."""
        return self._now() if text is None else parse_moment(text, self.zone)

    # what comes out

    def lifecycle(self, name: str | None = None) -> Lifecycle:
        """The lifecycle or segment of that name; the first one of the workspace where none is given."""
        defined = self.definitions.lifecycles
        if name is None:
            if not defined:
                raise UsageError("This workspace has no lifecycle.", hint="Add one: `lifecycles: [classic]`.")
            return defined[0]
        found = self.definitions.lifecycle(name)
        if found is None:
            names = [one.name for one in defined]
            hint = did_you_mean(name, names) or f"There are: {', '.join(names)}."
            raise UsageError(f"There is no lifecycle or segment {name!r}.", hint=hint)
        return found

    def history(
        self, name: str | None = None, *, customer: str | None = None, scheduled: bool = False,
        as_of: str | None = None, known_at: str | None = None,
    ) -> pa.Table:  # fmt: skip
        """The stage history as Arrow: lifecycle, customer_id, stage, previous, entered_at, left_at.

        `name` is a lifecycle or segment (None: all of them); times are UTC timestamps in microseconds; `left_at` of the
        present stage is its scheduled end, null where there is none. `scheduled` keeps only what is still to come.
        With `as_of` or `known_at` the history is computed anew from the events up to, and received up to, that moment.
        """
        chosen = [self.lifecycle(name)] if name else list(self.definitions.lifecycles)
        now = self._now()
        held = self._held()
        if as_of is not None or known_at is not None:
            now = now if as_of is None else parse_moment(as_of, self.zone)
            known, table = None if known_at is None else parse_moment(known_at, self.zone), "history_as_of"
            with self._store.transaction() as writer:
                held = computed(writer, self.definitions, table, as_of=now, known_at=known)
                return history_rows(
                    writer, [(one, held[one.name]) for one in chosen], table=table, customer=customer,
                    after=now if scheduled else None,
                )  # fmt: skip
        return history_rows(
            self._store.connection(), [(one, held[one.name]) for one in chosen], customer=customer,
            after=now if scheduled else None,
        )  # fmt: skip

    def stages(self, name: str | None = None, *, at: str | None = None) -> tuple[StageCount, ...]:
        """People and money of every stage of a lifecycle at a moment; last those in none."""
        lifecycle = self.lifecycle(name)
        held = self._held()
        now = self._now()
        return population(
            self._store.connection(), lifecycle, held[lifecycle.name], money=self.definitions.money,
            moment=now if at is None else parse_moment(at, self.zone), now=now, exclusion=held.get(EXCLUDED),
        )  # fmt: skip

    def forecast(self, name: str | None = None, *, days: int = 30) -> tuple[DueMove, ...]:
        """Who moves where in the next `days` days if nobody does anything, in people and in money."""
        lifecycle = self.lifecycle(name)
        held = self._held()
        return forecast(
            self._store.connection(), lifecycle, held[lifecycle.name], money=self.definitions.money, as_of=self._now(),
            days=days, exclusion=held.get(EXCLUDED),
        )  # fmt: skip

    def due(self, name: str | None = None, *, days: int = 30) -> pa.Table:
        """Everybody who moves in the next `days` days if silent: customer_id, stage, to, moves_at, money."""
        lifecycle = self.lifecycle(name)
        held = self._held()
        return due_people(
            self._store.connection(), lifecycle, held[lifecycle.name], money=self.definitions.money, as_of=self._now(),
            days=days, exclusion=held.get(EXCLUDED),
        )  # fmt: skip

    def people(
        self, name: str | None = None, *, stage: str | None = None, previous: str | None = None, at: str | None = None
    ) -> pa.Table:
        """Who is in a stage at a moment, the most money first.

        Columns: customer_id, stage, previous, entered_at, left_at, money. `previous` keeps those who came from
        that stage. Excluded people are left out.
        """
        return self.moves.people(name, Who(stage=stage, previous=previous), at=at)

    def explain(self, customer: str, name: str | None = None, *, at: str | None = None) -> Explanation:
        """Why a customer is in a stage: conditions with values, the events behind them, and what would move them."""
        lifecycle = self.lifecycle(name)
        held = self._held()
        moment = self._now() if at is None else parse_moment(at, self.zone)
        with self._store.aside() as connection:
            return explain(connection, self.definitions.lifecycles, held, lifecycle.name, customer, at=moment)

    def plan(self) -> Plan:
        """What applying the definitions as the files now have them would do to people and money."""
        with self._store.transaction() as connection:
            held = applied(connection)
            refuse_lost_stages(self.folder, self.definitions.lifecycles, held)
            return plan(
                connection, self.definitions.all, held, money=self.definitions.money, as_of=self._now(),
                exclusion=held.get(EXCLUDED), periods=last_periods(self, "month", RESTATED, until=self._now()),
            )  # fmt: skip

    def rejected(self) -> pa.Table:
        """The rows that did not load: source, file, position, reason, raw."""
        query = "SELECT source, file, position, reason, raw FROM rejected ORDER BY load, file, position"
        return self._store.connection().sql(query).to_arrow_table()

    def knows(self, customer: str, name: str | None = None) -> bool:
        """Whether anything is known of the unit of that id, of the kind that a lifecycle counts (None: of any kind)."""
        connection = self._store.connection()
        if name is not None:
            return unit_of(connection, customer, self.lifecycle(name).unit) is not None
        row = connection.execute("SELECT count(*) > 0 FROM units WHERE id = ?", [customer]).fetchall()
        return row == [(True,)] or unit_of(connection, customer) is not None

    @property
    def money_words(self) -> str:
        """What counts as a person's money, in words."""
        return value_words(self.definitions.money.value)

    @property
    def excluded(self) -> int:
        """How many people `exclude` keeps out of every figure."""
        held = applied(self._store.connection()).get(EXCLUDED)
        return number(self._store.connection(), f"SELECT count(*) FROM ({excluded(held, self._now())})") if held else 0

    @property
    def pending(self) -> int:
        """How many have events that arrived since the histories were brought up to date."""
        return number(self._store.connection(), "SELECT count(DISTINCT unit) FROM touched")

    def checkup(self) -> Checkup:
        """What the store holds, how far it is, and what a person should look at; nothing is computed or changed."""
        return checkup(self)

    def sql(self, name: str | None = None, *, engine: str = "duckdb") -> str:
        """The query of a lifecycle, readable, in the dialect of an engine."""
        chosen = self.lifecycle(name).name
        return lifecycle_sql(self._store.connection(), self.definitions.all, chosen, engine=engine)

    def _now(self) -> int:
        return self.refreshed_as_of or self.as_of

    @cached_property
    def _ids(self) -> dict[str, str]:
        """The ids of the definitions by name: all of their text goes into one."""
        return {one.name: one.id for one in self.definitions.all}

    def _held(self) -> dict[str, Applied]:
        held = self._store.remembered("applied", applied)
        if not held:
            raise UsageError("No history has been computed yet.", hint="Run `tenure run` first.")
        ids = self._ids
        stale = [name for name in ids if name not in held or held[name].id != ids[name]]
        if stale:
            raise UsageError(
                f"The definition of {', '.join(stale).replace(EXCLUDED, 'exclude')} has changed since the last run.",
                hint="See what that does with `tenure plan`, then apply it with `tenure run`.",
            )
        return held


def _number(connection: Connection, query: str) -> int | None:
    ((found,),) = connection.execute(query).fetchall()
    return None if found is None else int(found)
