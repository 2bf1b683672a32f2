"""Charts: one definition each, for reports, pages and notebooks.

Every function takes figures and gives an Altair chart; `svg` draws one so that it follows the page's light or dark
theme. Colours belong to stages (`stage_colours`) and are the same wherever a stage is shown.
"""

from __future__ import annotations

from tenure.charts.colours import stage_colours
from tenure.charts.draw import svg
from tenure.charts.due import due
from tenure.charts.matrix import matrix
from tenure.charts.over_time import over_time
from tenure.charts.staying import staying
from tenure.charts.survival import survival

__all__ = ["due", "matrix", "over_time", "stage_colours", "staying", "survival", "svg"]
