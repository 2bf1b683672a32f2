"""Identity: which ids are one customer, by rules, from nothing but the events that tell of ids."""

from __future__ import annotations

from tenure.warehouse.identity.fold import Folded, Identity, Link, Merge, Refusal, fold
from tenure.warehouse.identity.rules import DEFAULT, Rules

__all__ = ["DEFAULT", "Folded", "Identity", "Link", "Merge", "Refusal", "Rules", "fold"]
