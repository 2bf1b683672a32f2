"""All ways of attribution side by side, with what each channel cost for what it is credited with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tenure.expressions import parse_where
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.moves.scope import Scope
from tenure.metrics.attribution.markov import markov, observed_steps
from tenure.metrics.attribution.rules import Credits, credits_by_place, last_non_direct, time_decay
from tenure.metrics.attribution.shapley import shapley
from tenure.metrics.attribution.touches import PATHS, UNTOUCHED, Asked, find_paths
from tenure.warehouse.connection import Connection
from tenure.warehouse.where import condition_sql, property_number, property_text, quote

METHODS: Mapping[str, str] = {
    "first": "first touch", "last": "last touch", "last_non_direct": "last touch that is not direct",
    "linear": "all touches alike", "u": "40 % first, 40 % last", "j": "20 % first, 60 % last",
    "time_decay": "half as much a week earlier", "markov": "what would be lost without it",
    "shapley": "what it adds to the others",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCredit:
    """What a channel (None: nothing is known of any) is credited with by each method of `METHODS`, and what it cost.

    `touches` on paths that led to conversions. Conversions that no touch came before count for the channel that they
    tell themselves, by every method. `spend` is None where none is recorded.
    """

    channel: str | None
    touches: int
    credits: Mapping[str, Fraction]
    spend: Decimal | None

    def cost(self, method: str) -> Decimal | None:
        """What each conversion credited by a method cost, to six decimals; None without spend or credit."""
        credit = self.credits[method]
        if self.spend is None or credit <= 0:
            return None
        return (self.spend * credit.denominator / credit.numerator).quantize(Decimal("0.000001"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Conversions of an occasion by channel; each method's credits sum to `conversions` exactly.

    `touched` of them came after a touch; `others` are paths of touches that led to none (so far). `probability` is that
    of a path to convert, by the Markov chain: what was observed. `removal` has the chain's removal effects.
    """

    channels: tuple[ChannelCredit, ...]
    conversions: int
    touched: int
    others: int
    probability: float
    removal: Mapping[str, float]
    spend: Decimal | None


def attribution(connection: Connection, scope: Scope, asked: Asked) -> Attribution:
    """Every method's credits, the channels in the order of what Markov's credits them with, the unknown last."""
    paths = find_paths(connection, scope, asked)
    chain = markov(observed_steps(connection))
    told: dict[str, Credits] = {
        **credits_by_place(connection), "last_non_direct": last_non_direct(connection),
        "time_decay": time_decay(connection), "markov": chain.credits(paths.touched), "shapley": shapley(connection),
    }  # fmt: skip
    own = dict(connection.execute(f"SELECT channel, times FROM {UNTOUCHED}").fetchall())
    touches = dict(
        connection.execute(f"SELECT channel, count(*) FROM {PATHS} WHERE converts GROUP BY channel").fetchall()
    )
    spent = spend_by(connection, scope, asked)
    every = {*own, *spent, *(channel for credits in told.values() for channel in credits)}
    nothing = Fraction(0)
    found = [
        ChannelCredit(
            channel=channel, touches=touches.get(channel, 0), spend=spent.get(channel),
            credits={method: told[method].get(channel, nothing) + own.get(channel, 0) for method in METHODS},
        )
        for channel in every
    ]  # fmt: skip
    found.sort(key=lambda one: (one.channel is None, -one.credits["markov"], one.channel or ""))
    return Attribution(
        channels=tuple(found), conversions=paths.conversions, touched=paths.touched, others=paths.others,
        probability=chain.probability, removal=chain.removal, spend=sum(spent.values(), Decimal(0)) if spent else None,
    )  # fmt: skip


def spend_by(connection: Connection, scope: Scope, asked: Asked) -> dict[str | None, Decimal]:
    """What marketing spent in the time asked about, by what is attributed to; None for what names none."""
    binding = meaning("spend", scope.lifecycle.events)
    amount = f"coalesce({', '.join(property_number(name) for name in binding.values) or 'NULL'})"
    where = f" AND {condition_sql(parse_where(binding.where))}" if binding.where else ""
    rows = connection.execute(
        f"SELECT nullif({property_text(asked.by)}, '') AS channel, sum({amount}) FROM events "
        f"WHERE name IN ({', '.join(map(quote, binding.events))}) AND time <= {scope.now} "
        f"AND {asked.within('time')}{where} GROUP BY 1"
    ).fetchall()
    return {channel: amount for channel, amount in rows if amount is not None}
