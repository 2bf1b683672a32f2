"""The REST API: the same questions as the pages ask, for programs."""

from __future__ import annotations
