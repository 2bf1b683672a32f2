"""Who may come in: users with one role each, API keys, and the log of what everybody did."""

from __future__ import annotations
