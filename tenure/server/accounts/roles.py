"""What each role may do: the one table that pages, API and commands ask.

A role is a set of rights. Whoever may not see people sees figures of groups, never a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """Something that a role may or may not do."""

    FIGURES = "figures"
    """See populations, metrics and everything else that names nobody."""
    PEOPLE = "people"
    """See people: lists, pages, timelines."""
    EXPORT = "export"
    """Take lists of people out of the house."""
    WORK = "work"
    """Have tasks; write notes, log calls, change owners, follow up answers."""
    ACT = "act"
    """Start actions on lists of people."""
    DEFINE = "define"
    """Change lifecycles, segments, targets and stage sheets."""
    SOURCES = "sources"
    """Change what is imported, and upload files."""
    PRIVACY = "privacy"
    """Hand out, and erase, all that is held on a person."""
    ACCESS = "access"
    """Manage users and keys; read the log of what was done."""


class Role(StrEnum):
    """What somebody is to the workspace."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    MARKETER = "marketer"
    AGENT = "agent"
    ADMINISTRATOR = "administrator"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.FIGURES}),
    Role.ANALYST: frozenset({Right.FIGURES, Right.PEOPLE, Right.EXPORT, Right.DEFINE}),
    Role.MARKETER: frozenset({Right.FIGURES, Right.PEOPLE, Right.EXPORT, Right.WORK, Right.ACT, Right.DEFINE}),
    Role.AGENT: frozenset({Right.FIGURES, Right.PEOPLE, Right.WORK}),
    Role.ADMINISTRATOR: frozenset(Right),
}


def may(role: str, right: Right) -> bool:
    """Whether a role has a right; one that is not known has none."""
    return role in RIGHTS and right in RIGHTS[Role(role)]
