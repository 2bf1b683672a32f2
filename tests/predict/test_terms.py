"""Terms that end soon and those that were not renewed: against a reading of the log by hand, and what is learned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from tenure import predict
from tenure.errors import FitError, UsageError
from tenure.events import Event
from tenure.predict.bdw import BDW
from tenure.predict.contract import Contract
from tenure.predict.fitting import fit_terms
from tenure.predict.sbg import SBG
from tenure.predict.special import Floats
from tenure.predict.terms import GRACE_DAYS, Terms
from tenure.predict.told import card_of_chances
from tenure.workspace import Workspace

DAY = 86_400_000_000
START = 1_672_531_200_000_000
DAYS, TERM = 400, 30
NOW = START + DAYS * DAY
FILE = "name: Box\nas_of: now\nlifecycles: [box]\n"
LIFECYCLE = """\
lifecycle: box
stages:
  - subscriber: {kind: customer, when: count(sub_started) >= 1}
"""


def iso(day: float) -> str:
    return datetime.fromtimestamp((START + int(day * DAY)) / 1e6, UTC).isoformat()


def boxes() -> tuple[list[Event], dict[str, list[float]], dict[str, float]]:
    """Events; of each subscription when its terms began; and when it was over (its last term's end, if it came)."""
    random, found, began, over = np.random.default_rng(5), [], {}, {}

    def add(name: str, day: float, who: str, **properties: object) -> None:
        found.append(
            Event(name=name, time=START + int(day * DAY), customer_id=who, message_id=f"{len(found)}",
                  received_at=START + DAY // 2, properties={"subscription_id": who, **properties})
        )  # fmt: skip

    for number in range(220):
        who, day = f"b{number:03}", float(random.uniform(0, 300))
        leaves = 0.03 if number % 3 else 0.2
        began[who] = []
        while day < DAYS:
            add("Subscription Renewed" if began[who] else "Subscription Started", day, who, period_end=iso(day + TERM))
            began[who].append(day)
            day += TERM
            if random.random() < leaves:
                over[who] = day
                # some end without a word
                if day < DAYS and number % 2:
                    add("Subscription Ended", day, who)
                break
    return found, began, over


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("box")
    (folder / "lifecycles").mkdir()
    (folder / "tenure.yaml").write_text(FILE)
    (folder / "lifecycles" / "box.yaml").write_text(LIFECYCLE)
    with Workspace.open(folder, clock=lambda: NOW, memory_limit="300MB") as ws:
        ws.record(boxes()[0])
        ws.refresh()
        yield ws


def test_who_is_due_and_what_was_not_renewed_is_what_the_log_says(workspace: Workspace):
    _, began, over = boxes()
    connection = workspace._store.connection()
    names = dict(connection.execute("SELECT key, id FROM units").fetchall())
    terms = Terms(unit="customer", days=20)
    for day in (100, 250):
        told = connection.execute(f"SELECT unit, renewals, ends FROM ({terms.due(START + day * DAY, NOW)})").fetchall()
        due = {
            who: len([one for one in times if one <= day]) - 1 for who, times in began.items()
            if times[0] <= day and day < max(one for one in times if one <= day) + TERM <= day + 20
        }  # fmt: skip
        assert {names[unit]: renewals for unit, renewals, _ in told} == due
    lost = {names[unit]: time for unit, time in connection.execute(f"SELECT * FROM ({terms.lost(NOW)})").fetchall()}
    # a term that ended lately without a word may still be renewed
    gone = {who: day for who, day in over.items()
            if day <= DAYS - GRACE_DAYS or (day < DAYS and int(who[1:]) % 2)}  # fmt: skip
    assert set(lost) == set(gone)
    assert all(abs(lost[who] - (START + day * DAY)) < 10 for who, day in gone.items())


@pytest.mark.parametrize("model", [SBG, BDW])
def test_terms_one_by_one_tell_what_a_cohort_tells(model: Contract):
    """A cohort's likelihood is the product of what each of its terms came to."""
    left = np.array([1000.0, 631, 468, 382, 326, 289, 262, 241])
    whole = predict.fit(model.name, *_columns(left))
    at = np.arange(len(left) - 1.0)
    terms = fit_terms(model, at, np.ones(len(at)), left[1:], -np.diff(left))
    assert list(terms.params.values()) == pytest.approx(list(whole.params.values()), rel=1e-5)
    assert list(terms.standard_errors.values()) == pytest.approx(list(whole.standard_errors.values()), rel=1e-3)
    # two terms at a time, both renewed or not, tell as much of nearly the same
    pairs = fit_terms(model, at[:-1:2], np.full(3, 2.0), left[2::2], left[:-2:2] - left[2::2])
    assert pairs.survival([2.0, 4.0]) == pytest.approx(left[[2, 4]] / 1000, rel=0.03)
    with pytest.raises(FitError, match="too few"):
        fit_terms(model, np.zeros(1), np.ones(1), np.array([50.0]), np.array([5.0]))


def _columns(left: Floats) -> tuple[Floats, None, Floats, Floats]:
    frequency, long, weights = predict.renewals(left)
    return frequency, None, long, weights


def test_renewals_are_told_beside_the_rate_of_as_many_renewals(workspace: Workspace):
    found = workspace.predictions.renewals(days=30)
    assert {one.name for one in found.trials} >= {"by_renewals", "by_stage", "sbg", "bdw"}
    asked = workspace.predictions.renewals(days=30, model="sbg")
    assert [one.name for one in card_of_chances(asked, asked=True).parameters] == ["alpha", "beta"]
    # the more often somebody has renewed, the likelier the next time
    renewals = asked.panel.column("renewals")
    assert np.all(np.diff(asked.chance[np.argsort(renewals)]) <= 1e-12)
    rows = workspace.predictions.chance_rows(found, 3).to_pylist()
    assert all(row["low"] <= row["chance"] <= row["high"] and row["why"] for row in rows)
    with workspace._store.transaction() as connection:
        connection.execute("UPDATE events SET properties = '{}' WHERE name LIKE 'Subscription%'")
    with pytest.raises(UsageError, match="No subscription's term ends"):
        workspace.predictions.renewals(days=30)
