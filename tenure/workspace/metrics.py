"""What a workspace's metrics are, and what they were: `ws.metrics`.

    ws.metrics.values(["average_order_value"], period="quarter", since="2024-01-01")      # Arrow
    ws.metrics.catalogue()

The metrics of the library, and those of the workspace's own `metrics/*.yaml`, which win over one of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.documents import did_you_mean, read, validate
from tenure.errors import DefinitionError, Problem, UsageError
from tenure.events import bindings
from tenure.lifecycle.periods import UNITS, Period, PeriodUnit, midnight
from tenure.lifecycle.population import excluded
from tenure.metrics import library
from tenure.metrics.definition import Metric, MetricsSpec, define
from tenure.metrics.figures import MetricPoint, points
from tenure.metrics.lacking import missing
from tenure.metrics.printed import metric_sql
from tenure.metrics.question import DAY, Question
from tenure.warehouse.connection import Connection
from tenure.workspace.calendar import all_periods, last_periods
from tenure.workspace.definitions import EXCLUDED
from tenure.workspace.moments import parse_moment
from tenure.workspace.snapshot import computed

if TYPE_CHECKING:
    from tenure.metrics.status import Status
    from tenure.metrics.targets import Limits
    from tenure.workspace.workspace import Workspace

PERIODS = 12
AS_KNOWN = "histories_as_known"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = 900_000_000
_AMOUNT = pa.decimal128(38, 6)
SCHEMA = pa.schema(
    [
        pa.field("metric", pa.string(), nullable=False),
        pa.field("period", pa.date32(), nullable=False),
        pa.field("part", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("numerator", _AMOUNT),
        pa.field("denominator", _AMOUNT),
        pa.field("target", _AMOUNT),
        pa.field("status", pa.string()),
        pa.field("n", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A metric, and what this workspace lacks for it (empty: nothing)."""

    metric: Metric
    lacks: str = ""


