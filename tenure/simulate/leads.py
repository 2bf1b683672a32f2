"""Leads of a b2b company: who is taken on, how they are judged, and the talks with them."""

from __future__ import annotations

import numpy as np

from tenure.simulate.calendar import days
from tenure.simulate.catalogue import SERVICES
from tenure.simulate.columns import Coded, Column
from tenure.simulate.draws import Draws, Floats, Ints
from tenure.simulate.names import OWNERS, STAFF
from tenure.simulate.setting import Setting, repeated

_MOST = 8
_OUTCOMES = ("interested", "call again", "not reached", "no need")


def lead(setting: Setting) -> None:
    """Nothing; records leads, their qualification by marketing and sales, and calls, meetings, demos and pilots."""
    people, log, calendar = setting.people, setting.log, setting.calendar
    draws = setting.streams("leads")
    size = len(people)
    everybody = np.arange(size)
    taken = draws.chance(size, np.where(people.buys, 0.85, 0.5)) & ~people.came_by("list")
    at = calendar.office(
        people.first_at + days(0.05 + draws.exponential(size, 2.5)), people.country, draws.uniform(size),
    )  # fmt: skip
    strength = draws.uniform(size)
    score = np.clip(np.round(20 + 45 * strength + 20 * people.buys + 6 * people.mood), 0, 100).astype(np.int64)
    owner = Coded(people.owner, OWNERS)
    rating = Coded(np.digitize(score, [45, 70]), ("cold", "warm", "hot"))
    log.add(
        "Lead Created", everybody, at, {"score": score, "owner": owner, "rating": rating}, keep=taken, way=people.way,
    )  # fmt: skip
    known_to_marketing = taken & draws.chance(size, np.where(people.buys, 0.85, 0.5))
    marketing_at = calendar.office(at + days(draws.exponential(size, 3.0)), people.country, draws.uniform(size))
    passes = setting.planted.passes("Lead Qualified", marketing_at, strength)
    log.add(
        "Lead Qualified", everybody, marketing_at, {"stage": "marketing", "score": score, "owner": owner},
        keep=known_to_marketing & passes, label="marketing-",
    )  # fmt: skip
    known_to_sales = known_to_marketing & draws.chance(size, np.where(people.buys, 0.85, 0.35))
    sales_at = calendar.office(marketing_at + days(draws.exponential(size, 5.0)), people.country, draws.uniform(size))
    passes &= setting.planted.passes("Lead Qualified", sales_at, strength)
    log.add(
        "Lead Qualified", everybody, sales_at, {"stage": "sales", "score": np.minimum(score + 8, 100), "owner": owner},
        keep=known_to_sales & passes, label="sales-",
    )  # fmt: skip
    _talks(setting, at, np.where(people.buys, 1.6, 0.8) * np.where(taken, 1.0, 0.1))


def _talks(setting: Setting, at: Ints, often: Floats) -> None:
    """Records the talks in the weeks after `at`."""
    people, log = setting.people, setting.log
    for name, much, minutes in (("Call Logged", 1.3, 9), ("Meeting Held", 0.55, 50), ("Demo Attended", 0.32, 35)):
        draws = setting.streams(name)
        rows, place = repeated(np.minimum(draws.poisson(often * much), _MOST))
        moment: Ints = at[rows] + days(1.0 + place * 9.0 + draws.exponential(len(rows), 9.0))
        moment = setting.calendar.office(moment, people.country[rows], draws.uniform(len(rows)))
        log.add(name, rows, moment, _talk(draws, len(rows), minutes), key=rows * _MOST + place)
    draws = setting.streams("pilots")
    size = len(people)
    tests = draws.chance(size, 0.06 * often)
    service = draws.pick(size, [4, 3, 2, 1])
    tested: dict[str, Column] = {
        "place": "pilot", "staff": Coded(people.owner, OWNERS), "product_id": Coded(service, SERVICES),
        "outcome": Coded(draws.pick(size, [3, 1]), ("passed", "failed")),
    }  # fmt: skip
    log.add("Product Tested", np.arange(size), at + days(20 + draws.exponential(size, 15.0)), tested, keep=tests)


def _talk(draws: Draws, size: int, minutes: int) -> dict[str, Column]:
    outcome = draws.pick(size, [4, 3, 2, 2])
    return {
        "direction": Coded(draws.pick(size, [1, 3]), ("in", "out")),
        "duration": np.round(minutes * 60 * np.exp(draws.normal(size, -0.2, 0.6))).astype(np.int64) + 20,
        "staff": Coded(draws.pick(size, np.ones(len(STAFF))), STAFF), "outcome": Coded(outcome, _OUTCOMES),
        "product_id": Coded(draws.pick(size, [4, 3, 2, 1]), SERVICES),
        "note": Coded(
            outcome,
            ("Wants an offer.", "Asked to be called next month.", "Left a message.", "Is content with what they have."),
        ),
    }  # fmt: skip


def calls(setting: Setting) -> None:
    """Nothing; records calls of people who are no leads: those who first came by telephone, and a few more."""
    people = setting.people
    draws = setting.streams("calls")
    size = len(people)
    phoned = people.came_by("phone")
    calling = phoned | draws.chance(size, 0.03)
    at = np.where(phoned, people.first_at, people.first_at + days(draws.exponential(size, 30.0)))
    setting.log.add("Call Logged", np.arange(size), at, _talk(draws, size, 6), keep=calling, label="in-")
