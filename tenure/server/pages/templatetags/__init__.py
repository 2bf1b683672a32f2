"""Tags of the templates."""

from __future__ import annotations
