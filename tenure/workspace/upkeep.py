"""What is kept, and for how long: `ws.upkeep`.

ws.upkeep.retention()    # what is past its period, and which figures know only of what is left then
ws.upkeep.forget()       # takes it out
ws.upkeep.compact()      # writes the store's file anew, without the bytes of what was taken out
ws.upkeep.sort()         # puts each one's stays together, where they lie far apart
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.lifecycle.bound import bind_value, readings
from tenure.lifecycle.passes import prepare
from tenure.lifecycle.sorting import ENOUGH, scattered, sort_stays
from tenure.warehouse.compaction import Compacted, due
from tenure.warehouse.measures import CUSTOMER, stage_sets
from tenure.warehouse.retention import DAY, DEFAULT, Counted, Past, blank_rejected, days, forget, past

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """Events of a name that are past their period, with what counts them.

    `stages` are the lifecycles and segments that do: their events are bared, and no stage changes. `metrics` are those
    that count events which leave: their figures of the time before the cut change.
    """

    events: Past
    stages: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was taken out: events that left, events that were bared, rejected rows that lost their text."""

    left: int = 0
    bared: int = 0
    rejected: int = 0


class Upkeep:
    """What a workspace keeps."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def retention(self) -> tuple[Aged, ...]:
        """What is past its period now, by the name of the event; nothing is changed."""
        periods = self._ws.definitions.config.retention
        if not periods:
            return ()
        counted = self._counted()
        found = past(self._ws._store.connection(), periods, now=self._ws.as_of, counted=counted)
        by_lifecycle = {
            one.name: {name for kind in prepare([one], {one.name: 0}).kinds for name in kind.events}
            for one in self._ws.definitions.lifecycles
            if not one.refers_to
        }
        metrics = self._ws.metrics.all
        return tuple(
            Aged(
                events=one, stages=tuple(name for name, events in by_lifecycle.items() if one.name in events),
                metrics=tuple(
                    name
                    for name, metric in metrics.items()
                    if one.leaving and any(one.name in binding.events for binding in metric.needs)
                ),
            )
            for one in found
        )  # fmt: skip

    def forget(self) -> Forgotten:
        """What was taken out because it is past its period. Cut short, it may be called again."""
        periods = self._ws.definitions.config.retention
        if not periods:
            return Forgotten()
        store, now, counted = self._ws._store, self._ws.as_of, self._counted()
        left = bared = rejected = 0
        for one in past(store.connection(), periods, now=now, counted=counted):
            while True:
                # many short steps, so that whatever else writes has its turn
                with store.transaction() as connection:
                    step = forget(connection, one, counted=counted)
                left, bared = left + step[0], bared + step[1]
                if not any(step):
                    break
        if DEFAULT in periods:
            with store.transaction() as connection:
                rejected = blank_rejected(connection, before=now - days(periods[DEFAULT]) * DAY)
        return Forgotten(left=left, bared=bared, rejected=rejected)

    @property
    def compaction_due(self) -> bool:
        """Whether anything was taken out since the file was last written anew."""
        return due(self._ws._store.connection(), self._ws._store.path)

    def compact(self) -> Compacted:
        """What writing the store's file anew did to its size. Raises StoreError where others read without a break."""
        return self._ws._store.compact()

    def sort(self) -> bool:
        """Whether stays lay far apart, and lie in order now: one person's are sooner found."""
        if scattered(self._ws._store.connection()) < ENOUGH:
            return False
        with self._ws._store.transaction() as connection:
            sort_stays(connection)
        return True

    def _counted(self) -> Counted:
        """What lifecycles read, who is excluded, and what counts as money."""
        defined = self._ws.definitions.all
        ready = prepare(
            defined, {one.name: place for place, one in enumerate(defined)},
            hand_set=stage_sets(self._ws._store.connection()),
        )  # fmt: skip
        worth = self._ws.definitions.money
        money = readings(bind_value(worth.value, bindings=worth.events, unit=CUSTOMER))
        return Counted.of((*ready.kinds, *(kind for one in money for kind in (one.kind, one.after) if kind)))
