"""What people go through: what follows what, the ways to the first purchase, and who is credited with purchases."""

from __future__ import annotations

from tenure import charts
from tenure.charts.credited import UNKNOWN, short_names
from tenure.charts.follows import BEGIN, END, chosen
from tenure.metrics.attribution.side_by_side import METHODS
from tenure.report.measured import Measured
from tenure.report.sketch import Look, Sketch
from tenure.wording import Money, length, share

_LEAST = 4
_ROWS = 40
_OFTEN = 2


def follows(measured: Measured, look: Look) -> list[Sketch]:
    """What follows what."""
    arcs, _ = chosen(measured.follows)
    if len(arcs) < _LEAST:
        return []
    most = arcs[0]
    told = (
        "The most frequent touchpoints and the steps between them, the wider the more frequent: blue on the right "
        "leads on, orange on the left back; ↺ counts what came again right after itself. Most frequent: "
        f"{most.source or BEGIN} to {most.target or END}, {most.times:,} times."
    )
    return [
        Sketch(
            name="follows", title="What follows what?", told=told,
            draw=lambda width: charts.follows(measured.follows, width=width),
            head=("From", "To", "Times", "Share of what follows", "Half within"),
            rows=tuple(
                (
                    one.source or BEGIN, one.target or END, f"{one.times:,}", share(one.times, one.of),
                    "" if one.median is None else length(one.median),
                )
                for one in measured.follows[:_ROWS]
            ),
        )
    ]  # fmt: skip


def paths(measured: Measured, look: Look) -> list[Sketch]:
    """The most travelled ways to the first purchase."""
    rows = [one for one in measured.paths if one.people >= _OFTEN]
    if not any(one.steps for one in rows):
        return []
    of = rows[0].of
    together = sum(one.people for one in rows)
    return [
        Sketch(
            name="paths", title="Which ways lead to the first purchase?",
            told=f"The last steps in the 90 days before it. These {len(rows)} ways are those of {share(together, of)} "
            f"of {of:,} {look.noun}; the others each went a rarer one.",
            draw=lambda width: charts.paths(rows, to="purchase", width=width, noun=look.noun),
            head=("Way", look.noun.capitalize(), "Share", "Half took", "Went so far and did not buy"),
            rows=tuple(
                (
                    " → ".join(one.steps) or "nothing seen before", f"{one.people:,}", share(one.people, of),
                    "" if one.median is None else length(one.median),
                    "" if one.walked is None or one.came is None or not one.walked
                    else share(one.walked - one.came, one.walked),
                )
                for one in rows
            ),
        )
    ]  # fmt: skip


def credited(measured: Measured, look: Look) -> list[Sketch]:
    """Who is credited with first purchases, by all methods."""
    found = measured.credits
    if found is None:
        return []
    money = Money(look.currency, [] if found.spend is None else [found.spend])
    told = (
        f"{found.conversions:,} first purchases, in percent of all, by nine ways to share the credit of the 30 days "
        f"before; {share(found.touched, found.conversions)} came after a touch that is known. Where the ways differ, "
        "no one of them is the truth."
    )
    return [
        Sketch(
            name="credits", title="Which channels brought them?", told=told,
            draw=lambda width: charts.credited(found, width=width),
            head=("Channel", "Touches", *(short_names()[name] for name in METHODS), "Spent", "Each, by Markov"),
            rows=tuple(
                (
                    one.channel or UNKNOWN, f"{one.touches:,}",
                    *(f"{float(one.credits[name]):,.1f}" for name in METHODS),
                    "" if one.spend is None else money(one.spend),
                    "" if (cost := one.cost("markov")) is None else Money(look.currency, [cost])(cost),
                )
                for one in found.channels
            ),
        )
    ]  # fmt: skip
