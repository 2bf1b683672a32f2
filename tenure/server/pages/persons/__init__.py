"""Lists of people, somebody's own page, and the actions that lists become."""

from __future__ import annotations
