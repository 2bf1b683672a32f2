"""A figure of a range, and of a moment to come, is as many rows of the list of people that belongs to it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import tenure
from tenure.lifecycle.moves import short

from .test_commands import Invoke, rows

LATER = "2025-03-31"


def listed(printed: str) -> list[str]:
    """The commands that a page says to type next, without `tenure -C …`."""
    found = [line.removeprefix("Next: ").strip() for line in printed.splitlines() if "tenure -C" in line]
    return [shlex.join(shlex.split(line)[3:]) for line in found]


def test_a_moment_to_come_is_the_same_in_every_listing(invoke: Invoke, corner: Path) -> None:
    counted = rows(invoke, corner, f"stages --at {LATER}")
    stages = {row["stage"]: int(row["people"]) for row in counted if int(row["people"])}
    now = {row["stage"]: int(row["people"]) for row in rows(invoke, corner, "stages") if int(row["people"])}
    assert stages != now
    for stage, people in stages.items():
        assert len(rows(invoke, corner, f"people --stage {stage or 'none'} --at {LATER}")) == people
    pairs: dict[str, int] = {}
    for row in rows(invoke, corner, f"crosstab classic best --at {LATER}"):
        pairs[row["stage"]] = pairs.get(row["stage"], 0) + int(row["people"])
    assert pairs == stages
    levels: dict[str, int] = {}
    for row in rows(invoke, corner, f"risk --at {LATER}"):
        levels[row["stage"]] = levels.get(row["stage"], 0) + int(row["people"])
        chosen = f"--stage {row['stage']} --highest {row['highest'] or 'none'} --from {row['previous'] or 'none'}"
        assert len(rows(invoke, corner, f"people {chosen} --at {LATER}")) == int(row["people"])
    assert levels == {stage: people for stage, people in stages.items() if stage in ("at_risk", "lapsed")}


@pytest.mark.parametrize("range_", ["--since 2024-02-02 --until 2024-11-30T16:00Z", "--since 2024-03-01T07:01Z"])
@pytest.mark.parametrize("period", ["month", "year"])
def test_conversion_counts_the_part_of_a_period_that_is_asked_for(
    range_: str, period: str, invoke: Invoke, corner: Path
) -> None:
    command = f"conversion conversion retention {range_}"
    found = rows(invoke, corner, f"{command} --period {period}")
    people = rows(invoke, corner, f"{command} --people")
    assert sum(int(row["people"]) for row in found) == len(people) > 0
    for row in found:
        alone = f"--since {row['begins']} --until {row['ends']}"
        assert len(rows(invoke, corner, f"conversion conversion retention {alone} --people")) == int(row["people"])
    printed = invoke("-C", corner, *command.split(), "--period", period).stdout
    assert "In part: 2024" in printed
    (following,) = listed(printed)
    assert len(rows(invoke, corner, following)) == max(int(row["people"]) for row in found)


@pytest.mark.parametrize("stage", ["conversion", "retention", "at_risk"])
def test_population_counts_the_part_of_a_period_that_is_asked_for(stage: str, invoke: Invoke, corner: Path) -> None:
    range_ = "--since 2024-01-20 --until 2024-11-30T17:00Z"
    found = rows(invoke, corner, f"population {range_} --stage {stage} --period quarter")
    moved = rows(invoke, corner, f"moves --to {stage} {range_} --people")
    assert sum(int(row["entries"]) for row in found) == len(moved)
    at = rows(invoke, corner, f"people --stage {stage} --at 2024-11-30T17:00Z")
    assert int(found[-1]["people"]) == len(at)
    printed = invoke("-C", corner, *f"population {range_} --stage {stage} --period quarter".split()).stdout
    assert "In part: 2024-Q1 only from 2024-01-20, 2024-Q4 only up to 2024-11-30 17:00." in printed
    (following,) = listed(printed)
    assert len(rows(invoke, corner, following)) == int(found[-1]["entries"])


def test_whole_periods_are_not_in_part(invoke: Invoke, corner: Path) -> None:
    for command in ("conversion conversion retention", "population", "population --stage loyalty"):
        for range_ in ("", "--since 2024-02-01 --until 2024-06-30", "--until 2024-12-31"):
            assert "In part" not in invoke("-C", corner, *f"{command} {range_}".split()).stdout


def test_none_is_a_stage_wherever_stages_are_asked_for(invoke: Invoke, corner: Path) -> None:
    found = rows(invoke, corner, "population --stage none")
    assert {row["stage"] for row in found} == {""}
    assert "over time" in invoke("-C", corner, "population", "--stage", "none").stdout
    everybody = rows(invoke, corner, "people --short-of retention")
    outside = rows(invoke, corner, "people --short-of retention --stage none")
    assert outside == [row for row in everybody if not row["stage"]]


def test_every_row_of_short_lists_its_people(invoke: Invoke, corner: Path) -> None:
    found = rows(invoke, corner, "short")
    assert any(row["value"] for row in found)
    for row in found[::3]:
        chosen = f"--by {row['event']} --value {row['value'] or 'none'} --stage {row['stage'] or 'none'}"
        assert len(rows(invoke, corner, f"people --short-of {row['to']} {chosen}")) == int(row["people"])
    (following,) = listed(invoke("-C", corner, "short").stdout)
    assert len(rows(invoke, corner, following)) == int(found[0]["people"])


def test_events_that_are_not_tried_are_told(invoke: Invoke, corner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Not tried" not in invoke("-C", corner, "short").stdout
    found = rows(invoke, corner, "short")
    monkeypatch.setattr(short, "MOST_CASES", 1)
    printed = invoke("-C", corner, "short").stdout
    assert "Not tried, as there are more than" in printed
    with tenure.open(corner) as ws:
        untried = ws.moves.events_left_out()
    tried = {row["event"] for row in rows(invoke, corner, "short")}
    assert {row["event"] for row in found} - tried <= set(untried)
    row = next(row for row in found if row["event"] in untried)
    assert rows(invoke, corner, f"people --short-of {row['to']} --by {row['event']}")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("population --since 2024-06-01 --until 2024-05-31", "2024-06-01 is later than 2024-05-31."),
        ("moves --since 2024-06-01 --until 2024-05-31", "2024-06-01 is later than 2024-05-31."),
        ("moves --people --since 2024-06-01 --until 2024-05-31", "2024-06-01 is later than 2024-05-31."),
        ("conversion conversion --since 2024-06-01 --until 2024-05-31", "2024-06-01 is later than 2024-05-31."),
        ("conversion conversion --people --since 2024-06-01 --until 2024-05-31", "2024-06-01 is later"),
        ("conversion loyalty", "comes after 'loyalty'"),
        ("conversion at_risk --people", "comes after 'at_risk'"),
        ("conversion at_risk", "tenure conversion at_risk loyalty"),
        ("population --stage nowhere", "no stage 'nowhere'"),
        ("people --short-of loyalty --by purchas", "'purchase'"),
        ("people --short-of loyalty --by nonsense", "No condition of 'classic' counts the event 'nonsense'."),
        ("people --short-of loyalty --by nps --value 77", "No condition asks for an event of '77'."),
        ("people --short-of loyalty --value 9", "--by EVENT"),
    ],
)
def test_what_cannot_be_is_told(command: str, said: str, invoke: Invoke, corner: Path) -> None:
    assert said in " ".join(invoke("-C", corner, *shlex.split(command), code=2).output.split())


def test_a_range_of_one_day_is_one(invoke: Invoke, corner: Path) -> None:
    assert rows(invoke, corner, "moves --since 2024-12-31 --until 2024-12-31 --people")


def test_an_id_that_looks_like_an_option_can_be_explained(invoke: Invoke, fresh: Path) -> None:
    with (fresh / "data" / "orders.csv").open("a") as file:
        file.write("O90,-rf,2024-12-31 18:30,9000.00,GB\n")
    invoke("-C", fresh, "run")
    since = "--people --since 2024-12-31"
    for command in ("people", "people -l best", f"moves --to conversion {since}",
                    f"conversion conversion retention {since}", "people --short-of retention"):  # fmt: skip
        printed = invoke("-C", fresh, *command.split()).stdout
        told = next(line for line in printed.splitlines() if "explain" in line)
        assert told.endswith(" -- -rf")
        assert "-rf" in invoke(*shlex.split(told.removeprefix("Next: "))[1:]).stdout
