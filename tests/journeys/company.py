"""A year of a small shop: people who come by channels, buy, answer surveys and complain."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

CHANNELS = ("direct", "organic_search", "paid_search", "email", "referral")
BEGIN = datetime(2024, 1, 1)  # noqa: DTZ001


def happened() -> list[dict[str, str]]:
    """The events: time, customer, event, and what they carry."""
    draws = Random(4)
    found: list[dict[str, str]] = []

    def add(at: datetime, who: str, name: str, **properties: object) -> None:
        if at.year == BEGIN.year:
            told = {key: str(value) for key, value in properties.items()}
            found.append({"time": at.isoformat(), "customer": who, "event": name, **told})

    for number in range(80):
        who = f"p{number:02}"
        at = BEGIN + timedelta(days=draws.uniform(0, 300))
        for _ in range(draws.randrange(1, 7)):
            channel = draws.choice(CHANNELS)
            if channel == "paid_search":
                add(at, who, "Ad Clicked", channel=channel, campaign=draws.choice(("brand", "generic")), cost="0.4")
            for page in range(draws.randrange(1, 4)):
                add(at + timedelta(minutes=page), who, "Page Viewed", channel=channel)
            if draws.random() < 0.5:
                bought = at + timedelta(minutes=9)
                add(bought, who, "Order Completed", revenue=draws.randrange(5, 90))
                add(bought, who, "Cost Recorded", kind="goods", amount=draws.randrange(2, 9))
                add(bought + timedelta(days=2), who, "Order Delivered")
                if draws.random() < 0.5:
                    answered = bought + timedelta(days=3)
                    add(answered, who, "Survey Answered", survey="csat", score=draws.randrange(1, 6))
                if draws.random() < 0.2:
                    add(bought + timedelta(days=4), who, "Case Opened", topic="delivery")
            at += timedelta(days=draws.uniform(1, 40))
    for month in range(1, 13):
        for channel, amount in (("paid_search", 120), ("email", 15)):
            add(datetime(2024, month, 1), "-", "Marketing Spend Recorded", channel=channel, amount=amount)  # noqa: DTZ001
        add(datetime(2024, month, 1), "-", "Marketing Spend Recorded", amount=500, fully_loaded="true")  # noqa: DTZ001
    return found
