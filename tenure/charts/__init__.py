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
from tenure.charts.notes import numbers as notes_in
from tenure.charts.over_time import over_time
from tenure.charts.paths import paths
from tenure.charts.personas import personas
from tenure.charts.predicted import by_frequency, by_value, lift, reliability, tracking
from tenure.charts.retained import retained
from tenure.charts.rfm_map import rfm_map
from tenure.charts.staying import staying
from tenure.charts.steps import steps
from tenure.charts.survival import survival
from tenure.charts.theme import said_by
from tenure.charts.trend import Trend, trend, trends
from tenure.charts.worth import at_stake, payback, worth

__all__ = [
    "Mark", "Trend", "ahead", "at_stake", "by_frequency", "by_value", "coming", "credited", "due", "errors", "follows",
    "in_out", "lift", "matrix", "notes_in", "over_time", "paths", "payback", "personas", "reliability",
    "retained", "rfm_map", "said_by", "stage_colours", "staying", "steps", "survival", "svg", "tracking", "trend",
    "trends", "worth",
]  # fmt: skip
