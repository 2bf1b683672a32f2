"""Tenure's tests; the folders mirror the package's."""

from __future__ import annotations
