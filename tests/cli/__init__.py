"""The command line, as people and programs meet it."""

from __future__ import annotations
