"""Accounts: the people of each, what they are worth together, who looks after them, and when they renew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.roster.kept import TABLE, Roster
from tenure.lifecycle.tell import named
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.where import quote

SORTS = ("money", "people", "name", "last_seen", "renewal")
UNIT = "account"
_NAMES = ("company", "company_name", "account_name", "organisation", "organization")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsAsked:
    """Which accounts are asked for; what is empty asks nothing.

    `search` are words of the id or name, `owner` who looks after it (`none`: nobody), `stage` one in which some of its
    people are, `id` exactly that one.
    """

    search: str = ""
    owner: str = ""
    stage: str = ""
    id: str = ""
    sort: str = "money"
    descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account: its people (all, and those at risk), the sum of their money, and what most of them are told to have.

    `name` is the id where no better one is known, `renewal` the next date of a renewal as it was told, `stage` that of
    the account itself where a lifecycle counts accounts; `last_seen` in microseconds UTC.
    """

    id: str
    name: str
    people: int
    at_risk: int
    money: Decimal
    last_seen: int | None
    owner: str
    renewal: str
    stage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsFound:
    """How many accounts that are and what they are worth, and those asked for."""

    count: int
    money: Decimal
    rows: tuple[Account, ...]


def accounts(
    connection: Connection, roster: Roster, held: Mapping[str, Applied], asked: AccountsAsked, *, lifecycle: str,
    own: str | None, risk: Sequence[int], today: str, limit: int = 50, offset: int = 0,
) -> AccountsFound:  # fmt: skip
    """How many accounts that are, and `limit` of them from `offset` on.

    `lifecycle` is that of the people, `own` one that counts accounts; `risk` are the places of the stages of risk,
    `today` a date as text from which on renewals are to come.
    """
    query = _accounts(roster, held, asked, lifecycle, own, risk, today)
    direction = "DESC" if asked.descending else "ASC"
    rows = connection.execute(
        f"SELECT id, name, people, at_risk, money, last_seen, owner, renewal, stage, count(*) OVER (), "
        f"sum(money) OVER () FROM ({query}) "
        f"ORDER BY {asked.sort if asked.sort in SORTS else 'money'} {direction} NULLS LAST, id "
        f"LIMIT {int(limit)} OFFSET {int(offset)}"
    ).fetchall()
    found = tuple(
        Account(
            id=id, name=name or id, people=people, at_risk=at_risk, money=money, last_seen=seen, owner=owner or "",
            renewal=renewal or "", stage=stage,
        )
        for id, name, people, at_risk, money, seen, owner, renewal, stage, _, _ in rows
    )  # fmt: skip
    return AccountsFound(
        count=rows[0][-2] if rows else 0, money=rows[0][-1] if rows else Decimal(0), rows=found
    )  # fmt: skip


def owners(connection: Connection, roster: Roster) -> tuple[str, ...]:
    """Everybody who looks after people of accounts, at most 200."""
    if "owner" not in roster.traits:
        return ()
    column = roster.traits["owner"]
    rows = connection.execute(
        f"SELECT DISTINCT {column} FROM {TABLE} WHERE kind = {quote(CUSTOMER)} AND account IS NOT NULL "
        f"AND {column} IS NOT NULL ORDER BY {column} LIMIT 200"
    ).fetchall()
    return tuple(owner for (owner,) in rows)


def _most(column: str | None) -> str:
    """SQL of what most people of an account have; of several that as many have, the first by the alphabet."""
    return f"mode({column} ORDER BY {column})" if column else "NULL"


def _accounts(
    roster: Roster, held: Mapping[str, Applied], asked: AccountsAsked, lifecycle: str, own: str | None,
    risk: Sequence[int], today: str,
) -> str:  # fmt: skip
    stage = f"stage_{roster.lifecycles[lifecycle]}"
    told = next((roster.traits[one] for one in _NAMES if one in roster.traits), None)
    owner, renewal = roster.traits.get("owner"), roster.traits.get("renewal_date")
    places = ", ".join(str(int(place)) for place in risk)
    grouped = (
        f"SELECT account AS id, count(*) AS people, sum(money) AS money, max(last_seen) AS last_seen, "
        f"{f'count(*) FILTER ({stage} IN ({places}))' if places else '0'} AS at_risk, "
        f"{_most(told)} AS name, {_most(owner)} AS owner, "
        f"{f'min({renewal}) FILTER ({renewal} >= {quote(today)})' if renewal else 'NULL'} AS renewal "
        f"FROM {TABLE} WHERE kind = {quote(CUSTOMER)} AND NOT excluded AND account IS NOT NULL "
        f"{f'AND account = {quote(asked.id)} ' if asked.id else ''}GROUP BY account"
    )
    if asked.stage:
        place = held[lifecycle].stages.index(asked.stage) if asked.stage in held[lifecycle].stages else -1
        grouped += f" HAVING count(*) FILTER ({stage} = {place}) > 0"
    code = roster.lifecycles[own] if own else None
    itself = named(f"own.stage_{code}", held[own].stages) if own else "CAST(NULL AS VARCHAR)"
    worth = "coalesce(nullif(own.money, 0), grouped.money)" if own else "grouped.money"
    conditions = [
        f"contains(lower(concat_ws(' ', grouped.id, name)), {quote(word)})" for word in asked.search.lower().split()[:8]
    ]
    if asked.owner:
        conditions.append("owner IS NULL" if asked.owner == "none" else f"owner = {quote(asked.owner)}")
    return (
        f"SELECT grouped.* EXCLUDE (money, name), {worth} AS money, coalesce(CAST(name AS VARCHAR), grouped.id) "
        f"AS name, {itself} AS stage "
        f"FROM ({grouped}) AS grouped LEFT JOIN {TABLE} AS own ON own.kind = {quote(UNIT)} AND own.id = grouped.id "
        f"WHERE {' AND '.join(conditions) or 'TRUE'}"
    )
