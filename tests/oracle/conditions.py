"""Random conditions over the whole language, each of them one that the checker has to accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from .logs import pick

BINDINGS: dict[str, str | list[str]] = {
    "order": "Order Completed",
    "visit": "Page Viewed",
    "nps": "Survey Answered",
    "signup": "Signed Up",
    "purchase": ["Order Completed", "Signed Up"],
    "anything": ["Page Viewed", "Order Completed", "Survey Answered", "Email Opened"],
}
VALUES = {"order": "amount", "nps": "score", "purchase": "amount", "anything": "score"}
WHERES = (
    "flag",
    "not flag",
    "flag == False",
    "plan == 'pro'",
    "plan != 'pro'",
    "amount >= 10",
    "amount > 5 and plan != 'free'",
    "1 <= amount < 20",
    "plan in ('pro', 'free')",
    "plan not in ('pro', \"it's\")",
    "amount is not None",
    "amount is None or amount * 2 > 10.5",
    "plan == 5",
    "plan == flag",
    "score in (9, 10)",
    "not (score < 9 or plan == 'Größe')",
)
NUMBERS = ("amount", "amount", "score")
TEXTS = ("plan", "plan", "flag", "flag", "class")

COUNTS = ("1", "1", "1", "2", "2", "3")
SUMS = ("5", "10", "10", "20", "10.25", "0")
SCORES = ("5", "9", "9", "10", "6.5")
PLANS = ("'pro'", "'pro'", "'free'", "'5'", '"it\'s"', "'Größe'")
LETTERS = ("'a'", "'b'")
RATIOS = ("0.5", "1", "2", "5")
WINDOWS = (
    *("days(1)", "days(2)", "days(2)", "days(3)", "days(5)", "hours(12)", "hours(36)", "days(0.5)"),
    *("minutes(720)", "seconds(86400)", "seconds(0.000001)"),
)
LENGTHS = (*WINDOWS, "days(4)", "days(10)")
ORDERINGS = (">=", ">=", ">=", ">", ">", "<", "<=")
COMPARISONS = (*ORDERINGS, "==", "!=")


def quoted(name: str) -> str:
    """How a name is written behind its event or trait: `.plan`, `['class']`."""
    return f"['{name}']" if name == "class" else f".{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names a condition may use."""

    events: Sequence[str]
    traits: bool
    others: Sequence[tuple[str, Sequence[str]]]
    windows: bool


