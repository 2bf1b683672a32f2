"""What goes wrong: one clear message each, the right code, no traceback, and nothing half-written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import HERE, Invoke

CONFIG = (HERE / "tenure.yaml").read_text(encoding="utf-8")
ORDERS = (HERE / "orders.csv").read_text(encoding="utf-8")


def edited(folder: Path, old: str, new: str) -> None:
    assert old in CONFIG
    (folder / "tenure.yaml").write_text(CONFIG.replace(old, new), encoding="utf-8")


# name: what is done to a fresh workspace, and the command that meets it
BROKEN: dict[str, tuple[Callable[[Path], object], tuple[str, ...], int]] = {
    "wrong keys and values": (
        lambda folder: (folder / "tenure.yaml").write_text(
            CONFIG.replace("segments:", "segmnts:").replace("Europe/London", "Europe/Lodnon").replace("GBP", "gbp"),
            encoding="utf-8",
        ),
        ("stages",), 1,
    ),
    "no yaml": (lambda folder: (folder / "tenure.yaml").write_text("name: [shop\n"), ("stages",), 1),
    "syntax of a condition": (lambda folder: edited(folder, ">= 150", "= 150"), ("run",), 1),
    "unknown event": (lambda folder: edited(folder, "sum(order,", "sum(ordr,"), ("run",), 1),
    "unknown lifecycle": (lambda folder: edited(folder, "[classic]", "[clasic]"), ("run",), 1),
    "missing column": (lambda folder: edited(folder, "customer: member", "customer: membr"), ("run",), 1),
    "missing file": (lambda folder: edited(folder, "orders*.csv", "oders.csv"), ("run",), 1),
    "no file matches": (lambda folder: edited(folder, "orders*.csv", "sales*.csv"), ("import",), 1),
    "empty file": (lambda folder: (folder / "data" / "orders.csv").write_bytes(b""), ("run",), 1),
    "binary file": (lambda folder: (folder / "data" / "orders.csv").write_bytes(bytes(range(256)) * 9), ("run",), 1),
    "wrong encoding": (
        lambda folder: (folder / "data" / "orders.csv").write_bytes("order,member,at,amount,größe\n".encode("latin-1")),
        ("run",), 1,
    ),
    "not run yet": (lambda folder: None, ("stages",), 2),
    "unknown source": (lambda folder: None, ("import", "ordrs"), 2),
    "store of something else": (
        lambda folder: ((folder / ".tenure").mkdir(), (folder / ".tenure" / "store.duckdb").write_text("no store")),
        ("stages",), 1,
    ),
    "doctor of such a store": (
        lambda folder: ((folder / ".tenure").mkdir(), (folder / ".tenure" / "store.duckdb").write_text("no store")),
        ("doctor",), 1,
    ),
}  # fmt: skip

# name: a command typed into a workspace that has run
TYPED: dict[str, tuple[tuple[str, ...], int]] = {
    "unknown stage": (("people", "--stage", "at_rsk"), 2),
    "unknown name of a lifecycle": (("stages", "--lifecycle", "bset"), 2),
    "unknown customer": (("explain", "2"), 2),
    "unknown customer of the history": (("history", "--customer", "2"), 2),
    "customer of the future": (("explain", "004", "--at", "2024-06-30"), 2),
    "no time": (("stages", "--at", "last week"), 2),
    "unknown form": (("stages", "--format", "xml"), 2),
    "unknown command": (("stagse",), 2),
    "unknown option": (("stages", "--stage", "reach"), 2),
    "missing argument": (("explain",), 2),
    "days": (("forecast", "--days", "0"), 2),
    "unknown engine": (("sql", "lifecycle", "classic", "--engine", "oracle"), 2),
    "folder to write to": (("stages", "-o", "nowhere/stages.csv"), 2),
    "folder for a file": (("stages", "-o", "."), 2),
    "no room": (("stages", "-o", "/dev/full"), 1),
}


def told(text: str, folder: Path) -> str:
    return text.replace(str(folder), "SHOP")


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str, fresh: Path, invoke: Invoke, golden: Callable[[str, str], None]) -> None:
    breaks, command, code = BROKEN[name]
    breaks(fresh)
    result = invoke("-C", fresh, *command, code=code)
    assert "Traceback" not in result.output and "Unexpected" not in result.output
    golden(f"error_{name.replace(' ', '_')}.txt", told(result.stderr, fresh))


@pytest.mark.parametrize("name", TYPED)
def test_typed(
    name: str, corner: Path, invoke: Invoke, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    if name == "no room" and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    command, code = TYPED[name]
    result = invoke("-C", corner, *command, code=code)
    assert result.stdout == ""
    assert "Traceback" not in result.output and "Unexpected" not in result.output
    if name not in ("unknown form", "unknown command", "unknown option", "missing argument", "days", "unknown engine"):
        golden(f"error_{name.replace(' ', '_')}.txt", told(result.stderr, corner))
    else:
        # Typer's own words change with its versions
        assert result.stderr.startswith("Usage: tenure ") and "Error: " in result.stderr
    assert not list(tmp_path.iterdir())


def test_no_workspace(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("stages", code=2).stderr == (
        "Error: There is no tenure.yaml in this folder, nor in one above it.\n"
        "Name a workspace with `tenure -C DIR …`, or make one with `tenure init DIR`.\n"
    )
    assert invoke("-C", "shop", "stages", code=2).stderr == (
        "Error: There is no folder shop.\nMake a workspace there with `tenure init shop`, or name another folder.\n"
    )


def test_a_source_that_fails_leaves_the_others_loaded(fresh: Path, invoke: Invoke) -> None:
    second = """\
  - name: returns
    files: data/returns.csv
    event: Order Refunded
    customer: member
    time: at
