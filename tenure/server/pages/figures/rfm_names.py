"""What the cells of the RFM map are called on pages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from tenure.charts.rfm_map import rfm_title

_NAMES: Mapping[str, object] = {
    "champion": _("champion"), "loyal": _("loyal"), "potential_loyalist": _("potential loyalist"), "new": _("new"),
    "promising": _("promising"), "need_attention": _("need attention"), "about_to_sleep": _("about to sleep"),
    "at_risk": _("at risk"), "cant_lose": _("can't lose"), "hibernating": _("hibernating"), "lost": _("lost"),
}  # fmt: skip


def rfm_name(cell: str) -> str:
    """A cell's name in the reader's language; what is no name (a persona's, digits) stays as it is."""
    return str(_NAMES[cell]) if cell in _NAMES else rfm_title(cell)
