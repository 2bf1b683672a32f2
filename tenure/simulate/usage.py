"""Use of a product: setting it up, the first real benefit, features, colleagues invited.

Use comes at random at a rate of everybody's own (gamma), and becomes rarer before somebody leaves.
"""

from __future__ import annotations

import numpy as np

from tenure.simulate.calendar import DAY, NEVER, days
from tenure.simulate.catalogue import FEATURES, ONBOARDING
from tenure.simulate.columns import Coded
from tenure.simulate.draws import Bools, Floats, Ints
from tenure.simulate.names import FIRST_NAMES, LAST_NAMES
from tenure.simulate.setting import Setting, repeated

_MOST = 2_000


def keenness(setting: Setting, mean: float) -> tuple[Floats, Floats]:
    """How many times a day everybody uses the product, `mean` on average; and the same in standard deviations."""
    rate = setting.streams("keenness").gamma(len(setting.people), 0.8, mean / 0.8)
    felt = np.log(np.maximum(rate, 1e-4) / mean)
    return rate, np.clip((felt + 0.75) / 1.3, -2.5, 2.5)


def use(
    setting: Setting, who: Ints, at: Ints, ends: Ints, real: Bools, rate: Floats, label: str, *,
    last: Bools | None = None, stop: Ints | None = None,
) -> None:  # fmt: skip
    """Nothing; records the features used from `at` to `ends`, less in a `last` term, none once people `stop`."""
    last = np.zeros(len(who), dtype=np.bool_) if last is None else last
    draws = setting.streams(f"use {label}")
    span = np.minimum(ends, setting.calendar.end) - at
    mean = rate[who] * np.maximum(span, 0) / DAY * np.where(last, 0.45, 1.0)
    rows, _ = repeated(np.minimum(draws.poisson(mean), _MOST))
    total = len(rows)
    place = draws.uniform(total)
    # before the end, use comes early in the term
    place = np.where(last[rows], place * place, place)
    calendar = setting.calendar
    began = calendar.trade((at - calendar.start) / DAY)
    trade = calendar.trade((at + np.maximum(span, 0) - calendar.start) / DAY) - began
    day = calendar.day(began[rows] + place * trade[rows])
    moment = calendar.moment(day, setting.people.country[who[rows]], draws.uniform(total), "office")
    moment = np.clip(moment, at[rows] + 1, ends[rows])
    kept = real[rows] if stop is None else real[rows] & (moment < stop[who[rows]])
    setting.log.add(
        "Feature Used", who[rows], moment,
        {
            "feature": Coded(draws.pick(total, [8, 5, 2, 3, 2, 1.5, 1, 1]), FEATURES),
            "quantity": 1 + draws.geometric(total, 0.5, 20),
        }, keep=kept, label=label,
    )  # fmt: skip


def set_up(setting: Setting, began: Ints, real: Bools, felt: Floats) -> None:
    """Nothing; records the steps of setting up since everybody `began`, the first benefit, and who was invited."""
    log, people = setting.log, setting.people
    draws = setting.streams("setting up")
    size = len(people)
    everybody = np.arange(size)
    at = np.where(began < NEVER, began, 0)
    for place, step in enumerate(ONBOARDING):
        at = at + days(0.01 + draws.exponential(size, 2.2))
        log.add(
            "Onboarding Step Completed", everybody, at,
            {
                "step": step, "position": np.full(size, place + 1), "steps": np.full(size, len(ONBOARDING)),
                "required": place < 2,
            }, keep=real & draws.chance(size, 0.86 - 0.14 * place), label=f"{step}-",
        )  # fmt: skip
    reached = began + days(0.1 + draws.exponential(size, 4.0))
    strength = draws.uniform(size)
    benefits = real & draws.chance(size, np.clip(0.62 + 0.2 * felt, 0.1, 0.95))
    stricter = setting.planted.stricter("Activated", reached)
    log.add(
        "Activated", everybody, reached,
        {"rule": Coded(stricter.astype(np.int32), ("first project shared", "three projects shared"))},
        keep=benefits & setting.planted.passes("Activated", reached, strength),
    )  # fmt: skip
    invites = real & draws.chance(size, np.clip(0.16 + 0.08 * felt, 0.02, 0.5))
    first, last = draws.pick(size, np.ones(len(FIRST_NAMES))), draws.pick(size, np.ones(len(LAST_NAMES)))
    log.add(
        "Invite Sent", everybody, began + days(1.0 + draws.exponential(size, 20.0)),
        {
            "invitee_email": "colleague@example.com", "invitee_first_name": Coded(first, FIRST_NAMES),
            "invitee_last_name": Coded(last, LAST_NAMES),
            "invitee_role": Coded(draws.pick(size, [4, 1]), ("member", "admin")),
        }, keep=invites,
    )  # fmt: skip
