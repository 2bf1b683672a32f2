"""Scores written anew once a week, for the moment of the histories, of the models that were written once."""

from __future__ import annotations

from tenure.lifecycle.forecast import DAY
from tenure.server import holding

EVERY_DAYS = 7


def write_scores() -> int:
    """0; writes the scores of every model where the last are a week old.

    What was never predicted is not begun here: `tenure predict --write` begins it, and decides that it goes on. While
    a model is learned, events come in and histories follow; only the writing has them wait.
    """
    ws = holding.workspace()
    if ws.refreshed_as_of is None:
        return 0
    due = [card for card in ws.predictions.cards() if ws.refreshed_as_of - card.as_of >= EVERY_DAYS * DAY]
    for card in due:
        learned = ws.predictions.learn(card.name, card.lifecycle, horizon=card.horizon, days=card.horizon)
        with holding.writing:
            ws.predictions.keep(learned)
    return 0
