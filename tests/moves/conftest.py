"""The corner shop of the tests of commands."""

from __future__ import annotations

from ..cli.conftest import corner, fresh, invoke, plain_terminal

__all__ = ["corner", "fresh", "invoke", "plain_terminal"]
