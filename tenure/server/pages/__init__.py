"""The pages: one file a page, each asks `access` and fills a template."""

from __future__ import annotations
