"""The web application: one process that holds a workspace, its pages, its API and the loops that keep it current."""

from __future__ import annotations
