"""The loyalty programme of a shop: points, tiers, rewards."""

from __future__ import annotations

import numpy as np

from tenure.simulate.calendar import DAY, MINUTE, NEVER, days
from tenure.simulate.columns import Cents, Coded, Column, Moments, Numbered
from tenure.simulate.draws import Ints
from tenure.simulate.membership import Members
from tenure.simulate.orders import Orders
from tenure.simulate.setting import Purchases, Setting

TIERS = ("bronze", "silver", "gold")
_THRESHOLDS = (0, 15_000, 40_000)
_LIFE = 365


def reward(setting: Setting, placed: Orders, bought: Purchases, members: Members) -> None:
    """Nothing; records who joined the programme, points and tiers from then on, and the rewards given and used."""
    people, log = setting.people, setting.log
    draws = setting.streams("loyalty")
    size, persons = len(placed), len(people)
    first = bought.first_at(persons)
    joins = people.signs_up & (first < NEVER) & draws.chance(persons, 0.5)
    joined = np.where(joins, first + days(0.01 + draws.exponential(persons, 20.0)), NEVER)
    log.add("Programme Joined", np.arange(persons), joined, {"programme": "Circle"}, keep=joined < NEVER)
    member = bought.real & (placed.at > joined[placed.who])
    number = Numbered("o", np.arange(size, dtype=np.int64))
    points = placed.revenue // 100
    lapse = placed.at + _LIFE * DAY
    terms: dict[str, Column] = {"programme": "Circle", "order_id": number, "expires_at": Moments(lapse)}
    log.add("Points Earned", placed.who, placed.at + 2 * MINUTE, {"points": points, **terms}, keep=member)
    spends = member & draws.chance(size, 0.16)
    log.add(
        "Points Redeemed", placed.who, placed.at - 2 * MINUTE, {"points": np.minimum(points, 100), **terms},
        keep=spends,
    )  # fmt: skip
    idle = member & draws.chance(size, 0.45)
    log.add("Points Expired", placed.who, lapse, {"points": points, **terms}, keep=idle)
    _tiers(setting, placed, member & (members.closed[placed.who] > placed.at))
    _rewards(setting, placed, bought, members)


def _tiers(setting: Setting, placed: Orders, member: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    """Records who moved up with an order; the spend since joining decides."""
    spent = np.where(member, placed.revenue, 0)
    total = np.cumsum(spent)
    begins = np.flatnonzero(np.diff(placed.who, prepend=-1))
    before = np.repeat(total[begins] - spent[begins], np.diff(np.append(begins, len(spent))))
    so_far = total - before
    now = np.searchsorted(_THRESHOLDS, so_far, side="right") - 1
    then = np.searchsorted(_THRESHOLDS, so_far - spent, side="right") - 1
    moved: Ints = now - then
    setting.log.add(
        "Tier Changed", placed.who, placed.at + 3 * MINUTE,
        {"programme": "Circle", "from": Coded(then, TIERS), "to": Coded(now, TIERS)}, keep=member & (moved > 0),
    )  # fmt: skip


def _rewards(setting: Setting, placed: Orders, bought: Purchases, members: Members) -> None:
    draws = setting.streams("rewards")
    size = len(placed)
    made_good = bought.real & (bought.experience < -1.2) & draws.chance(size, 0.3)
    given = made_good | (bought.real & draws.chance(size, 0.07))
    at = bought.served_at + days(1.0 + draws.uniform(size, 0.0, 4.0))
    kind = np.where(made_good, 0, draws.pick(size, [0.0, 3, 2]))
    value = np.array([1_000, 500, 800])[kind]
    voucher: dict[str, Column] = {
        "reward_id": Numbered("g", np.arange(size, dtype=np.int64)),
        "kind": Coded(kind, ("apology", "thanks", "birthday")), "value": Cents(value),
        "code": Numbered("GIFT", np.arange(size, dtype=np.int64)), "existing_only": kind > 0,
        "expires_at": Moments(at + 90 * DAY), "currency": "EUR",
    }  # fmt: skip
    given &= at < members.closed[placed.who]
    setting.log.add("Reward Issued", placed.who, at, voucher, keep=given)
    used_at = at + days(draws.exponential(size, 25.0))
    used = given & draws.chance(size, 0.4) & (used_at < at + 90 * DAY) & (used_at < bought.gone_at[placed.who])
    setting.log.add("Reward Redeemed", placed.who, used_at, voucher, keep=used)
    setting.log.add(
        "Cost Recorded", placed.who, used_at, {"kind": "incentive", "amount": Cents(value), "currency": "EUR"},
        keep=used, label="incentive-",
    )  # fmt: skip
