"""What there is to do: today, accounts, renewals, feedback."""

from __future__ import annotations
