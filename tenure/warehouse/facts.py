"""Facts about the store itself, one text a name: the schema's version, the moment of the last refresh."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tenure.warehouse.connection import Connection, first_row


def fact(connection: Connection, name: str) -> str | None:
    """The fact of that name; None where it is not known."""
    row = first_row(connection, "SELECT value FROM facts WHERE name = ?", [name])
    return row[0] if row else None


def set_fact(connection: Connection, name: str, value: str) -> None:
    """Nothing; keeps the fact in the place of what was known."""
    connection.execute("DELETE FROM facts WHERE name = ?", [name])
    connection.execute("INSERT INTO facts (name, value) VALUES (?, ?)", [name, value])


def facts(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """Those of the facts that are known."""
    listed = ", ".join("?" * len(names))
    return dict(connection.execute(f"SELECT name, value FROM facts WHERE name IN ({listed})", [*names]).fetchall())


def set_facts(connection: Connection, told: Mapping[str, str]) -> None:
    """Nothing; keeps the facts in the place of what was known."""
    connection.execute(f"DELETE FROM facts WHERE name IN ({', '.join('?' * len(told))})", [*told])
    rows = ", ".join(["(?, ?)"] * len(told))
    connection.execute(
        f"INSERT INTO facts (name, value) VALUES {rows}", [part for pair in told.items() for part in pair]
    )