"""
    (fresh / "tenure.yaml").write_text(CONFIG + second, encoding="utf-8")
    result = invoke("-C", fresh, "run", code=1)
    assert "orders    18      18      15" in result.stdout
    assert "There is no file" in result.stderr and "returns.csv" in result.stderr
    told = invoke("-C", fresh, "doctor", "--format", "csv").stdout
    assert "events,15\n" in told and "waiting_for_a_run,7\n" in told


def test_a_failed_import_leaves_nothing_and_can_be_repeated(fresh: Path, invoke: Invoke) -> None:
    orders = fresh / "data" / "orders.csv"
    orders.write_bytes(ORDERS.encode() + b"O99,\xff\xfe\x00,2024-01-01,1,GB\n" * 3)
    first = invoke("-C", fresh, "run", code=1)
    assert first.stderr.startswith("Error: ")
    assert "events,0\n" in invoke("-C", fresh, "doctor", "--format", "csv").stdout
    orders.write_text(ORDERS, encoding="utf-8")
    assert "orders    18      18      15" in invoke("-C", fresh, "run").stdout


def test_a_row_of_2099(fresh: Path, invoke: Invoke) -> None:
    with (fresh / "data" / "orders.csv").open("a", encoding="utf-8") as orders:
        orders.write("O99,001,2099-01-01 10:00,10,GB\n")
    shown = " ".join(invoke("-C", fresh, "run").stdout.split())
    assert "lies in the future" in shown
    warning = "The last event, of 2099-01-01 10:00, comes 27,028 days after the one before it"
    assert warning in shown
    assert warning in " ".join(invoke("-C", fresh, "stages").stdout.split())
    assert warning in " ".join(invoke("-C", fresh, "doctor").stdout.split())


def test_a_workspace_without_sources(fresh: Path, invoke: Invoke) -> None:
    (fresh / "tenure.yaml").write_text("name: Empty\nlifecycles: [classic]\n", encoding="utf-8")
    assert "This workspace has no source; add one" in invoke("-C", fresh, "run").stdout
    assert "This workspace has no source." in invoke("-C", fresh, "import", code=2).stderr
    assert "All" in invoke("-C", fresh, "stages").stdout
    (fresh / "tenure.yaml").write_text("name: Empty\n", encoding="utf-8")
    assert "There is no lifecycle to work out" in invoke("-C", fresh, "run").stdout
    for command in ("stages", "history", "people", "forecast"):
        assert "This workspace has no lifecycle." in invoke("-C", fresh, command, code=2).stderr


def test_text_of_a_source_cannot_steer_a_terminal(fresh: Path, invoke: Invoke) -> None:
    with (fresh / "data" / "orders.csv").open("a", encoding="utf-8") as orders:
        orders.write("O98,\x1b[2Jx[bold],2024-12-01 10:00,10,GB\nO99,\x1b]0;x\x07,never,10,GB\n")
    invoke("-C", fresh, "run")
    for command in (("people",), ("history",), ("rejected",), ("explain", "\x1b[2Jx[bold]")):
        shown = invoke("-C", fresh, *command).stdout
        assert "\x1b" not in shown and "\x07" not in shown
    assert "·[2Jx[bold]" in invoke("-C", fresh, "people").stdout
