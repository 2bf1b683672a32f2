"""What an action brought, in sentences: for the terminal, pages and the report to the board."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from tenure.engage.lift import ENOUGH, Lift, Verdict
from tenure.wording import Money, several

VERDICTS: dict[Verdict, str] = {
    "too_early": "too early",
    "nobody_held_out": "no hold-out",
    "nobody_treated": "none treated",
    "more": "more",
    "fewer": "fewer",
    "too_few": "too few",
}


def said(found: Lift, verdict: Verdict, *, until: str) -> str:
    """What may be said of an action; `until` is the day of its end in words."""
    match verdict:
        case "too_early":
            return f"Too early to tell: the days run until {until}, and good figures come and go until then."
        case "nobody_held_out":
            return "Nobody was held out, so nobody can tell what would have come anyway."
        case "nobody_treated":
            return "Everybody on the list was held out, so there is nothing to compare."
        case "more":
            return (
                f"It brought more: {difference(found)}. About {_people(found.extra)} of those treated would not "
                f"have come by themselves ({_people(found.extra_low)} to {_people(found.extra_high)})."
            )
        case "fewer":
            return (
                f"It did harm: {difference(found)}. About {_people(-(found.extra or 0))} of those treated would have "
                "come if left alone."
            )
    for people, how in ((found.held_out.people, "held out"), (found.treated.people, "treated")):
        if people < ENOUGH:
            were = "person was" if people == 1 else "people were"
            return f"Too few to tell: {people} {were} {how}, and fewer than {ENOUGH} say nothing."
    told = f"Too few to tell: {difference(found)}, and chance explains that."
    if found.needed is None:
        return told
    return f"{told} To show a difference as large takes about {several(_round(found.needed), 'person', 'people')}."


def difference(found: Lift) -> str:
    """The difference of both rates in points with its limits; empty where there is none."""
    if found.difference is None:
        return ""
    return f"{points(found.difference)} ({points(found.low)} to {points(found.high)})"


def limits(found: Lift) -> str:
    """Between what the difference lies, in points without the unit; empty where there is none."""
    if found.low is None or found.high is None:
        return ""
    return f"{points(found.low).removesuffix(' pt')} to {points(found.high).removesuffix(' pt')}"


def points(share: float | None) -> str:
    """A difference of shares as points: +4.2 pt, as a share is shown by tenths of a percent."""
    if share is None:
        return ""
    told = (Decimal(repr(share)) * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{told:+} pt" if told else "±0 pt"


def percent(share: float | None) -> str:
    """A rate to tenths of a percent; a dash where there is none."""
    if share is None:
        return "–"
    return f"{(Decimal(repr(share)) * 100).quantize(Decimal('0.1'), rounding=ROUND_HALF_UP)} %"


def worth(found: Lift, currency: str | None) -> str:
    """What it brought in money, in a sentence; empty where the goal has no value or too few are on a side."""
    if found.extra_value is None or min(found.treated.people, found.held_out.people) < ENOUGH:
        return ""
    money = Money(currency, [one for one in (found.extra_value, found.extra_value_low, found.extra_value_high) if one])
    if found.extra_value_low is None or found.extra_value_high is None:
        return f"In money {money(found.extra_value)} among those treated, from too few to say how sure that is."
    return (
        f"In money {money(found.extra_value)} among those treated "
        f"({money(found.extra_value_low)} to {money(found.extra_value_high)})."
    )


def _people(number: float | None) -> str:
    return f"{round(number or 0):,}"


def _round(people: int) -> int:
    """To two digits: nobody knows it better."""
    step: int = 10 ** max(0, len(str(people)) - 2)
    return -(-people // step) * step
