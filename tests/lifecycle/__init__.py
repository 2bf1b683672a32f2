"""The lifecycle engine, distrusted: held against the oracle, against itself and against paper."""

from __future__ import annotations
