"""Why a figure changed, in sentences."""

from __future__ import annotations

from decimal import Decimal

from tenure.metrics.definition import Metric
from tenure.metrics.why.calendar import CalendarEffect
from tenure.metrics.why.data_faults import Fault
from tenure.metrics.why.found import Cause, Why
from tenure.wording import figure, number, several

_NAMES = {"country": "people from", "stage": "people in stage", "channel": "channel", "campaign": "campaign"}


def difference(metric: Metric, value: Decimal | float | None, currency: str | None) -> str:
    """A change as people read it: +41, -£310.20, +3.2 points."""
    if value is None:
        return "–"
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if metric.unit == "rate":
        points = (exact * 100).quantize(Decimal("0.1")) + 0
        return f"{'+' if points > 0 else ''}{number(points)} points"
    sizes = abs(exact) if metric.unit != "count" else abs(exact).quantize(_step(exact))
    words = figure(sizes, metric.unit, currency)
    zero = not any(sign in "123456789" for sign in words)
    return words if zero else f"{'-' if exact < 0 else '+'}{words}"


def _step(exact: Decimal) -> Decimal:
    """Whole numbers, or a decimal where they are few."""
    return Decimal(1) if abs(exact) >= 10 or exact == exact.to_integral_value() else Decimal("0.1")


def sentence(why: Why, cause: Cause, currency: str | None) -> str:
    """A cause in a sentence or two."""
    match cause.kind:
        case "data" | "definition":
            assert cause.fault is not None
            return _of_fault(cause.fault)
        case "calendar":
            assert cause.calendar is not None
            return _of_calendar(why, cause.calendar, currency)
        case "part":
            return _of_part(why, cause, currency)
        case "noise":
            return f"The change is within noise: {_noise(why, currency)}"
        case "spread":
            return "No part stands out: what the parts did differs from each other by no more than chance."


def _noise(why: Why, currency: str | None) -> str:
    off = Decimal(repr(why.calendar.effect)) if why.calendar else Decimal(0)
    assert why.low is not None and why.high is not None
    widest = max(abs(Decimal(repr(one)) - (why.change or Decimal(0))) for one in (why.low, why.high))
    taken = " beyond the days of the periods" if off else ""
    around = f"with {number(why.n_after)} behind it, " if why.n_after is not None else ""
    size = difference(why.metric, widest, currency).lstrip("+")
    return f"{around}up to {size} either way{taken} come by chance."


def _of_fault(fault: Fault) -> str:
    names = _listed(fault.events)
    source = f"from {'source' if len(fault.sources) == 1 else 'sources'} {_listed(fault.sources)}"
    counts = f"{number(round(fault.found))} where about {number(round(fault.usual))} are usual"
    if fault.kind == "step":
        more = "more" if fault.found > fault.usual else "fewer"
        return (
            f"Looks like another rule: from {fault.first} on there are {more} {names} ({counts} up to {fault.last}), "
            f"while other events go on as before. Was what counts, or how it is tracked, changed? ({source})"
        )
    days = f"on {fault.first}" if fault.first == fault.last else f"from {fault.first} to {fault.last}"
    state = "has stopped or is late" if fault.open else "broke off"
    hardly = "no" if not fault.found else "hardly any" if fault.found < 0.15 * fault.usual else "few"
    return (
        f"It is the data: {names} {state}, with {hardly} events {days} ({counts}, {source}). "
        "Figures that rest on it are too low for those days; that is no change in what people did."
    )


def _of_calendar(why: Why, effect: CalendarEffect, currency: str | None) -> str:
    days = f"{several(effect.days_after, 'day')} after {number(effect.days_before)}"
    more = [f"{several(abs(count), day)} {'more' if count > 0 else 'fewer'}" for day, count in effect.more]
    return (
        f"The calendar alone makes {difference(why.metric, effect.effect, currency)}: {days} ({', '.join(more)})."
        if more else f"The calendar alone makes {difference(why.metric, effect.effect, currency)}: {days}."
    )  # fmt: skip


def _of_part(why: Why, cause: Cause, currency: str | None) -> str:
    part = cause.change
    assert part is not None and part.excess is not None and part.low is not None and part.high is not None
    metric = why.metric
    what = _NAMES.get(cause.dimension or "", f"{cause.dimension}:")
    numbers = f"{figure(part.before, metric.unit, currency)} → {figure(part.after, metric.unit, currency)}"
    against = why.change is not None and part.excess * float(why.change) < 0
    held = " That held the change back." if against else ""
    low, high = (difference(metric, one, currency) for one in (part.low, part.high))
    low = low.removesuffix(" points")
    return (
        f"{what[0].upper()}{what[1:]} {cause.part} ({numbers}): {difference(metric, part.excess, currency)} "
        f"beyond what everybody else did (95 %: {low} to {high}).{held}"
    )


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
