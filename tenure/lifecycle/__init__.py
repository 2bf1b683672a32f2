"""Lifecycles: definitions, the compiler from conditions to exact stage history, and what is read from it."""

from __future__ import annotations
