"""Facts about the store itself, one text a name: the schema's version, the moment of the last refresh."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from tenure.warehouse.connection import Connection
from tenure.warehouse.where import quote


def fact(connection: Connection, name: str) -> str | None:
    """The fact of that name; None where it is not known."""
    return facts(connection, (name,)).get(name)


def set_fact(connection: Connection, name: str, value: str) -> None:
    """Nothing; keeps the fact in the place of what was known."""
    set_facts(connection, {name: value})


def facts(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """Those of the facts that are known."""
    return dict(connection.execute(f"SELECT name, value FROM facts WHERE name IN ({_listed(names)})").fetchall())


def set_facts(connection: Connection, told: Mapping[str, str]) -> None:
    """Nothing; keeps the facts in the place of what was known."""
    connection.execute(f"DELETE FROM facts WHERE name IN ({_listed(told)})")
    rows = ", ".join(["(?, ?)"] * len(told))
    connection.execute(
        f"INSERT INTO facts (name, value) VALUES {rows}", [part for pair in told.items() for part in pair]
    )


def _listed(names: Iterable[str]) -> str:
    # the same text for the same names, which is taken apart once
    return ", ".join(map(quote, names))
