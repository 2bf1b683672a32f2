"""Where everybody is and goes: overview, stages, forecast."""

from __future__ import annotations
