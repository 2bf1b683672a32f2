"""Tenure: customer lifecycle management that can be read, tested and trusted."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
