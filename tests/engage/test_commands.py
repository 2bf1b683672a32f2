"""`tenure act` and `tenure actions`, against files; with TENURE_WRITE_GOLDEN=1 they are written."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

import tenure
from tenure.engage.handed import harmless
from tenure.events import Event

from ..cli.conftest import WRITE, Invoke

GOLDEN = Path(__file__).parent / "golden"


def held(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get(WRITE):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path.name}: is it better? then {WRITE}=1"


def plain(text: str, folder: Path) -> str:
    return text.replace(str(folder), "market")


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory, market_run: Path, invoke: Invoke) -> Path:
    """A market that began an action in the summer; tests only look at it."""
    folder = Path(shutil.copytree(market_run, tmp_path_factory.mktemp("acted") / "market"))
    words = ["--stage", "retention", "--goal", "order", "--days", 30, "--hold-out", "20%", "--channel", "email"]
    words += ["--owner", "ann", "--at", "2024-06-30", "--note", "10 % off."]
    invoke("-C", folder, "act", "Win back, June", *words)
    return folder


def test_a_preview_and_the_beginning(market: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = ["-C", market, "act", "Win back", "--stage", "at_risk", "--goal", "order", "--channel", "email"]
    told = [invoke(*words, "--preview").output, invoke(*words).output, invoke(*words).output]
    held("act.txt", plain("\n".join(told), market))
    assert "waits for the next" not in invoke("-C", market, "stages").output


def test_all_actions(acted: Path, tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(acted, tmp_path / "market"))
    more = ["--segment", "best", "--goal", "order", "--kind", "tasks"]
    invoke("-C", folder, "act", "Call the best", *more)
    invoke("-C", folder, "act", "Nobody left alone", *more, "--hold-out", 0, "--at", "2024-07-31")
    for columns in (80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        held(f"actions-{columns}.txt", plain(invoke("-C", folder, "actions").output, folder))


def test_one_action(acted: Path, invoke: Invoke) -> None:
    told = [invoke("-C", acted, "actions", "win-back-june").output,
            invoke("-C", acted, "actions", "Win back, June", "--at", "2024-07-10").output]  # fmt: skip
    held("action.txt", plain("\n".join(told), acted))


def test_actions_as_csv_and_json(acted: Path, invoke: Invoke) -> None:
    held("actions.csv", invoke("-C", acted, "actions", "--format", "csv").output)
    (row,) = json.loads(invoke("-C", acted, "actions", "--format", "json").output)
    assert (row["action"], row["verdict"]) == ("win-back-june", "too_few")
    assert row["started_at"] == "2024-06-30T22:59:59.999999Z"


def test_no_action_yet(corner: Path, invoke: Invoke) -> None:
    assert "Nothing yet." in invoke("-C", corner, "actions").output


def test_the_list_in_a_file(acted: Path, invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    invoke("-C", acted, "actions", "win-back-june", "--people", "-o", file)
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    (told,) = json.loads(invoke("-C", acted, "actions", "win-back-june", "--format", "json").output)
    assert len(rows) == told["treated"]
    assert list(rows[0]) == ["customer_id", "name", "email", "consent_email", "stage", "money"]
    named = {row["customer_id"]: row["name"] for row in rows}
    assert all(name == "'=1+1" for who, name in named.items() if int(who[1:]) % 50 == 0)
    as_json = json.loads(invoke("-C", acted, "actions", "win-back-june", "--people", "--format", "json").output)
    assert any(row["name"] == "=1+1" for row in as_json)
    table = invoke("-C", acted, "actions", "win-back-june", "--people").output
    assert rows[0]["customer_id"] in table and "more; use --format csv" in table


def test_who_took_the_consent_back_is_told(acted: Path, invoke: Invoke, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(acted, tmp_path / "market"))
    with tenure.open(folder) as ws:
        who = ws.actions.download("win-back-june")["customer_id"][0].as_py()
        ws.record([Event(name="Unsubscribed", time=ws.as_of, customer_id=who)])
    out = invoke("-C", folder, "actions", "win-back-june", "--people", "-o", tmp_path / "list.csv").output
    assert "1 person is not on it: no consent any more, or excluded by now." in out


def test_a_list_of_ids_from_a_file(market: Path, invoke: Invoke, tmp_path: Path) -> None:
    lines, table, file = tmp_path / "ids.txt", tmp_path / "ids.csv", tmp_path / "list.csv"
    lines.write_text("c001\n'c002\n\n999\n", encoding="utf-8")
    table.write_text("name,customer_id\nAnn,c001\nBob,c002\n", encoding="utf-8")
    words = ["--goal", "order", "--hold-out", 0]
    out = invoke("-C", market, "act", "a", "--ids", lines, *words, "-o", file).output
    assert "Not known" in out and "2 rows written" in out and "Nobody is held out" in out
    seen = invoke("-C", market, "act", "b", "--ids", table, "--goal", "order", "--preview").output
    assert "On the list       2" in seen


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--goal", "order"], "Which people?"),
        (["--goal", "order", "--stage", "retention", "--segment", "best"], "Which people?"),
        (["--goal", "order", "--segment", "classic"], "is a lifecycle, not a segment"),
        (["--goal", "ordr", "--stage", "retention"], "Did you mean 'order'?"),
        (["--goal", "order", "--stage", "retention", "--hold-out", "some"], "'some' is no share"),
        (["--goal", "order", "--stage", "retention", "--hold-out", "60%"], "cannot be held out"),
        (["--goal", "order", "--stage", "retention", "--channel", "email"], "knows of no consent to email"),
        (["--goal", "order", "--stage", "retention", "--preview", "-o", "x.csv"], "A preview has no list"),
        (["--goal", "order", "--ids", "no-such.txt"], "no-such.txt cannot be read"),
        (["--goal", "order", "--stage", "reach"], "There is nobody on the list"),
    ],
)
def test_what_cannot_be(corner: Path, invoke: Invoke, words: list[str], message: str) -> None:
    assert message in invoke("-C", corner, "act", "June", *words, code=2).output


def test_a_list_needs_a_name(corner: Path, invoke: Invoke) -> None:
    assert "Whose list?" in invoke("-C", corner, "actions", "--people", code=2).output


def test_no_text_of_a_list_is_a_formula() -> None:
    texts = ["=1+1", "+44 20", "-2", "@a", "\tx", "\rx", "a=1", "", None, "é"]
    assert harmless(pa.table({"=a": ["b"], "b": ["c"]})).column_names == ["'=a", "b"]
    table = harmless(pa.table({"a": texts, "n": pa.array([-1] * len(texts))}))
    assert table["a"].to_pylist() == ["'=1+1", "'+44 20", "'-2", "'@a", "'\tx", "'\rx", "a=1", "", None, "é"]
    assert table["n"].to_pylist() == [-1] * len(texts)
