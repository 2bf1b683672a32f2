"""An action as events: one that lays it down, and one for everybody on the list, whether treated or held out.

The definition is frozen: what a goal meant when the action began is read back from the log, not from the workspace.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tenure.engage.action import Action, Goal, Split
from tenure.engage.consent import MARKETING
from tenure.events import Event
from tenure.warehouse.connection import Connection
from tenure.warehouse.where import quote

DEFINED, STARTED = "Action Defined", "Action Started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An action of the log, with how many it began for and how many were left out for lack of consent."""

    action: Action
    treated: int
    held_out: int
    left_out: int


def events_of(begun: Begun, parts: Split) -> Iterator[Event]:
    """The events that begin an action; their message ids are made of the action and the person."""
    action, goal = begun.action, begun.action.goal
    yield Event(
        name=DEFINED, time=action.started_at, message_id=f"action:{action.id}",
        properties={
            "action": action.id, "name": action.name, "goal": goal.text, "goal_events": goal.events,
            "goal_where": goal.where, "goal_values": goal.values, "days": action.days, "owner": action.owner or None,
            "share": action.share, "kind": action.kind, "channel": action.channel, "consent": action.consent,
            "purpose": action.purpose, "note": action.note or None, "people": action.people or None,
            "treated": begun.treated, "held_out": begun.held_out, "left_out": begun.left_out,
        },
    )  # fmt: skip
    shared = {
        "action": action.id, "name": action.name, "goal": goal.text, "days": action.days, "owner": action.owner or None,
        "channel": action.channel,
    }  # fmt: skip
    for arm, people in (("treated", parts.treated), ("held_out", parts.held_out)):
        properties = {**shared, "arm": arm}
        for customer in people:
            yield Event(
                name=STARTED, time=action.started_at, customer_id=customer, properties=properties,
                message_id=message_id(action.id, customer),
            )  # fmt: skip


def message_id(action: str, customer: str) -> str:
    """The id of the event that begins an action for somebody."""
    hashed = hashlib.sha256(f"{action}\0{customer}".encode(errors="surrogatepass")).hexdigest()
    return f"action:{action}:{hashed[:32]}"


def begun_actions(connection: Connection, *, as_of: int) -> tuple[Begun, ...]:
    """The actions that began up to `as_of`, the latest first."""
    rows = connection.execute(
        f"SELECT properties, time FROM events WHERE name = {quote(DEFINED)} AND time <= {as_of} "
        "ORDER BY time DESC, message_id"
    ).fetchall()
    return tuple(_read(json.loads(properties, parse_float=Decimal), time) for properties, time in rows)


def _read(told: dict[str, object], time: int) -> Begun:
    """The action of one event; whatever a program wrote under that name without the settings has empty ones."""

    def text(name: str) -> str:
        return str(told.get(name) or "")

    def texts(name: str) -> tuple[str, ...]:
        found = told.get(name)
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def whole(name: str) -> int:
        return int(str(told.get(name) or 0))

    return Begun(
        action=Action(
            id=text("action"), name=text("name"), days=whole("days"), share=Decimal(text("share") or 0),
            started_at=time, owner=text("owner"), kind="tasks" if text("kind") == "tasks" else "download",
            channel=text("channel") or None,
            consent="not_withdrawn" if text("consent") == "not_withdrawn" else "given", note=text("note"),
            people=text("people"), purpose=text("purpose") or MARKETING,
            goal=Goal(
                text=text("goal"), events=texts("goal_events"), where=text("goal_where") or None,
                values=texts("goal_values"),
            ),
        ),
        treated=whole("treated"), held_out=whole("held_out"), left_out=whole("left_out"),
    )  # fmt: skip
