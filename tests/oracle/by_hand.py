"""Events, conditions and lifecycles written short, for cases worked out by hand. Times are days since 1970."""

from __future__ import annotations

from .evaluate import DAY, Event, Moment, evaluate, in_order
from .history import Row, oracle_history
from .lifecycle import bindings_of

EVENTS = {
    "order": {"event": "Order Completed", "value": "amount"},
    "visit": "Page Viewed",
    "nps": {"event": "Survey Answered", "where": "survey == 'nps'", "value": "score"},
    "contact": {"event": ["Page Viewed", "Survey Answered"]},
}


def order(day: float, message_id: str = "", *, name: str = "Order Completed", late: float = 0, **properties) -> Event:
    time = int(day * DAY)
    return Event(
        message_id=message_id or f"{name}{day}",
        name=name,
        time=time,
        received_at=time + int(late * DAY),
        customer="ada",
        properties=properties,
        traits=properties if name == "Identified" else {},
    )


def visit(day: float, message_id: str = "", **properties) -> Event:
    return order(day, message_id, name="Page Viewed", **properties)


def answer(day: float, score: object, survey: str = "nps", message_id: str = "") -> Event:
    return order(day, message_id, name="Survey Answered", score=score, survey=survey)


def identify(day: float, message_id: str = "", **said: object) -> Event:
    return order(day, message_id, name="Identified", **said)


def set_by_hand(day: float, stage: object, message_id: str = "") -> Event:
    return order(day, message_id, name="Stage Set", lifecycle="store", stage=stage)


def holds(condition: str, *events: Event, day: float = 100, micro: int = 0) -> bool:
    time = int(day * DAY) + micro
    return evaluate(condition, Moment(time=time, events=in_order(events), bindings=bindings_of({"events": EVENTS})))


def rows(stages: dict, *events: Event, day: float = 100, known: float | None = None, **facts: object) -> list[Row]:
    definition = {"lifecycle": "store", "events": EVENTS, "stages": staged(stages), **facts}
    known_at = None if known is None else int(known * DAY)
    return oracle_history(events, [definition], as_of=int(day * DAY), known_at=known_at)


def staged(stages: dict) -> list[dict]:
    """Stages written short: a text is `when`, `side:` before it makes a side stage, None is `otherwise`."""
    return [
        {name: {"otherwise": True}} if when is None
        else {name: {"when": when.removeprefix("side:"), "side": True}} if when.startswith("side:")
        else {name: {"when": when}}
        for name, when in stages.items()
    ]  # fmt: skip


def visits(stages: dict, *events: Event, **options) -> list[tuple[str, float, float | None]]:
    """Stage, day of entry, day of leaving; a microsecond more or less is shown as such."""
    return [(row.stage, days(row.entered_at), days(row.left_at)) for row in rows(stages, *events, **options)]


def days(time: int | None) -> object:
    if time is None or time % (DAY // 24) == 0:
        return None if time is None else time / DAY
    beside = 1 if time % (DAY // 24) == 1 else -1
    return (time - beside) / DAY, beside
