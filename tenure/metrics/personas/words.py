"""What sets a persona apart, in plain words with units: `buy more often (6.2 against 1.9 purchases)`."""

from __future__ import annotations

from calendar import month_name
from dataclasses import dataclass
from decimal import Decimal

from tenure.metrics.personas.features import Feature
from tenure.wording import Money, number

_MOSTLY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """A feature of a persona: what it is among them and among all others, and how far apart in standard deviations.

    Days for recency, purchases for frequency, money a purchase for money, a share of purchases for months and
    categories, times a purchase for behaviour.
    """

    feature: Feature
    difference: float
    inside: float
    others: float

    @property
    def told(self) -> str:
        """What the figure is about, in a few words: `purchases in December`."""
        feature = self.feature
        match feature.kind:
            case "recency":
                return "days since the last purchase"
            case "frequency":
                return "purchases"
            case "money":
                return "money a purchase"
            case "month":
                return f"purchases in {month_name[int(feature.of)]}"
            case "category":
                return f"purchases of {feature.of}"
            case _:
                return f"{feature.of}, times a purchase"

    def value(self, value: float, currency: str | None) -> str:
        """One of the two figures, with its unit where the words do not say it."""
        match self.feature.kind:
            case "recency":
                return f"{value:,.0f}"
            case "money":
                return Money(currency, [Decimal(10_000) if value >= 100 else Decimal(0)])(Decimal(repr(value)))
            case "month" | "category":
                return f"{100 * value:.0f} %"
            case _:
                return number(round(value, 1) if value >= 1 else round(value, 2))

    def words(self, currency: str | None) -> str:
        """What they do more or less than the others, with both figures."""
        inside, others = self.value(self.inside, currency), self.value(self.others, currency)
        more = self.inside > self.others
        feature = self.feature
        match feature.kind:
            case "recency":
                return f"bought {'longer ago' if more else 'more recently'} ({inside} against {others} days ago)"
            case "frequency":
                return f"buy {'more' if more else 'less'} often ({inside} against {others} purchases)"
            case "money":
                return f"spend {'more' if more else 'less'} at a time ({inside} against {others} a purchase)"
            case "month":
                often = "mostly" if self.inside > _MOSTLY else "more" if more else "less"
                return f"buy {often} in {month_name[int(feature.of)]} ({inside} against {others} of purchases)"
            case "category":
                often = "mostly" if self.inside > _MOSTLY else "more" if more else "less"
                return f"buy {often} {feature.of} ({inside} against {others} of purchases)"
            case _:
                often = "more often" if more else "less often"
                return f"{feature.of} {often} ({inside} against {others} times a purchase)"
