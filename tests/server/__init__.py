"""The web application."""

from __future__ import annotations
