"""What people do in the application: tasks, saved views, changes of definitions, and the events that follow from it."""

from __future__ import annotations
