"""What the tests of every part share."""

from __future__ import annotations

from functools import cache

import typer.testing
from hypothesis import settings

# how long an example takes says more of the machine than of the product
settings.register_profile("tenure", deadline=None)
settings.load_profile("tenure")

# Typer works out the options of all commands anew for each command that a test types, which takes longer than most of
# the commands do; they are the same every time
typer.testing._get_command = cache(typer.testing._get_command)
