"""Charts: one definition each, for reports, pages and notebooks.

Every function takes figures and gives an Altair chart; `svg` draws one so that it follows the page's light or dark
theme. Colours belong to stages (`stage_colours`) and are the same wherever a stage is shown.
"""

from __future__ import annotations

from tenure.charts.ahead import ahead, errors
from tenure.charts.colours import stage_colours
from tenure.charts.coming import coming
from tenure.charts.credited import credited
from tenure.charts.draw import svg
from tenure.charts.due import due
from tenure.charts.follows import follows
from tenure.charts.in_out import in_out
from tenure.charts.matrix import matrix
from tenure.charts.notes import Mark
from tenure.charts.over_time import over_time
from tenure.charts.paths import paths
from tenure.charts.personas import personas
from tenure.charts.retained import retained
from tenure.charts.rfm_map import rfm_map
from tenure.charts.staying import staying
from tenure.charts.steps import steps
from tenure.charts.survival import survival
from tenure.charts.trend import Trend, trend, trends

__all__ = [
    "Mark", "Trend", "ahead", "coming", "credited", "due", "errors", "follows", "in_out", "matrix", "over_time",
    "paths", "personas", "retained", "rfm_map", "stage_colours", "staying", "steps", "survival", "svg", "trend",
    "trends",
]  # fmt: skip
