"""The roster: one row a person (or account, deal …) with what lists show of them, kept beside the histories.

Lists, filters and search read it; everything in it can be worked out again from the log.
"""

from __future__ import annotations

from tenure.lifecycle.roster.accounts import Account, AccountsAsked, AccountsFound, accounts
from tenure.lifecycle.roster.asked import SORTS, Asked, Found, look, rows, units
from tenure.lifecycle.roster.counted import by_stage
from tenure.lifecycle.roster.kept import Roster, keep, kept

__all__ = [
    "SORTS",
    "Account",
    "AccountsAsked",
    "AccountsFound",
    "Asked",
    "Found",
    "Roster",
    "accounts",
    "by_stage",
    "keep",
    "kept",
    "look",
    "rows",
    "units",
]
