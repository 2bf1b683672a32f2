"""The server killed at random moments under load: what was acknowledged is in the log, once, and was followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server.intake.conftest import database_of, make_keys
from tests.server.intake.torture import SENDERS, torture, write


@pytest.mark.parametrize("kills", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_kills_lose_and_double_nothing(workspace: Callable[[str], Path], kills: int) -> None:
    folder = workspace("kills")
    write(folder)
    key = make_keys(folder, "load")["load"]
    done = torture(folder, key, kills=kills, database=database_of(folder), seed=kills)
    assert not done.faults
    assert done.acknowledged > SENDERS * kills
    assert done.told > 100
