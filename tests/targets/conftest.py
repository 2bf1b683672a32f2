"""The corner shop of the tests of commands."""

from __future__ import annotations

from ..cli.conftest import corner, invoke, plain_terminal, ran

__all__ = ["corner", "invoke", "plain_terminal", "ran"]
