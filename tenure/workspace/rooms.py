"""The rooms of a workspace: the parts that answer one kind of question each, such as `ws.moves`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from tenure.workspace.actions import Actions
from tenure.workspace.arrivals import Arrivals
from tenure.workspace.cohorts import Cohorts
from tenure.workspace.exports import Exports
from tenure.workspace.feed import FeedOf
from tenure.workspace.identities import Identities
from tenure.workspace.journeys import Journeys
from tenure.workspace.metrics import Metrics
from tenure.workspace.moves import Moves
from tenure.workspace.outlook import Outlooks
from tenure.workspace.predictions import Predictions
from tenure.workspace.roster import RosterOf
from tenure.workspace.targets import Targets
from tenure.workspace.timeline import Timeline
from tenure.workspace.upkeep import Upkeep
from tenure.workspace.value import ValueOf
from tenure.workspace.why import WhyOf

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace


class Rooms:
    """What `Workspace` has besides its own methods."""

    @property
    def _itself(self) -> Workspace:
        return cast("Workspace", self)

    @property
    def moves(self) -> Moves:
        """How people move: population over time, transitions, time in stage, conversion, and who to look at."""
        return Moves(self._itself)

    @cached_property
    def metrics(self) -> Metrics:
        """The metrics: what there are, and what they were in each period."""
        return Metrics(self._itself)

    @cached_property
    def targets(self) -> Targets:
        """The targets, how metrics and stages stand against them, and what lies outside the expected."""
        return Targets(self._itself)

    @property
    def roster(self) -> RosterOf:
        """The lists of people: who is where now, by any filter."""
        return RosterOf(self._itself)

    @property
    def feed(self) -> FeedOf:
        """The feed of moves: what became known of who moved where, in that order."""
        return FeedOf(self._itself)

    @property
    def identities(self) -> Identities:
        """Whose each id is, how the ids of people came together, and what a person decides of it."""
        return Identities(self._itself)

    @property
    def timeline(self) -> Timeline:
        """What happened to people, event by event."""
        return Timeline(self._itself)

    @property
    def cohorts(self) -> Cohorts:
        """Who came in one period, followed through the periods after it."""
        return Cohorts(self._itself)

    @property
    def arrivals(self) -> Arrivals:
        """What came in: files and events of every source, and the rows that were refused."""
        return Arrivals(self._itself)

    @property
    def predictions(self) -> Predictions:
        """What customers will buy, by the rule that foretold the end of the log best."""
        return Predictions(self._itself)

    @property
    def value(self) -> ValueOf:
        """What customers are worth: spread, payback, who is worth saving, who costs more than they bring, products."""
        return ValueOf(self._itself)

    @property
    def outlook(self) -> Outlooks:
        """What is to come: people by stage in the next periods, what must convert, and what would help most."""
        return Outlooks(self._itself)

    @property
    def why(self) -> WhyOf:
        """Why figures changed, and what goes before people enter or leave stages."""
        return WhyOf(self._itself)

    @property
    def journeys(self) -> Journeys:
        """What people go through: touchpoints that follow each other, paths, the journey map, attribution, RFM."""
        return Journeys(self._itself)

    @property
    def exports(self) -> Exports:
        """Copies of what is known of everybody, kept up to date in files or in a database."""
        return Exports(self._itself)

    @property
    def upkeep(self) -> Upkeep:
        """What is kept and for how long, and the files without what was taken out."""
        return Upkeep(self._itself)

    @property
    def actions(self) -> Actions:
        """What was done with lists of people, and what came of it beside those held out."""
        return Actions(self._itself)
