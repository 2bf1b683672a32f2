"""The report: what a lifecycle shows today, as one page that opens anywhere."""

from __future__ import annotations

from tenure.report.figures import Figures, figures
from tenure.report.page import page

__all__ = ["Figures", "figures", "page"]
