"""Who asks: a user of the pages, or the holder of an API key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tenure.errors import TenureError
from tenure.server.accounts.roles import RIGHTS, Right, Role


class Reader(Protocol):
    """Somebody with rights."""

    def may(self, right: Right | str) -> bool:
        """Whether they have a right."""
        ...


class Denied(TenureError):
    """Somebody asked for what they may not see or do."""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A program that came with an API key."""

    name: str
    scope: str
    number: int = 0

    def may(self, right: Right | str) -> bool:
        """Whether the key's scope holds a right: `read` all that asks, `admin` everything, `write` nothing of this."""
        match self.scope:
            case "admin":
                return Right(right) in RIGHTS[Role.ADMINISTRATOR]
            case "read":
                return Right(right) in (Right.FIGURES, Right.PEOPLE, Right.EXPORT)
            case _:
                return False


def require(reader: Reader, right: Right) -> None:
    """Nothing. Raises Denied where the reader has no such right."""
    if not reader.may(right):
        raise Denied("You may not see or do this.", hint="An administrator can give you a role that may.")
