"""What the company's own people do by hand: tasks, calls after a purchase, stages set in the CRM."""

from __future__ import annotations

import numpy as np

from tenure.simulate.calendar import DAY, days
from tenure.simulate.columns import Coded, Column, Moments, Numbered
from tenure.simulate.names import OWNERS, STAFF
from tenure.simulate.setting import Purchases, Setting

_SET = ("other", "sales_qualified_lead", "evangelist", "lead", "clear")
_WHY = ("supplier", "met in person", "spoke at our event", "asked by telephone", "set by mistake")


def work(setting: Setting, bought: Purchases) -> None:
    """Nothing; records calls back after a purchase, tasks and stages that somebody set by hand."""
    people, log, calendar = setting.people, setting.log, setting.calendar
    draws = setting.streams("desk")
    size = len(bought)
    called = bought.real & draws.chance(size, 0.05)
    moment = calendar.office(bought.served_at + 3 * DAY, people.country[bought.who], draws.uniform(size))
    task: dict[str, Column] = {
        "task_id": Numbered("j-call-", np.arange(size, dtype=np.int64)), "title": "Call after the purchase",
        "owner": Coded(people.owner[bought.who], OWNERS), "due_at": Moments(bought.served_at + 7 * DAY),
    }  # fmt: skip
    log.add("Task Created", bought.who, bought.served_at, task, keep=called, label="call-")
    log.add(
        "Task Completed", bought.who, moment, {"outcome": "reached", **task}, keep=called & draws.chance(size, 0.9),
        label="call-",
    )  # fmt: skip
    log.add(
        "Follow-up Done", bought.who, moment,
        {
            "about": Coded(draws.pick(size, [4, 1]), ("purchase", "risk")),
            "staff": Coded(draws.pick(size, np.ones(len(STAFF))), STAFF), "outcome": "settled",
            "note": "Asked how it goes.",
        }, keep=called, label="call-",
    )  # fmt: skip
    persons = len(people)
    by_hand = draws.chance(persons, 0.05)
    stage = draws.pick(persons, [6, 2, 1, 1, 0.5])
    at = people.first_at + days(1.0 + draws.exponential(persons, 60.0))
    log.add(
        "Stage Set", np.arange(persons), calendar.office(at, people.country, draws.uniform(persons)),
        {
            "lifecycle": "inbound", "stage": Coded(stage, _SET), "reason": Coded(stage, _WHY),
            "by": Coded(people.owner, OWNERS),
        }, keep=by_hand,
    )  # fmt: skip
