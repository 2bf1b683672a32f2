"""Cards of models and what was written, for a reader, and as rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import typed

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.predict.card import ModelCard
    from tenure.workspace import Workspace
    from tenure.workspace.scored import Outcome

_SHIFTED, _SHIFTED_FAR = 0.1, 0.25


def rows(card: ModelCard) -> pa.Table:
    """The trials of a card, a row each: name, title, rule, naive, used, and a column a figure."""
    import pyarrow as pa

    from tenure.cli.rows import TEXT, TRUTH, table

    figures = {
        name.replace(" ", "_"): (
            pa.float64(),
            [one.figures[place] if place < len(one.figures) else None for one in card.trials],
        )
        for place, (name, _) in enumerate(card.judged_by)
    }
    return table(
        model=(TEXT, [card.name] * len(card.trials)), rule=(TEXT, [one.title for one in card.trials]),
        naive=(TRUTH, [one.naive for one in card.trials]), used=(TRUTH, [one.used for one in card.trials]), **figures,
    )  # fmt: skip


def document(card: ModelCard) -> object:
    """The card as JSON has it."""
    return json.loads(card.to_json())


def show_trials(screen: Screen, card: ModelCard) -> None:
    """Nothing; the rules on the hold-out, the best first."""
    from tenure.cli.screen import Column
    from tenure.predict.card import begin

    if not card.trials:
        return
    screen.table(
        [Column("On the hold-out"), *(Column(name.capitalize() if name != "AUC" else name, right=True)
                                      for name, _ in card.judged_by), Column("")],
        [
            [begin(one.title), *(_figure(value) for value in _padded(one.figures, card)),
             "used" if one.used else "naive" if one.naive else ""]
            for one in card.trials
        ],
    )  # fmt: skip


def _padded(figures: Sequence[float | None], card: ModelCard) -> list[float | None]:
    return [*figures, *([None] * (len(card.judged_by) - len(figures)))]


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"


def show_card(screen: Screen, ws: Workspace, card: ModelCard) -> None:
    """Nothing; the whole card."""
    from tenure.cli.screen import Column
    from tenure.wording import moment, several

    def day(at: int) -> str:
        return datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(ws.zone).date().isoformat()

    screen.title(f"Card: {card.title}", f"as of {moment(card.as_of, ws.zone)}")
    judged = (
        f"Judged by {card.people:,} people in the last {several(card.held_out, 'day')}; it came {card.came:,} times."
    )
    screen.say(f"{card.verdict}")
    screen.say(f"Data from {day(card.window[0])} to {day(card.window[1])}. {judged}")
    show_trials(screen, card)
    if card.gates:
        screen.table(
            [Column("What there is enough of"), Column("There", right=True), Column("Needed", right=True), Column("")],
            [[one.title, f"{one.there:,}", f"{one.needed:,}", "" if one.met else "too few"] for one in card.gates],
        )
    if card.parameters:
        screen.table(
            [Column("Parameter"), Column("Value", right=True), Column("Error", right=True)],
            [[one.name, f"{one.value:.4g}", "not known" if one.error is None else f"{one.error:.2g}"]
             for one in card.parameters],
        )  # fmt: skip
    if card.bins:
        screen.table(
            [Column("Given a chance of", right=True), Column("People", right=True), Column("Expected", right=True),
             Column("It came for", right=True), Column("four in five cases", right=True)],
            [[f"{_percent(one.least)} to {_percent(one.most)}", f"{one.people:,}", _percent(one.expected),
              _percent(one.came), f"{_percent(one.low)} to {_percent(one.high)}"] for one in card.bins],
        )  # fmt: skip
    if card.tenths:
        screen.table(
            [Column("Tenth", right=True), Column("People", right=True), Column("Expected", right=True),
             Column("Came", right=True), Column("Lift", right=True)],
            [[f"{one.number}", f"{one.people:,}", f"{one.expected * one.people:,.0f}", f"{one.came:,}",
              f"{one.lift:.1f}×" if one.lift is not None else "–"] for one in card.tenths],
        )  # fmt: skip
    if card.classes:
        screen.table(
            [Column("Bought before"), Column("People", right=True), Column("Expected", right=True),
             Column("Bought", right=True)],
            [[one.name, f"{one.people:,}", f"{one.expected:.2f}", f"{one.came:.2f}"] for one in card.classes],
        )  # fmt: skip
    show_values(screen, card)
    if card.bands:
        screen.table(
            [Column("Band"), Column("People", right=True), Column("Lost", right=True), Column("Share", right=True),
             Column("Lift", right=True)],
            [[one.name, f"{one.people:,}", f"{one.lost:,}", _percent(one.lost / one.people) if one.people else "–",
              f"{one.lift:.1f}×" if one.lift is not None else "–"] for one in card.bands],
        )  # fmt: skip
    if card.drift:
        screen.table(
            [Column("Moved since the hold-out"), Column("Stability index", right=True), Column("")],
            [[one.name, _figure(one.stability), moved(one.stability)] for one in card.drift],
        )
    if card.realised:
        screen.table(
            [Column("Scores written"), Column("People", right=True), Column("Predicted", right=True),
             Column("It came for", right=True)],
            [[day(one.as_of), f"{one.people:,}", _percent(one.predicted), _percent(one.came)] for one in card.realised],
        )  # fmt: skip
    if card.notes:
        screen.listed(card.notes)


def show_values(screen: Screen, card: ModelCard) -> None:
    """Nothing; what purchases were worth by what was expected of them, and what their own mean had told."""
    from tenure.cli.screen import Column

    if card.values:
        screen.table(
            [Column("A purchase worth", right=True), Column("People", right=True), Column("Expected", right=True),
             Column("Own mean before", right=True), Column("Came", right=True)],
            [[f"{one.least:,.2f} to {one.most:,.2f}", f"{one.people:,}", f"{one.expected:,.2f}", f"{one.naive:,.2f}",
              f"{one.came:,.2f}"] for one in card.values],
        )  # fmt: skip


def moved(index: float | None) -> str:
    """What a stability index says, in a word."""
    if index is None:
        return ""
    return "far" if index >= _SHIFTED_FAR else "some" if index >= _SHIFTED else ""


def show_written(screen: Screen, context: typer.Context, ws: Workspace, done: Sequence[Outcome]) -> None:
    """Nothing; what was written, and what was not and why."""
    from tenure.cli.screen import Column
    from tenure.wording import moment

    screen.title("Scores written", f"as of {moment(ws.moment(None), ws.zone)}")
    written = [one for one in done if one.card is not None]
    if written:
        screen.table(
            [Column("Score"), Column("People", right=True), Column("By")],
            [[f"score.{name}", f"{count:,}", one.card.used] for one in written if one.card
             for name, count in one.written],
        )  # fmt: skip
    if left := [f"{one.model}: {one.why}" for one in done if one.card is None]:
        screen.say("Not written:")
        screen.listed(left)
    if written:
        screen.say(
            "Conditions of segments and lifecycles can ask for them; earlier scores stay what they were.", style="dim"
        )
        screen.next(typed(context, f"predict {written[0].model.replace('_', '-')} --card"))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
