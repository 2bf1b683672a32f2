"""Every command, in every form."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Invoke

Golden = Callable[[str, str], None]

LISTINGS: dict[str, tuple[str, ...]] = {
    "stages": ("stages",),
    "stages of a segment": ("stages", "-l", "best"),
    "stages in June": ("stages", "--at", "2024-06-30"),
    "people": ("people",),
    "people from loyalty": ("people", "--stage", "at_risk", "--from", "reactivated"),
    "nobody": ("people", "--stage", "reach"),
    "history": ("history",),
    "history of one": ("history", "--customer", "002", "-l", "classic"),
    "history to come": ("history", "--scheduled", "-l", "classic"),
    "history in June": ("history", "--as-of", "2024-06-30", "--customer", "001"),
    "forecast": ("forecast", "--days", "90"),
    "forecast of nobody": ("forecast", "--days", "1"),
    "people due": ("forecast", "--days", "90", "--people"),
    "explain": ("explain", "002"),
    "explain a segment": ("explain", "001", "--lifecycle", "best"),
    "explain in June": ("explain", "003", "--at", "2024-06-30T12:00Z"),
    "plan of nothing": ("plan",),
    "rejected": ("rejected",),
}


def file_name(name: str) -> str:
    return name.replace(" ", "_")


@pytest.mark.parametrize("name", LISTINGS)
def test_table(name: str, corner: Path, invoke: Invoke, golden: Golden) -> None:
    shown = invoke("-C", corner, *LISTINGS[name]).stdout.replace(str(corner), "SHOP")
    golden(f"{file_name(name)}.txt", shown)
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


@pytest.mark.parametrize("name", [name for name in LISTINGS if name != "plan of nothing"])
def test_csv_and_json_tell_the_same(name: str, corner: Path, invoke: Invoke) -> None:
    text = invoke("-C", corner, *LISTINGS[name], "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    told = json.loads(invoke("-C", corner, *LISTINGS[name], "--format", "json").stdout)
    if name.startswith("explain"):
        assert told["customer_id"] == rows[0]["customer_id"]
        assert {row["stage"] for row in rows} == {stage["stage"] for stage in told["stages"]}
        assert told["stage"] == next(row["stage"] for row in rows if row["present"] == "true")
        return
    assert len(rows) == len(told)
    for row, cells in zip(rows, told, strict=True):
        assert list(row) == list(cells)
        for column, written in row.items():
            assert written == as_written(cells[column]) or float(written) == cells[column]


def as_written(value: object) -> str:
    return "" if value is None else str(value)


def test_history_is_exact(corner: Path, invoke: Invoke) -> None:
    text = invoke("-C", corner, "history", "-l", "classic", "--customer", "002", "--format", "csv").stdout
    assert text == (
        "lifecycle,customer_id,stage,previous,entered_at,left_at\n"
        "classic,002,conversion,,2024-02-01T08:15:00.000000Z,2024-05-01T08:15:00.000000Z\n"
        "classic,002,at_risk,conversion,2024-05-01T08:15:00.000000Z,2024-07-30T08:15:00.000000Z\n"
        "classic,002,lapsed,at_risk,2024-07-30T08:15:00.000000Z,2024-09-05T18:45:00.000000Z\n"
        "classic,002,reactivated,lapsed,2024-09-05T18:45:00.000000Z,2024-12-04T18:45:00.000000Z\n"
        "classic,002,at_risk,reactivated,2024-12-04T18:45:00.000000Z,2025-03-04T18:45:00.000000Z\n"
        "classic,002,lapsed,at_risk,2025-03-04T18:45:00.000000Z,\n"
    )


def test_scheduled_rows_are_those_to_come(corner: Path, invoke: Invoke) -> None:
    rows = json.loads(invoke("-C", corner, "history", "--scheduled", "--format", "json").stdout)
    every = json.loads(invoke("-C", corner, "history", "--format", "json").stdout)
    assert rows == [row for row in every if row["entered_at"] > "2024-12-31T18:00:00.000000Z"]
    assert 0 < len(rows) < len(every)


def test_what_was_not_known_yet_is_not_there(corner: Path, invoke: Invoke) -> None:
    assert invoke("-C", corner, "history", "--known-at", "2001-01-01", "--format", "json").stdout == "[]\n"


def test_ids_with_quotes_and_brackets(corner: Path, invoke: Invoke) -> None:
    odd = 'a "b", [red]c'
    assert odd in invoke("-C", corner, "people").stdout
    rows = csv.DictReader(io.StringIO(invoke("-C", corner, "people", "--format", "csv").stdout, newline=""))
    assert odd in {row["customer_id"] for row in rows}
    assert json.loads(invoke("-C", corner, "explain", odd, "--format", "json").stdout)["customer_id"] == odd


def test_explain_as_json(corner: Path, invoke: Invoke) -> None:
    told = json.loads(invoke("-C", corner, "explain", "002", "--format", "json").stdout)
    assert (told["stage"], told["previous"]) == ("at_risk", "reactivated")
    assert told["at"] == "2024-12-31T18:00:00.000000Z"
    assert told["events"][0]["properties"] == {"revenue": 15}
    assert told["if_silent"] == [{"at": "2025-03-04T18:45:00.000000Z", "stage": "lapsed"}]
    since = next(stage for stage in told["stages"] if stage["stage"] == "lapsed")["measures"][0]
    assert since == {"measure": "since(purchase)", "value": 116 * 86400 + 86400 - 2700, "unit": "seconds"}


def test_run_and_run_again(fresh: Path, invoke: Invoke, golden: Golden) -> None:
    golden("run.txt", invoke("-C", fresh, "run").stdout.replace(str(fresh), "SHOP"))
    golden("run_again.txt", invoke("-C", fresh, "run").stdout.replace(str(fresh), "SHOP"))


def test_import_then_stages_knows_what_waits(ran: Path, invoke: Invoke, golden: Golden) -> None:
    (ran / "data" / "orders2.csv").write_text(
        "order,member,at,amount,country\nO19,003,2024-12-31 10:00,5,GB\nO01,001,2024-01-15 09:00,41.00,GB\n",
        encoding="utf-8",
    )
    golden("import_more.txt", invoke("-C", ran, "import", "orders").stdout.replace(str(ran), "SHOP"))
    assert "1 person with new events waits for the next `tenure run`." in invoke("-C", ran, "stages").stdout
    shown = invoke("-C", ran, "run").stdout
    assert "Brought up to date for 1 person: best, classic, exclude." in shown
    assert "waits for" not in invoke("-C", ran, "stages").stdout


def test_plan_shows_who_would_move(ran: Path, invoke: Invoke, golden: Golden) -> None:
    config = ran / "tenure.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace(">= 150", ">= 300"), encoding="utf-8")
    golden("plan.txt", invoke("-C", ran, "plan").stdout.replace(str(ran), "SHOP"))
    rows = invoke("-C", ran, "plan", "--format", "csv").stdout
    head, move, *restated = rows.splitlines()
    assert head == "what,lifecycle,period,complete,stage,to,people,money,people_would_be,money_would_be"
    assert move == "move,best,,,best,,1,290.85,,"
    assert len(restated) == 12 and all(row.startswith("restated,best,2024-") for row in restated)
    told = json.loads(invoke("-C", ran, "plan", "--format", "json").stdout)
    assert told["changed"] == ["best"] and told["moves"][0]["people"] == 1
    assert "has changed since the last run" in invoke("-C", ran, "stages", code=2).stderr
    assert "Not the definition that is applied: best." in invoke("-C", ran, "doctor").stdout
    assert "Computed over everybody: best." in invoke("-C", ran, "run").stdout


def test_doctor(corner: Path, invoke: Invoke, golden: Golden) -> None:
    shown = re.sub(r"\d\S* [kMGT]?B", "SIZE", invoke("-C", corner, "doctor").stdout)
    shown = re.sub(r"Tenure \S+", "Tenure VERSION", re.sub(r"20(2[5-9]|[3-9]\d)-\S+ \S+", "NOW", shown))
    golden("doctor.txt", re.sub(r" +(?=SIZE)", " ", shown))
    told: dict[str, Any] = json.loads(invoke("-C", corner, "doctor", "--format", "json").stdout)
    assert (told["events"], told["units"], told["excluded"], told["sources"][0]["rejected"]) == (
        15,
        {"customer": 7},
        1,
        3,
    )
    rows = dict(csv.reader(io.StringIO(invoke("-C", corner, "doctor", "--format", "csv").stdout)))
    assert rows["events"] == "15" and rows["last_event"] == "2024-12-31T18:00:00.000000Z"


def test_doctor_before_the_first_run(fresh: Path, invoke: Invoke) -> None:
    shown = invoke("-C", fresh, "doctor").stdout
    assert "no run yet" in shown
    assert f"Next: tenure -C {fresh} run" in shown


def test_sql(corner: Path, invoke: Invoke) -> None:
    duckdb = invoke("-C", corner, "sql", "lifecycle", "classic").stdout
    assert duckdb.startswith("-- The classic five")
    spark = invoke("-C", corner, "sql", "lifecycle", "classic", "--engine", "spark").stdout
    assert spark != duckdb


def test_schema(invoke: Invoke, tmp_path: Path) -> None:
    told = invoke("schema", "-o", tmp_path / "schema.json")
    assert told.stdout == ""
    assert json.loads((tmp_path / "schema.json").read_text(encoding="utf-8"))["title"] == "tenure.yaml"


def test_version_and_help(invoke: Invoke) -> None:
    from tenure import __version__

    assert invoke("--version").stdout == f"tenure {__version__}\n"
    shown = invoke("--help").stdout
    assert max(map(len, shown.splitlines())) <= 80
    for command in ("init", "import", "run", "stages", "history", "people", "forecast", "explain", "plan", "sql",
                    "rejected", "doctor", "schema"):  # fmt: skip
        assert re.search(rf"^  {command} +\S.{{9,}}\.$", shown, re.MULTILINE), f"{command} has one line of help"


# where it goes


def test_files_take_their_form_from_their_name(corner: Path, invoke: Invoke, tmp_path: Path) -> None:
    for name in ("history.csv", "history.json", "history.txt", "history"):
        result = invoke("-C", corner, "history", "-o", tmp_path / name)
        assert result.stdout == "" and f"written to {tmp_path / name}." in result.stderr
    assert (tmp_path / "history").read_text() == (tmp_path / "history.csv").read_text()
    assert (tmp_path / "history.csv").read_text() == invoke("-C", corner, "history", "--format", "csv").stdout
    assert (tmp_path / "history.json").read_text() == invoke("-C", corner, "history", "--format", "json").stdout
    assert (tmp_path / "history.txt").read_text() == invoke("-C", corner, "history").stdout
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_file_is_replaced_whole_and_keeps_its_mode(corner: Path, invoke: Invoke, tmp_path: Path) -> None:
    target = tmp_path / "stages.csv"
    target.write_text("old\n" * 1000)
    target.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    invoke("-C", corner, "stages", "-o", link)
    assert link.is_symlink() and target.read_text().startswith("lifecycle,stage")
    assert target.stat().st_mode & 0o777 == 0o640


def test_the_workspace_is_found_from_below(corner: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(corner / "data")
    assert "Corner shop" in invoke("doctor").stdout
    assert "Next: tenure people" in invoke("stages").stdout
    assert "Next: tenure -C .. people" in invoke("-C", "..", "stages").stdout


def test_more_rows_than_fit(ran: Path, invoke: Invoke) -> None:
    lines = [f"X{n},m{n},2024-12-01 10:00,1,GB" for n in range(2000)]
    (ran / "data" / "orders3.csv").write_text("order,member,at,amount,country\n" + "\n".join(lines) + "\n")
    invoke("-C", ran, "run")
    shown = invoke("-C", ran, "people").stdout
    assert "… and 1,966 more; use --format csv -o FILE." in shown
    assert "2,006 people, £2,870.17." in shown
    assert "more; use --format csv -o FILE." in invoke("-C", ran, "history").stdout
    assert len(invoke("-C", ran, "people", "--format", "csv").stdout.splitlines()) == 2007
