"""Who is whom: the ids of people, how they came together, and what a person decides of it: `ws.identities`.

shown = ws.identities.show("ann@example.com")
merge = ws.identities.merge("c17", "c204", reason="wrote to us from the other address")
ws.identities.undo(merge, reason="her sister")
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.errors import UsageError
from tenure.events import Event
from tenure.ingest.recording import OWN
from tenure.warehouse.identity.asking import Shown, Unit, merge_of, shown, unit_of
from tenure.warehouse.identity.duplicates import DISMISSED, Duplicate, duplicates
from tenure.warehouse.identity.finding import BY_HAND, MERGED, SEPARATED
from tenure.warehouse.identity.rules import kind_of, value_of

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

LONGEST_REASON = 500


class Identities:
    """The ids of the people of a workspace. Decisions are events; histories know of them after a refresh."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._connection = workspace._store.connection()

    def find(self, any_id: str) -> str | None:
        """The id by which the person who has `any_id` is called; None where nobody has it."""
        found = unit_of(self._connection, any_id)
        return found.id if found else None

    def show(self, any_id: str) -> Shown:
        """Every id of a person with since when and by which event, what was refused, and what was merged.

        Raises UsageError where nobody has the id.
        """
        unit = self._unit(any_id)
        return shown(self._connection, unit.key, unit.id, self._ws._store.rules)

    def merge(self, kept: str, gone: str, *, reason: str = "", by: str = "") -> str:
        """The id of the merge by which two people are one, called by the first from now on.

        Raises UsageError where nobody has one of the ids, or both are of one person.
        """
        one, other = self._unit(kept).id, self._unit(gone).id
        if one == other:
            raise UsageError(f"{kept} and {gone} are ids of one person already, {one}.")
        said = {"previous_id": other, "reason": _checked(reason), "by": by}
        merge = self._decide(MERGED, one, said, self._ws._clock(), kind="alias")
        if self.find(other) != self.find(one):
            raise UsageError(
                f"{one} and {other} could not be merged.", hint="One of the ids is blocked: see `identity:`."
            )
        return merge

    def undo(self, merge: str, *, reason: str = "", by: str = "") -> str:
        """The id of what takes a merge back: both people have the histories that they would have without it.

        `merge` is its id, as `show` lists it. Raises UsageError where there is no such merge, or it was undone.
        """
        found = merge_of(self._connection, merge, self._ws._store.rules)
        if found is None:
            raise UsageError(
                f"There is no merge {merge!r}, or it was undone.", hint="`tenure identity show ID` lists those of ID."
            )
        link = found.link
        said = {
            "first_kind": kind_of(link.first), "first_id": value_of(link.first), "second_kind": kind_of(link.second),
            "second_id": value_of(link.second), "merge": merge, "reason": _checked(reason), "by": by,
        }  # fmt: skip
        return self._decide(SEPARATED, value_of(found.kept), said, max(self._ws._clock(), link.time + 1), kind="alias")

    def duplicates(self, any_id: str | None = None, *, limit: int = 50) -> tuple[Duplicate, ...]:
        """People who are likely one, the likeliest first: all, or those likely one with somebody."""
        key = None if any_id is None else self._unit(any_id).key
        return duplicates(self._connection, limit=limit, customer=key)

    def dismiss(self, first: str, second: str, *, reason: str = "", by: str = "") -> str:
        """The id of what tells two people apart: they are not proposed as one again."""
        one, other = self._unit(first).id, self._unit(second).id
        if one == other:
            raise UsageError(f"{first} and {second} are ids of one person, {one}.", hint="Undo the merge instead.")
        return self._decide(
            DISMISSED, one, {"other_id": other, "reason": _checked(reason), "by": by}, self._ws._clock(), kind="track"
        )

    def _unit(self, any_id: str) -> Unit:
        found = unit_of(self._connection, any_id)
        if found is None:
            raise UsageError(f"Nobody has the id {any_id[:100]!r}.", hint="Ids are written as in the source.")
        return found

    def _decide(self, name: str, customer: str, said: dict[str, str], time: int, *, kind: str) -> str:
        drawn = hashlib.sha256("\x1f".join((name, customer, str(time), *said.values())).encode()).hexdigest()[:16]
        message = f"{BY_HAND}{drawn}"
        told = {key: value for key, value in said.items() if value}
        event = Event(name=name, time=time, customer_id=customer, properties=told, message_id=message, type=kind)
        self._ws.record([event], source=OWN)
        return message


def _checked(reason: str) -> str:
    if len(reason) > LONGEST_REASON:
        raise UsageError(f"A reason has at most {LONGEST_REASON} letters.")
    return reason.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of what is known of a person's ids: `what` is id, refused, merge or undone, `why` a sentence."""

    what: str
    kind: str
    id: str
    time: int
    message_id: str
    why: str


_WHY = {
    "named": "named beside {0}", "claimed": "told by {0}", "alias": "an alias said that it is {0}",
    "hand": "merged by hand with {0}", "rule": "shared with {0}, by a rule",
}  # fmt: skip
_REASONS = {
    "blocked": "{0} says nothing: it is a blocked value", "shared": "{0} is named by too many",
    "taken": "{1} belongs to {0}", "limit": "there are too many ids of the kind {0}",
    "undone": "a person took it back", "no alias": "alias calls merge nobody here",
}  # fmt: skip


def told(found: Shown) -> tuple[Line, ...]:
    """All that is known of a person's ids, in sentences."""
    lines = [
        Line(
            what="id", kind=one.kind, id=one.id, time=one.time, message_id=one.message_id,
            why=(_WHY[one.why].format(one.because) if one.why in _WHY else "they are called by it")
            + (f" ({one.event})" if one.event and one.why != "own" else ""),
        )
        for one in found.ids
    ]  # fmt: skip
    for refused in found.refused:
        link, detail = refused.link, value_of(refused.detail) if ":" in refused.detail else refused.detail
        lines.append(
            Line(
                what="refused", kind=kind_of(link.second), id=f"{value_of(link.first)} + {value_of(link.second)}",
                time=link.time, message_id=link.message_id,
                why=_REASONS[refused.reason].format(detail, value_of(link.second)),
            )
        )  # fmt: skip
    for merge in found.merges:
        by = "by a rule" if merge.rule else "by hand" if merge.link.how == "hand" else "by an alias"
        lines.append(
            Line(
                what="merge", kind=by, id=f"{value_of(merge.kept)} + {value_of(merge.gone)}", time=merge.link.time,
                message_id=merge.link.message_id, why=f"merge {merge.link.message_id}",
            )
        )  # fmt: skip
    lines += [
        Line(
            what="undone", kind="by hand", id=f"{value_of(link.first)} + {value_of(link.second)}", time=link.time,
            message_id=link.message_id, why="a merge was taken back",
        )
        for link in found.undone
    ]  # fmt: skip
    return tuple(lines)
