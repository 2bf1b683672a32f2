"""Reports: what a lifecycle shows today, or what a period brought, as one page that opens anywhere."""

from __future__ import annotations

from tenure.report.board import Board, board, frozen
from tenure.report.board_page import board_page
from tenure.report.figures import Figures, figures
from tenure.report.page import page

__all__ = ["Board", "Figures", "board", "board_page", "figures", "frozen", "page"]
