"""The cards of the models whose scores were written: how each did, and what came of what it said."""

from __future__ import annotations

from tenure import charts
from tenure.predict.card import ModelCard
from tenure.report.measured import Measured
from tenure.report.sketch import Look, Sketch
from tenure.wording import several


def cards(measured: Measured, look: Look) -> list[Sketch]:
    """A section a model: of purchases week by week, of their values and of chances by what was told beforehand."""
    told = (_weeks, _values, _chances)
    return [sketch for card in measured.cards for make in told if (sketch := make(card)) is not None]


def _told(card: ModelCard) -> str:
    tried = "; ".join(
        f"{one.title}{' (used)' if one.used else ''} {one.figures[0]:.4f}"
        for one in card.trials
        if one.figures and one.figures[0] is not None
    )
    judged = f" By {card.judged_by[0][0]} on the last {several(card.held_out, 'day')}: {tried}." if tried else ""
    return f"{card.verdict}{judged}"


def _weeks(card: ModelCard) -> Sketch | None:
    if not card.weeks:
        return None
    return Sketch(
        name="tracking", title="Did people buy as expected?",
        told=f"{_told(card)} The line is what came, the dashed one what the model expected of everybody; right of the "
        "rule it did not know what came.",
        draw=lambda width: charts.tracking(card.weeks, width=width, cumulative=True),
        head=("Week of", "Came", "Expected", "Hold-out"),
        rows=tuple(
            (one.day, f"{one.came:,}", "" if one.expected is None else f"{one.expected:,.1f}",
             "yes" if one.held_out else "")
            for one in card.weeks
        ),
        listed=card.notes,
    )  # fmt: skip


def _values(card: ModelCard) -> Sketch | None:
    if not card.values:
        return None
    return Sketch(
        name="values", title=f"{card.title}: did values come as expected?",
        told=f"{_told(card)} Bars are what a purchase was worth on average, ticks what was expected, rings the mean of "
        "the same people before.",
        draw=lambda width: charts.by_value(card.values, width=width),
        head=("A purchase worth", "People", "Expected", "Own mean before", "Came"),
        rows=tuple(
            (f"{one.least:,.2f} to {one.most:,.2f}", f"{one.people:,}", f"{one.expected:,.2f}", f"{one.naive:,.2f}",
             f"{one.came:,.2f}")
            for one in card.values
        ),
        listed=card.notes,
    )  # fmt: skip


def _chances(card: ModelCard) -> Sketch | None:
    if not card.bins or card.weeks:
        return None
    return Sketch(
        name=f"reliability-{card.name}", title=f"{card.title}: do the chances keep what they say?",
        told=f"{_told(card)} Of people who were given about the same chance, the share for whom it came; on the dashed "
        "line both are the same.",
        draw=lambda width: charts.reliability(card.bins, width=width),
        head=("Chance given", "People", "Expected", "It came for", "four in five cases"),
        rows=tuple(
            (f"{_percent(one.least)} to {_percent(one.most)}", f"{one.people:,}", _percent(one.expected),
             _percent(one.came), f"{_percent(one.low)} to {_percent(one.high)}")
            for one in card.bins
        ),
        listed=card.notes,
    )  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
