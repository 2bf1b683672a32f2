"""How it goes: metrics, cohorts, journeys, channels."""

from __future__ import annotations
