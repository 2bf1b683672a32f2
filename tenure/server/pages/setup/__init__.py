"""What is defined, read and opened: definitions, data, people and access."""

from __future__ import annotations
