"""The oracle: stages by their definition, over plain Python lists, knowing nothing of SQL.

It shares no code with `tenure`. What it says is what the engine has to say.
"""

from __future__ import annotations
