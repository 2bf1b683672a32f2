"""Who comes back, who buys how, and who behaves alike: cohorts, RFM, personas."""

from __future__ import annotations

from decimal import Decimal

from tenure import charts
from tenure.charts.rfm_map import rfm_title
from tenure.metrics.rfm import RFM_NAMES
from tenure.report.measured import Measured
from tenure.report.sketch import Look, Sketch
from tenure.wording import Money, several, share


def cohorts(measured: Measured, look: Look) -> list[Sketch]:
    """How many come back, by the month of their first purchase."""
    cells = measured.cohorts
    if not any(one.age > 0 and one.complete for one in cells):
        return []
    together = [one for one in cells if one.cohort is None and one.age in (1, 3, 6) and one.share is not None]
    told = "Who first bought in a month, and what share of them bought in each month after it, in percent."
    if together:
        after = ", ".join(f"{share(one.value, one.base)} after {several(one.age, 'month')}" for one in together)
        told += f" All together: {after}."
    if any(not one.complete for one in cells):
        told += " Broken frames: the month goes on."
    told += look.noted([one.cohort.name for one in cells if one.cohort is not None])
    return [
        Sketch(
            name="cohorts", title="Do they come back?", told=told,
            draw=lambda width: charts.retained(cells, width=width, unit="month", notes=look.marks),
            head=("First bought in", "Months after", look.noun.capitalize(), "Bought again", "Share", "Complete"),
            rows=tuple(
                (
                    "all" if one.cohort is None else one.cohort.name, f"{one.age}", f"{one.people:,}",
                    f"{int(one.value):,}", share(one.value, one.base), "yes" if one.complete else "so far",
                )
                for one in cells
            ),
        )
    ]  # fmt: skip


def rfm(measured: Measured, look: Look) -> list[Sketch]:
    """Who buys how recently, how often and for how much."""
    cells = measured.rfm
    if not cells:
        return []
    people = {name: sum(one.people for one in cells if one.name == name) for name in RFM_NAMES}
    worth = {name: sum((one.money for one in cells if one.name == name), Decimal(0)) for name in RFM_NAMES}
    everybody, everything = sum(people.values()), sum((one.money for one in cells), Decimal(0))
    best = max(people, key=lambda name: worth[name])
    money = Money(look.currency, [one.money for one in cells])
    told = (
        f"{everybody:,} {look.noun} who bought, in fifths. {rfm_title(best).capitalize()}: "
        f"{share(people[best], everybody)} of them, {share(worth[best], everything)} of what was spent."
    )
    return [
        Sketch(
            name="rfm", title="Who buys how recently, how often and for how much?", told=told,
            draw=lambda width: charts.rfm_map(cells, width=width, noun=look.noun),
            head=("Cell", look.noun.capitalize(), "Share", "Spent", "Share", "Each"),
            rows=tuple(
                (
                    rfm_title(name), f"{count:,}", share(count, everybody), money(worth[name]),
                    share(max(worth[name], Decimal(0)), everything), money(worth[name] / count),
                )
                for name, count in people.items()
                if count
            ),
        )
    ]  # fmt: skip


def personas(measured: Measured, look: Look) -> list[Sketch]:
    """Who behaves alike, and what sets them apart."""
    found = measured.personas
    if found is None or not found.personas:
        return []
    shown = found.personas
    return [
        Sketch(
            name="personas", title="Who behaves alike?",
            told=f"{several(len(shown), 'group')} found in what {found.people:,} {look.noun} who bought do; each comes "
            f"back when they are drawn anew (stability {min(one.stability for one in shown):.2f} and more; 1 is "
            "wholly). Blue: more than the others; orange: less.",
            draw=lambda width: charts.personas(shown, width=width, currency=look.currency),
            listed=tuple(
                f"{one.name}, {one.people:,} {look.noun}: {one.words(look.currency)}." for one in shown
            ),
            head=("Persona", look.noun.capitalize(), "Stability", "Trait", "Theirs", "Of others"),
            rows=tuple(
                (
                    one.name, f"{one.people:,}", f"{one.stability:.2f}", trait.told,
                    trait.value(trait.inside, look.currency), trait.value(trait.others, look.currency),
                )
                for one in shown
                for trait in one.traits[:6]
            ),
        )
    ]  # fmt: skip