class Author:
    """Writes conditions, drawing each choice."""

    def __init__(self, draw: st.DrawFn, known: Known) -> None:
        self.draw = draw
        self.known = known

    def one(self, *options: str) -> str:
        return pick(self.draw, options)

    def event(self) -> str:
        return self.one(*self.known.events)

    def valued(self) -> str | None:
        names = [name for name in self.known.events if name in VALUES]
        return self.one(*names) if names else None

    def window(self) -> str:
        wanted = self.known.windows and self.one("yes", "no") == "yes"
        return f", within={self.one(*WINDOWS)}" if wanted else ""

    # --- conditions ---

    def likely(self, number: int) -> str:
        """A condition that many meet, of the kind that the `number`th stage of a lifecycle has."""
        event, window, length = self.event(), self.window(), self.one(*LENGTHS)
        valued = self.valued()
        if number == 0:
            return self.one(f"count({event}) >= 1", f"count({event}) >= 1", f"count({event}{window}) >= 1")
        return self.one(
            f"count({event}{window}) >= {self.one('1', '1', '2', '2', '3')}",
            f"since({event}) < {length}",
            f"since({event}) < {length} and count({self.event()}) >= 1",
            f"sum({event}.amount{window}) >= {self.one('5', '10', '13')}",
            f"count({event}) >= {number}" if valued is None else f"last({valued}) >= {self.one(*SUMS)}",
        )

    def silence(self) -> str:
        """A condition of the kind that side stages have."""
        event, length = self.event(), self.one(*LENGTHS)
        return self.one(f"since({event}) >= {length}", f"since({event}) > {length}", f"gap({event}) >= {length}")

    def condition(self, depth: int = 2) -> str:
        shape = self.one(*["plain"] * 5, *["and", "or", "not", "and not", "mixed", "bare"] * (depth > 0))
        if shape == "plain":
            return self.comparison()
        first = self.condition(depth - 1)
        if shape == "not":
            return f"not ({first})"
        second = self.condition(depth - 1)
        match shape:
            case "and":
                return f"({first}) and ({second})"
            case "or":
                return f"({first}) or ({second})"
            case "and not":
                return f"({first}) and not ({second})"
            case "bare":  # without brackets, for the precedence
                return f"{first} or {second} and not {self.comparison()}"
        return f"(({first}) or ({second})) and ({self.comparison()})"

    def comparison(self) -> str:
        kinds = [*["count"] * 4, *["recency"] * 5, *["number"] * 5]
        kinds += ["measures", "clocks", "linear", "linear", "chain", "listed", "unknown", "text", "lengths"]
        kinds += ["until", "trait", "trait"] * self.known.traits + ["stage"] * 3 * bool(self.known.others)
        return getattr(self, f"by_{self.one(*kinds)}")()  # type: ignore[no-any-return]

    def by_count(self) -> str:
        return f"count({self.event()}{self.window()}) {self.one('>=', '>=', '>=', '>', '==', '<')} {self.one(*COUNTS)}"

    def by_recency(self) -> str:
        function = self.one("since", "since", "since", "since_first")
        return f"{function}({self.event()}) {self.one(*ORDERINGS)} {self.one(*LENGTHS)}"

    def by_number(self) -> str:
        measure, constants = self.measure()
        if self.one("left", *["right"] * 4) == "left":
            return f"{self.one(*constants)} {self.one('<', '<=', '==')} {measure}"
        return f"{measure} {self.one(*COMPARISONS)} {self.one(*constants)}"

    def by_measures(self) -> str:
        return f"{self.measure()[0]} {self.one(*COMPARISONS)} {self.measure()[0]}"

    def by_clocks(self) -> str:
        return f"since({self.event()}) {self.one(*ORDERINGS)} {self.one('since', 'since_first')}({self.event()})"

    def by_linear(self) -> str:
        event, other, length = self.event(), self.event(), self.one(*LENGTHS)
        return self.one(
            f"since({event}) * (count({event}) - 1) > 2 * (since_first({event}) - since({event}))",
            f"since({event}) * (count({event}) - 1) > 2 * (since_first({event}) - since({event}))",
            f"since({event}) * count({other}) >= {length}",
            f"since({event}) * (count({other}) - 2) < {length}",
            f"2 * since({event}) - since({other}) < {length}",
            f"since({event}) / 2 > {length}",
            f"since({event}) / count({other}) >= {length}",
            f"since({event}) > sum({event}.amount) * hours(1)",
            f"since({event}) >= avg({event}.score) * hours(5) + {length}",
            f"since({event}) + since_first({event}) > {length} * count({other})",
            f"since({event}) * sum({event}.amount) >= {length}",
            f"since({event}) / sum({other}.amount) < {length}",
            f"since({event}) * (avg({other}.score) - 7) - since_first({other}) > {length}",
            f"since({event}) > gap({event})",
            f"{length} - since({event}) <= gap({other}) / 2",
        )

    def by_chain(self) -> str:
        event = self.event()
        return self.one(
            f"{self.one('1', '0')} <= {self.measure()[0]} < {self.one('3', '10', '20')}",
            f"{self.one('hours(12)', 'days(1)')} <= since({event}) < {self.one('days(2)', 'days(4)')}",
            f"since({event}) < {self.one(*LENGTHS)} < since_first({event})",
            f"days(1) < since_first({event}) - since({event}) <= days(6)",
            f"count({event}) >= count({self.event()}) > 0",
        )

    def by_listed(self) -> str:
        measure, constants = self.measure()
        what = self.one(f"count({self.event()})", measure)
        return f"{what} {self.one('in', 'in', 'not in')} ({self.one(*constants)}, {self.one(*constants)}, 1)"

    def by_unknown(self) -> str:
        what = [self.measure()[0], f"since({self.event()})", f"gap({self.event()})", f"last({self.event()}.plan)"]
        what += ["trait.plan", "trait['class']", "until(trait.renewal)"] * self.known.traits
        what += [f"stage('{name}')" for name, _ in self.known.others]
        return f"{self.one(*what)} {self.one('is None', 'is not None')}"

    def by_text(self) -> str:
        name = self.one(*TEXTS)
        left = f"{self.one('last', 'first')}({self.event()}{quoted(name)})"
        is_or_not, in_or_not = self.one("==", "!="), self.one("in", "not in")
        if name == "flag":
            return f"{left} {is_or_not} {self.one('False', 'True')}"
        if name == "class":
            return f"{left} {is_or_not} {self.one(*LETTERS)}"
        return self.one(
            f"{left} {is_or_not} {self.one(*PLANS)}",
            f"{left} {in_or_not} ('pro', {self.one(*PLANS)})",
            f"{left} {is_or_not} last({self.event()}.plan)",
        )

    def by_lengths(self) -> str:
        event, other = self.event(), self.event()
        return self.one(
            f"gap({event}) {self.one(*COMPARISONS)} {self.one(*LENGTHS)}",
            f"gap({event}) / days(1) >= {self.one(*RATIOS)}",
            f"gap({event}) * (count({event}) - 1) > 1.5 * (since_first({event}) - since({event}))",
            f"since_first({event}) - since({event}) {self.one(*ORDERINGS)} {self.one(*LENGTHS)}",
            f"since({event}) - since({other}) {self.one(*ORDERINGS)} {self.one(*LENGTHS)}",
            f"since({event}) - since({other}) {self.one(*ORDERINGS)} -{self.one(*LENGTHS)}",
        )

    def by_until(self) -> str:
        until, length = "until(trait.renewal)", self.one(*LENGTHS)
        return self.one(
            f"{until} {self.one('<', '<=', '<=', '>', '>=')} {length}",
            f"hours(0) < {until} <= {length}",
            f"{until} < since({self.event()})",
            f"{until} + since({self.event()}) >= {length}",
        )

    def by_trait(self) -> str:
        is_or_not, in_or_not = self.one("==", "!="), self.one("in", "not in")
        return self.one(
            f"trait.plan {is_or_not} {self.one(*PLANS)}",
            f"trait.plan {in_or_not} ('pro', {self.one(*PLANS)})",
            f"trait.plan {is_or_not} last({self.event()}.plan)",
            f"trait.plan {is_or_not} True",
            f"trait['class'] {is_or_not} {self.one(*LETTERS)}",
            f"trait.level {self.one(*COMPARISONS)} {self.one('1', '2', '2.5')}",
            f"trait.level {self.one(*ORDERINGS)} count({self.event()})",
            f"trait.level {self.one(*ORDERINGS)} trait.plan",
            f"trait.level + 1 {self.one(*COMPARISONS)} {self.one('2', '3')}",
        )

    def by_stage(self) -> str:
        name, stages = pick(self.draw, self.known.others)
        some = [f"'{stage}'" for stage in stages]
        return self.one(
            f"stage('{name}') {self.one('==', '==', '!=')} {self.one(*some)}",
            f"stage('{name}') {self.one('==', '==', '!=')} {self.one(*some)}",
            f"stage('{name}') {self.one('in', 'not in')} ({self.one(*some)}, {self.one(*some)})",
            f"stage('{name}') is {self.one('None', 'not None')}",
        )

    # --- what is constant between events ---

    def measure(self) -> tuple[str, Sequence[str]]:
        """A number that stands still between events and window ends, and constants that it is likely to meet."""
        event, valued = self.event(), self.valued()
        number, text = self.one(*NUMBERS), self.one(*TEXTS)
        kinds = [*["count", "after", "sum", "avg", "min", "max", "distinct"] * 3, "last", "last", "first"]
        kinds += ["value", "value", "sum of values"] * (valued is not None) + ["arithmetic"] * 3
        match self.one(*kinds):
            case "count":
                return f"count({event}{self.window()})", COUNTS
            case "after":
                return f"count({event}, after={self.event()})", ("0", "1", "1", "2")
            case "distinct":
                return f"distinct({event}{quoted(self.one(number, text))}{self.window()})", COUNTS
            case "sum" | "avg" | "min" | "max" as function:
                return f"{function}({event}.{number}{self.window()})", SUMS
            case "sum of values":
                return f"sum({valued}{self.window()})", SUMS
            case "last" | "first" as function:
                return f"{function}({event}.{number})", SCORES
            case "value":
                reading = self.one("last", "last", "first", "avg", "min", "max", "distinct")
                window = "" if reading in {"last", "first"} else self.window()
                return f"{reading}({valued}{window})", SCORES
        return self.arithmetic(), SUMS

    def arithmetic(self) -> str:
        event, other, window = self.event(), self.event(), self.window()
        return self.one(
            f"count({event}{window}) + count({other})",
            f"sum({event}.amount{window}) - sum({other}.score)",
            f"sum({event}.amount{window}) / count({event})",
            f"last({event}.amount) / (count({other}) - 1)",
            f"count({event}) * avg({other}.score)",
            f"sum({event}.amount{window}) * max({other}.amount)",
            f"avg({event}.amount{window}) / sum({other}.amount)",
            f"-sum({event}.amount{window}) + 20",
            f"10 + -last({event}.score)",
            f"(max({event}.amount) - min({event}.amount{window})) * 0.5",
            f"2 * count({event}{window}) - distinct({other}.plan)",
        )
