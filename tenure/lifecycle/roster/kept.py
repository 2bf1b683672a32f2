"""How the roster is kept: made anew, or for the units that changed, inside the transaction of a refresh."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import COLUMNS
from tenure.lifecycle.population import Worth, excluded, money_at
from tenure.lifecycle.refresh import Applied
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.facts import fact, set_fact
from tenure.warehouse.where import quote

FACT = "roster"
TABLE = "roster"
MOST_TRAITS = 60
_NONE_IS_0 = ("events", "money")
# what the columns are; one that an earlier version made with others is made anew
_FORM = 2
# traits that say whose people somebody belongs to, where no event of theirs names an account
ACCOUNT_TRAITS = ("account_id", "account")
# what a person is searched by, beside the id
SEARCHED = ("name", "full_name", "first_name", "last_name", "email", "phone", "company")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What the kept roster holds: the moment it speaks of, its traits and lifecycles with their columns.

    `traits` names the column of each trait, `lifecycles` the code of each lifecycle or segment (columns `stage_<code>`,
    `since_<code>`, `until_<code>`, `next_<code>`), `basis` what it was made from.
    """

    as_of: int
    made_at: int
    traits: Mapping[str, str]
    lifecycles: Mapping[str, int]
    basis: str


def kept(connection: Connection) -> Roster | None:
    """What the kept roster holds; None where there is none."""
    told = fact(connection, FACT)
    return None if told is None else Roster(**json.loads(told))


def keep(
    connection: Connection, lifecycles: Sequence[Lifecycle], held: Mapping[str, Applied], before: Roster | None, *,
    money: Worth, as_of: int, changed: Sequence[str] | None = None, exclusion: Applied | None = None,
) -> Roster:  # fmt: skip
    """The roster, which was `before`, brought up to `as_of`: for the units in the tables `changed`, or anew (None).

    It is made anew as well where lifecycles are others than it was made from, somebody has a trait that it does not
    know and has room for, or `as_of` went back.
    """
    codes = {one.name: held[one.name].code for one in lifecycles}
    made_from = ({one.name: held[one.name].id for one in lifecycles}, held_id(exclusion))
    traits = before.traits if before else {}
    fresh = changed is None or before is None or before.basis != _basis(traits, made_from) or as_of < before.as_of
    only, stays = None, "stage_codes"
    if not fresh and changed:
        only, stays = _changed_units(connection, changed)
        _note_told(connection, as_of, only)
        fresh = len(traits) < MOST_TRAITS and not _names_told(connection) <= traits.keys()
    if fresh:
        traits = _traits(connection)
        query = _query(connection, lifecycles, held, traits, money, as_of, exclusion, None, "stage_codes")
        connection.execute(f"CREATE OR REPLACE TABLE {TABLE} AS {query} ORDER BY unit")
    elif only:
        query = _query(connection, lifecycles, held, traits, money, as_of, exclusion, only, stays)
        connection.execute(f"DELETE FROM {TABLE} WHERE unit IN (SELECT unit FROM {only})")
        connection.execute(f"INSERT INTO {TABLE} {query}")
    made = Roster(
        as_of=as_of, made_at=as_of if fresh or before is None else before.made_at, traits=traits, lifecycles=codes,
        basis=_basis(traits, made_from),
    )  # fmt: skip
    set_fact(
        connection, FACT,
        json.dumps({name: getattr(made, name) for name in ("as_of", "made_at", "traits", "lifecycles", "basis")}),
    )  # fmt: skip
    return made


def _basis(traits: Mapping[str, str], made_from: tuple[Mapping[str, str], str]) -> str:
    return json.dumps([_FORM, sorted(traits), *made_from], sort_keys=True)


def held_id(one: Applied | None) -> str:
    """The id of an applied definition; empty for none."""
    return one.id if one else ""


def _changed_units(connection: Connection, changed: Sequence[str]) -> tuple[str, str]:
    """The tables with the units in the tables `changed`, and with all of their stays."""
    # of whom the refresh has gathered it has just worked the stays out
    if tuple(changed) == ("gathered",):
        return "gathered", "new_stays"
    given = " UNION ".join(f"SELECT unit FROM {table}" for table in changed)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE roster_changed AS {given}")
    kept_apart, others = "", ""
    if "gathered" in changed:
        kept_apart, others = f"SELECT {COLUMNS} FROM new_stays UNION ALL ", " ANTI JOIN gathered USING (unit)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE roster_stays AS {kept_apart}"
        f"SELECT {COLUMNS} FROM stage_codes WHERE unit IN (SELECT unit FROM roster_changed{others})"
    )
    return "roster_changed", "roster_stays"


