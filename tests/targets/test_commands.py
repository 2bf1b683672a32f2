"""`tenure targets`, `tenure scorecard`, `tenure alerts`: rows for programs, words for people, files kept whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..cli.conftest import Invoke


def test_targets_are_proposed_and_accepted_in_one_step(ran: Path, invoke: Invoke) -> None:
    assert "There are none yet." in invoke("-C", ran, "targets").output
    told = invoke("-C", ran, "targets", "--propose", "--metric", "orders", "--metric", "revenue").output
    assert "Best quarter" in told
    assert not (ran / "targets.yaml").exists()
    (ran / "targets.yaml").write_text("# ours\ntargets:\n  - {metric: orders, value: 3}  # agreed\n", encoding="utf-8")
    done = invoke("-C", ran, "targets", "--propose", "--metric", "orders", "--metric", "revenue", "--accept").output
    assert "1 target written to targets.yaml" in done
    assert "orders has a target and keeps it." in done
    text = (ran / "targets.yaml").read_text(encoding="utf-8")
    assert "# ours" in text
    assert "# agreed" in text
    rows = json.loads(invoke("-C", ran, "targets", "--format", "json").output)
    assert [row["metric"] for row in rows] == ["orders", "revenue"]
    assert rows[1]["benchmark_source"].startswith("Median of ")
    shown = invoke("-C", ran, "targets").output
    assert "2 targets; key metrics: revenue," in shown


def test_a_metric_tells_its_target_and_status(ran: Path, invoke: Invoke) -> None:
    (ran / "targets.yaml").write_text("targets: [{metric: orders, value: 2}]\n", encoding="utf-8")
    rows = json.loads(invoke("-C", ran, "metric", "orders", "--format", "json").output)
    assert {row["target"] for row in rows} == {2}
    whole = [row for row in rows[:-1] if row["value"] is not None]
    assert all((row["status"] == "missed") == (row["value"] < 2) for row in whole)
    assert rows[-1]["status"] in ("ahead", "on track", "behind")
    assert "≥ 2" in invoke("-C", ran, "metric", "orders").output


def test_a_spreadsheet_is_taken_as_far_as_it_can_be(ran: Path, invoke: Invoke) -> None:
    table = ran / "plan.csv"
    table.write_text("metric,value,note\nOrders,3,agreed\nordrs,4,\nrevenue,lots,\nrevenue,200,\n", encoding="utf-8")
    told = invoke("-C", ran, "targets", "--import", table).output
    assert "2 targets added." in told
    assert "2 rows are no target:" in told
    assert "line 3: There is no metric 'ordrs'. Did you mean 'orders'?" in told
    assert "line 4: value is 'lots'" in told
    table.write_text("metric,value\norders,5\n", encoding="utf-8")
    assert "1 target changed." in invoke("-C", ran, "targets", "--import", table).output
    text = (ran / "targets.yaml").read_text(encoding="utf-8")
    assert "value: 5" in text
    assert "note: agreed" in text
    assert not list(ran.glob(".targets*"))
    table.write_text("metrics,value\norders,5\n", encoding="utf-8")
    assert "Did you mean 'metric'?" in invoke("-C", ran, "targets", "--import", table, code=2).output
    assert (ran / "targets.yaml").read_text(encoding="utf-8") == text


def test_nothing_is_written_where_a_file_has_faults(ran: Path, invoke: Invoke) -> None:
    wrong = "targets:\n  - {metric: orders, valeu: 3}\n"
    (ran / "targets.yaml").write_text(wrong, encoding="utf-8")
    told = invoke("-C", ran, "targets", "--propose", "--accept", code=1).output
    assert "targets.yaml:2" in told
    assert "Did you mean 'value'?" in told
    assert (ran / "targets.yaml").read_text(encoding="utf-8") == wrong


@pytest.mark.parametrize("width", [80, 120])
def test_the_scorecard_fits_the_terminal(
    ran: Path, invoke: Invoke, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ran / "targets.yaml").write_text(
        "targets:\n  - {metric: orders, value: 2}\n  - {metric: inflow, stage: conversion, min: 1}\n", encoding="utf-8"
    )
    monkeypatch.setenv("COLUMNS", str(width))
    told = invoke("-C", ran, "scorecard", "--at", "2024-11-30").output
    assert "Scorecard 2024-11\n" in told
    assert "Of 2 targets: " in told
    assert "…" not in told
    tables = [line for line in told.splitlines() if not line.startswith(("Next:", "      tenure"))]
    assert max(map(len, tables)) <= width


def test_the_scorecard_in_rows(corner: Path, invoke: Invoke) -> None:
    told = invoke("-C", corner, "scorecard", "--period", "quarter", "--at", "2024-06-30", "--format", "json").output
    rows = json.loads(told)
    assert {row["period"] for row in rows} == {"2024-04-01"}
    first = [row for row in rows if row["stage"] == "conversion"][:5]
    assert [row["metric"] for row in first] == ["population", "inflow", "outflow", "conversion", "time_in_stage"]
    assert "Next: tenure -C" in invoke("-C", corner, "scorecard").output
    assert "later than all" in invoke("-C", corner, "scorecard", "--at", "2030-01-01", code=2).output
    assert "Did you mean 'month'?" in invoke("-C", corner, "scorecard", "--period", "months", code=2).output


def test_alerts(corner: Path, invoke: Invoke) -> None:
    told = invoke("-C", corner, "alerts").output
    assert "of quiet ones 2 % are alarms by chance" in told
    # five whole months and four days: too little to call anything quiet
    # what is too short for an answer is not called quiet
    short = invoke("-C", corner, "alerts", "--at", "2024-04-30").output
    assert "it takes 9 whole months" in short and "None." not in short
    rows = invoke("-C", corner, "alerts", "--every", "--format", "csv").output.splitlines()
    assert rows[0].startswith("metric,period,value,low,expected,high,compared_with,dimension,part")
    assert "between 0 and 1" in invoke("-C", corner, "alerts", "--rate", "2", code=2).output


def test_what_does_not_go_together(corner: Path, invoke: Invoke) -> None:
    assert "--accept goes with --propose" in invoke("-C", corner, "targets", "--accept", code=2).output
    assert "no aim 'bst'" in invoke("-C", corner, "targets", "--propose", "--aim", "bst", code=2).output
    assert "no file" in invoke("-C", corner, "targets", "--import", "nowhere.csv", code=2).output
    assert "no period 'moon'" in invoke("-C", corner, "targets", "--period", "moon", code=2).output
