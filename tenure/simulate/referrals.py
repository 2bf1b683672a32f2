"""Referrals: customers whom things went well for pass on a code, and friends come with it."""

from __future__ import annotations

import numpy as np

from tenure.simulate.calendar import NEVER, days
from tenure.simulate.columns import Cents, Coded, Column, Numbered
from tenure.simulate.draws import Bools, Ints
from tenure.simulate.log import NOBODY
from tenure.simulate.membership import Members
from tenure.simulate.setting import Purchases, Setting, logistic

_REWARD = 1_000
# how many purchases are tried for each friend; a small part of them led to a code passed on
_TRIES = 24


def refer(setting: Setting, bought: Purchases, members: Members, *, often: float = 1.0) -> None:
    """Nothing; records who passed a code on, and which friends signed up and bought with it.

    Most people who came by a friend are linked to somebody who had passed on a code by then.
    """
    people, log = setting.people, setting.log
    draws = setting.streams("referrals")
    size = len(bought)
    shared = bought.real & draws.chance(size, often * 0.16 * logistic(2.5 * (bought.experience - 0.4)))
    at = bought.served_at + days(0.5 + draws.exponential(size, 8.0))
    via = Coded(draws.pick(size, [3, 2, 1]), ("message", "mail", "post"))
    log.add(
        "Referral Shared", bought.who, at,
        {
            "code": Numbered("FRIEND", bought.who), "share_via": via, "reward": Cents(np.full(size, _REWARD)),
            "currency": "EUR",
        }, keep=shared,
    )  # fmt: skip
    friends = np.flatnonzero(people.came_by("referral"))
    advocate = _advocates(setting, bought, shared, at, friends)
    linked = (advocate >= 0) & people.present[friends]
    advocate = np.maximum(advocate, 0)
    first = bought.first_at(len(people))[friends]
    signed_up = np.minimum(members.signed_up[friends], first)
    told: dict[str, Column] = {
        "code": Numbered("FRIEND", advocate), "friend_id": Coded(friends, people.ids), "share_via": "message",
        "reward": Cents(np.full(len(friends), _REWARD)), "currency": "EUR",
    }  # fmt: skip
    log.add("Referral Signed Up", advocate, signed_up, told, keep=linked & (signed_up < NEVER), key=friends)
    log.add("Referral Qualified", advocate, first, told, keep=linked & (first < NEVER), key=friends)
    if setting.flavour != "shop":
        voucher: dict[str, Column] = {
            "reward_id": Numbered("g", friends), "kind": "referral", "value": told["reward"],
            "code": Numbered("THANKS", friends), "existing_only": True, "currency": "EUR",
        }  # fmt: skip
        log.add(
            "Reward Issued", advocate, first + days(1.0), voucher, keep=linked & (first < NEVER), key=friends,
            label="referral-",
        )  # fmt: skip


def _advocates(setting: Setting, bought: Purchases, shared: Bools, at: Ints, friends: Ints) -> Ints:
    """Who sent each of the friends, NOBODY where that is not known.

    Some purchases are tried for each friend, whatever became of them, so that a planted cause that takes one away
    leaves the links of the others as they are.
    """
    draws = setting.streams("advocates")
    order = np.argsort(bought.at, kind="stable")
    earlier = np.searchsorted(bought.at[order], setting.people.first_at[friends])
    found = np.full(len(friends), NOBODY, dtype=np.int64)
    for _ in range(_TRIES):
        place = np.minimum((draws.uniform(len(friends)) * earlier).astype(np.int64), max(len(bought) - 1, 0))
        if not len(bought):
            break
        tried = order[place]
        fits = (found == NOBODY) & (earlier > 0) & shared[tried]
        fits &= at[tried] < setting.people.first_at[friends]
        found[fits] = bought.who[tried[fits]]
    return found