def _note_told(connection: Connection, as_of: int, only: str) -> None:
    """Makes `roster_told`: every trait that some units have, or will have, as it was told last (null: not yet)."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE roster_told AS {_last_told(as_of, only)}")


def _names_told(connection: Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT DISTINCT name FROM roster_told").fetchall()}


def _traits(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        f"SELECT name FROM trait_changes GROUP BY name ORDER BY count(*) DESC, name LIMIT {MOST_TRAITS}"
    ).fetchall()
    return {name: f"trait_{place}" for place, (name,) in enumerate(sorted(rows))}


def _query(
    connection: Connection, lifecycles: Sequence[Lifecycle], held: Mapping[str, Applied], traits: Mapping[str, str],
    money: Worth, as_of: int, exclusion: Applied | None, only: str | None, stays: str,
) -> str:  # fmt: skip
    """SQL of the rows: unit, kind, id, first_seen, last_seen, events, money, account, excluded, sought, traits …."""
    accounts = first_row(connection, "SELECT count(*) > 0 FROM units WHERE kind = 'account'") == (True,)
    joined = [
        _Joined(_seen(as_of, only, accounts), "seen", {"last_seen": "last_seen", "events": "events"}),
        _Joined(_worth(connection, lifecycles, money, as_of, only), "worth", {"money": "money"}),
        *([_Joined(_told(traits, as_of, only), "told", {one: one for one in traits.values()})] if traits else []),
        *(_stay(held[one.name].code, as_of, stays) for one in lifecycles),
    ]
    columns = [
        f"coalesce({one.name}.{column}, 0) AS {told}" if column in _NONE_IS_0 else f"{one.name}.{column} AS {told}"
        for one in joined
        for column, told in one.columns.items()
    ]  # fmt: skip
    belongs = ["seen.account"] if accounts else []
    belongs += [f"told.{traits[one]}" for one in ACCOUNT_TRAITS if one in traits]
    columns.append(f"coalesce({', '.join([*belongs, 'CAST(NULL AS VARCHAR)'])}) AS account")
    sought = ", ".join(["units.id", *(f"told.{traits[name]}" for name in SEARCHED if name in traits)])
    joins = " ".join(f"LEFT JOIN ({one.query}) AS {one.name} ON {one.name}.unit = units.key" for one in joined)
    return (
        f"SELECT units.key AS unit, units.kind, units.id, units.first_seen, {', '.join(columns)}, "
        f"units.key IN ({excluded(exclusion, as_of)}) AS excluded, lower(concat_ws(' ', {sought})) AS sought "
        f"FROM units {joins} WHERE units.first_seen <= {as_of}{_among('units.key', only)}"
    )


@dataclass(frozen=True, slots=True)
class _Joined:
    """Something that is known of some units: its query (with a column `unit`), and its columns with their names."""

    query: str
    name: str
    columns: Mapping[str, str]


def _among(column: str, only: str | None) -> str:
    return f" AND {column} IN (SELECT unit FROM {only})" if only else ""


def _seen(as_of: int, only: str | None, accounts: bool) -> str:
    account = ", arg_max(account, time) AS account" if accounts else ""
    return (
        f"SELECT customer AS unit, max(time) AS last_seen, count(*) AS events{account} FROM events "
        f"WHERE customer IS NOT NULL AND time <= {as_of}{_among('customer', only)} GROUP BY customer"
    )


def _worth(connection: Connection, lifecycles: Sequence[Lifecycle], money: Worth, as_of: int, only: str | None) -> str:
    """SQL of the money of every unit, of each kind as its own lifecycles tell it."""
    one_of_each = {one.unit: one for one in reversed(lifecycles)}
    parts = [
        f"SELECT unit, money FROM ({money_at(connection, money, one, as_of, units=only)})"
        for one in one_of_each.values()
    ]
    return (
        " UNION ALL ".join(parts)
        or "SELECT CAST(NULL AS BIGINT) AS unit, CAST(0 AS DECIMAL(38,6)) AS money WHERE FALSE"
    )


def _told(traits: Mapping[str, str], as_of: int, only: str | None) -> str:
    """SQL of everybody's traits, a column each."""
    columns = ", ".join(f"max(told) FILTER (WHERE name = {quote(name)}) AS {column}" for name, column in traits.items())
    rows = "roster_told" if only else f"({_last_told(as_of, None)})"
    return f"SELECT unit, {columns} FROM {rows} GROUP BY unit"


def _last_told(as_of: int, only: str | None) -> str:
    """SQL of the traits as they were told last: unit, name, told (null: not yet)."""
    return (
        "SELECT customer AS unit, name, json_extract_string(arg_max(value, (time, message_id)) "
        f"FILTER (WHERE time <= {as_of}), '$') AS told FROM trait_changes "
        f"WHERE true{_among('customer', only)} GROUP BY customer, name"
    )


def _stay(code: int, as_of: int, stays: str) -> _Joined:
    """The stay that everybody is in, with when it ends and where to by the schedule."""
    rows = f"SELECT unit, stage, entered_at, left_at FROM {stays} WHERE lifecycle = {code}"
    return _Joined(
        f"SELECT stay.unit, stay.stage, stay.entered_at, stay.left_at, later.stage AS following "
        f"FROM ({rows} AND entered_at <= {as_of} AND (left_at IS NULL OR left_at > {as_of})) AS stay "
        f"LEFT JOIN ({rows} AND entered_at > {as_of}) AS later "
        "ON later.unit = stay.unit AND later.entered_at = stay.left_at",
        f"stay_{code}",
        {
            "stage": f"stage_{code}",
            "entered_at": f"since_{code}",
            "left_at": f"until_{code}",
            "following": f"next_{code}",
        },
    )