class Metrics:
    """The metrics of a workspace. Reading them raises DefinitionError with every problem of its metrics files."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    @cached_property
    def all(self) -> Mapping[str, Metric]:
        """The metrics by name, those of the library first."""
        config = self._ws.definitions.config
        known = bindings(config.bindings)
        files = [(spec, document, False) for spec, document in library.specs()]
        problems: list[Problem] = []
        for path in sorted(self._ws.folder.glob("metrics/*.y*ml")):
            try:
                document = read(path, file=f"metrics/{path.name}")
                files.append((validate(MetricsSpec, document), document, True))
            except DefinitionError as error:
                problems += error.problems
        stages = frozenset(stage.name for one in self._ws.definitions.lifecycles for stage in one.stages)
        defined = define(files, bindings=known, constants=self._constants, stages=stages)
        problems += defined.problems
        if problems:
            raise DefinitionError(problems)
        return defined.metrics

    def metric(self, name: str) -> Metric:
        """The metric of that name. Raises UsageError where there is none."""
        found = self.all.get(name)
        if found is None:
            hint = did_you_mean(name, self.all) or "`tenure metrics` lists them."
            raise UsageError(f"There is no metric {name!r}.", hint=hint)
        return found

    def catalogue(self, *, lifecycle: str | None = None) -> tuple[CatalogueEntry, ...]:
        """Every metric, and what this workspace lacks for it."""
        question = self._question((), lifecycle, None)
        everything = list(self.all.values())
        lacking = self._ws._store.answer(lambda connection: missing(connection, everything, question))
        return tuple(CatalogueEntry(metric=one, lacks=lacking.get(one.name, "")) for one in everything)

    def points(
        self, names: Sequence[str] | None = None, *, period: PeriodUnit = "month", since: str | None = None,
        until: str | None = None, by: str | None = None, lifecycle: str | None = None, known_at: str | None = None,
    ) -> tuple[MetricPoint, ...]:  # fmt: skip
        """The figures of the metrics (None: all) for each period; by default the last 12, the present one among them.

        `since` and `until` are dates or times; a period counts whole. `by` breaks down by what events carry, by the
        first touch (channel, source, medium, campaign) or by a trait. With `known_at` only what was received up to
        that moment counts, in stages too: their history is computed anew. Raises UsageError for what does not exist.
        """
        metrics = [self.metric(name) for name in names] if names is not None else list(self.all.values())
        question = self.question(period=period, since=since, until=until, by=by, lifecycle=lifecycle)
        if known_at is None:
            return self._ws._store.answer(lambda connection: points(connection, metrics, question))
        with self._ws._store.transaction() as connection:
            question = self._as_known(connection, question, parse_moment(known_at, self._ws.zone))
            return points(connection, metrics, question)

    def _as_known(self, connection: Connection, question: Question, known: int) -> Question:
        """The question, of what was known at a moment; stages and who is excluded are computed aside from that."""
        held = computed(connection, self._ws.definitions, AS_KNOWN, as_of=question.as_of, known_at=known)
        exclusion = held.get(EXCLUDED)
        return replace(
            question, known_at=known, histories=AS_KNOWN,
            held=held.get(question.lifecycle.name) if question.lifecycle else None,
            excluded=excluded(exclusion, question.as_of, table=AS_KNOWN) if exclusion else None,
        )  # fmt: skip

    def values(
        self, names: Sequence[str] | None = None, *, period: PeriodUnit = "month", since: str | None = None,
        until: str | None = None, by: str | None = None, lifecycle: str | None = None, known_at: str | None = None,
    ) -> pa.Table:  # fmt: skip
        """The same as Arrow: metric, period (its first day), part, value, numerator, denominator, target, status, n.

        `target` is of a range its lower limit. `status` tells how the figure stands against it; where there is no
        target, what `MetricPoint.status` does.
        """
        found = self.points(
            names, period=period, since=since, until=until, by=by, lifecycle=lifecycle, known_at=known_at
        )
        judged: list[tuple[Limits | None, Status | None]] = []
        aimed = {one.metric for one in self._ws.targets.all.targets if one.period == period}
        for name, told in groupby(found, key=lambda one: one.metric):
            mine = tuple(told)
            judged += (
                self._ws.targets.beside(self.metric(name), mine, period=period, lifecycle=lifecycle, by=by)
                if name in aimed
                else [(None, None)] * len(mine)
            )
        return pa.table(
            {
                "metric": [one.metric for one in found],
                "period": [one.start for one in found],
                "part": [one.part for one in found],
                "value": [None if one.value is None else float(one.value) for one in found],
                "numerator": [_exact(one.numerator) for one in found],
                "denominator": [_exact(one.denominator) for one in found],
                "target": [None if limits is None else _exact(limits.aim) for limits, _ in judged],
                "status": [one.stands(status) for one, (_, status) in zip(found, judged, strict=True)],
                "n": [one.n for one in found],
            },
            schema=SCHEMA,
        )

    def sql(
        self, name: str, *, period: PeriodUnit = "month", since: str | None = None, until: str | None = None,
        lifecycle: str | None = None,
    ) -> str:  # fmt: skip
        """The query of one metric alone, readable: period, value."""
        metric = self.metric(name)
        question = self.question(period=period, since=since, until=until, lifecycle=lifecycle)
        return metric_sql(self._ws._store.connection(), metric, question)

    def periods(self, unit: PeriodUnit, *, since: str | None = None, until: str | None = None) -> tuple[Period, ...]:
        """The periods asked for, after the one before the first; none begins later than what is known."""
        if unit not in UNITS:
            raise UsageError(f"There is no period {unit!r}.", hint=f"There are: {', '.join(UNITS)}.")
        now, zone = self._ws._now(), self._ws.zone
        last = now if until is None else min(parse_moment(until, zone), now)
        if since is None:
            found = last_periods(self._ws, unit, PERIODS + 1, until=last)
            if len(found) < 2:
                raise UsageError(f"There is no calendar for {until}.", hint="Take a later time.")
            first_event = self._ws.first_event or 0
            # before the log begins there is nothing to tell
            late = [place for place, one in enumerate(found) if place and one.ends > first_event]
            return found[min(late[0] if late else len(found) - 1, len(found) - 1) - 1 :]
        first = self._begin(since)
        if first > last:
            later = until if until is not None and last < now else None
            raise UsageError(
                f"{since} is later than {later or 'the last moment that is known'}.", hint="Begin earlier."
            )
        found = all_periods(self._ws, unit, since=first, until=last)
        return (*last_periods(self._ws, unit, 1, until=found[0].begins - 1), *found)

    @property
    def _constants(self) -> dict[str, Decimal]:
        margin = self._ws.definitions.config.margin
        return {} if margin is None else {"margin": margin}

    def question(
        self, *, period: PeriodUnit = "month", since: str | None = None, until: str | None = None,
        by: str | None = None, lifecycle: str | None = None,
    ) -> Question:  # fmt: skip
        """What is asked of the metrics, as the compiler takes it."""
        return self._question(self.periods(period, since=since, until=until), lifecycle, by)

    def _question(self, asked: tuple[Period, ...], lifecycle: str | None, by: str | None) -> Question:
        held = self._ws._held()
        now = self._ws._now()
        chosen = self._ws.lifecycle(lifecycle) if lifecycle or self._ws.definitions.lifecycles else None
        exclusion = held.get(EXCLUDED)
        return Question(
            periods=asked, as_of=now, lifecycle=chosen, held=held.get(chosen.name) if chosen else None,
            excluded=excluded(exclusion, now) if exclusion else None, by=by,
            offsets=self._offsets(asked), constants=self._constants,
        )  # fmt: skip

    def _begin(self, text: str) -> int:
        """The first moment that a date or time means."""
        if len(text) == len("2011-12-09"):
            try:
                return midnight(self._ws.zone, date.fromisoformat(text))
            except ValueError:
                pass
        return parse_moment(text, self._ws.zone)

    def _offsets(self, asked: Sequence[Period]) -> tuple[tuple[int, int], ...]:
        """From when on local time is how far ahead of UTC, over the periods."""
        if not asked:
            return ((0, 0),)
        found: list[tuple[int, int]] = []
        moment, last = asked[0].begins, asked[-1].ends
        while moment <= last:
            if not found or self._ahead(moment) != found[-1][1]:
                # clocks change on a quarter of an hour
                before = max(moment - DAY, asked[0].begins)
                at = next(
                    (one for one in range(before, moment, _QUARTER) if self._ahead(one) == self._ahead(moment)), moment
                )
                found.append((at, self._ahead(moment)))
            moment += DAY
        return tuple(found)

    def _ahead(self, time: int) -> int:
        """By how many microseconds local time is ahead of UTC."""
        moment = (_EPOCH + timedelta(microseconds=time)).astimezone(self._ws.zone)
        return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _exact(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(Decimal("0.000001"))
