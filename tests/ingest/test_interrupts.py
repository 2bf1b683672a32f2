"""Ctrl-C in mid-import, and a store without room: one message, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tenure.errors import ImportStopped
from tenure.ingest.source import Source
from tenure.ingest.tables import Progress, load
from tenure.warehouse.duckdb import Store
from tests.ingest.conftest import NOW, Desk

IMPORT = """
    import signal, sys
    from pathlib import Path
    from tenure.errors import TenureError
    from tenure.ingest.source import Source
    from tenure.ingest.tables import LoadSettings, load
    from tenure.warehouse.duckdb import Store

    # whoever runs the tests in the background has it ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(sys.argv[1])
    common = {"event": "X", "customer": "customer", "time": "time", "properties": {"n": "n * 2"}}
    with Store.open(folder / "store.duckdb", threads=1) as store:
        for name in ("small", "large"):
            source = Source(name=name, files=f"{name}.csv", **common)
            print(name, flush=True)
            try:
                load(store, source, folder=folder, settings=LoadSettings(), received_at=1,
                     progress=lambda progress: print("rows", progress.rows, flush=True))
            except TenureError as error:
                print(type(error).__name__, error, flush=True)
"""


def test_ctrl_c_stops_the_import_and_leaves_nothing_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("customer,time,n\n" + "".join(f"c{n},2024-01-01,{n}\n" for n in range(50)))
    (tmp_path / "large.csv").write_text("customer,time,n\n" + "".join(f"c{n},2024-01-01,{n}\n" for n in range(600_000)))
    process = subprocess.Popen(
        [sys.executable, "-c", dedent(IMPORT), str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = ""
    while line != "large\n":
        line = process.stdout.readline()
    assert process.stdout.readline().startswith("rows")
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "ImportStopped The import of 'large' was stopped while large.csv was read; nothing of it was kept" in out, (
        err
    )
    assert "Traceback" not in err
    with Store.open(tmp_path / "store.duckdb") as store:
        assert store.connection().execute("SELECT source, count(*) FROM events GROUP BY 1").fetchall() == [
            ("small", 50)
        ]
        assert store.connection().execute("SELECT count(*) FROM units").fetchall() == [(50,)]
        assert store.connection().execute("SELECT source FROM loads").fetchall() == [("small",)]


def test_files_before_the_stop_are_kept_and_the_next_import_goes_on(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.write(f"orders_{number}.csv", f"customer,time\nc{number},2024-01-01\n")

    def stop(progress: Progress) -> None:
        if progress.file == "orders_2.csv":
            raise KeyboardInterrupt

    source = Source(name="orders", files="orders_*.csv", event="X", customer="customer", time="time")
    with pytest.raises(ImportStopped, match=r"stopped while orders_2.csv was read"):
        load(desk.store, source, folder=desk.folder, settings=desk.settings, received_at=NOW, progress=stop)
    assert desk.column("SELECT user_id FROM events") == ["c1"]
    report = load(desk.store, source, folder=desk.folder, settings=desk.settings, received_at=NOW)
    assert [file.unchanged for file in report.files] == [True, False, False]
    assert desk.column("SELECT user_id FROM events ORDER BY 1") == ["c1", "c2", "c3"]


def test_a_mistake_in_one_file_leaves_the_files_before_it(desk: Desk) -> None:
    desk.write("orders_1.csv", "customer,time\nc1,2024-01-01\n")
    desk.write("orders_2.csv", b"\0\0\0")
    source = Source(name="orders", files="orders_*.csv", event="X", customer="customer", time="time")
    with pytest.raises(Exception, match=r"orders_2.csv is a binary file"):
        load(desk.store, source, folder=desk.folder, settings=desk.settings, received_at=NOW)
    assert desk.column("SELECT user_id FROM events") == ["c1"]


def test_more_than_memory_is_spilled(tmp_path: Path) -> None:
    rows = 200_000
    lines = "".join(f"{n},customer-{n % 5000},2024-01-01,{'x' * 60}{n}\n" for n in range(rows))
    (tmp_path / "large.csv").write_text("id,customer,time,note\n" + lines)
    source = Source(
        name="large",
        files="large.csv",
        event="X",
        customer="customer",
        time="time",
        id="id",
        properties={"note": "note"},
    )
    from tenure.ingest.tables import LoadSettings

    with Store.open(tmp_path / "store.duckdb", memory_limit="100MB", threads=1) as store:
        report = load(store, source, folder=tmp_path, settings=LoadSettings(), received_at=NOW)
        assert report.loaded == rows
        assert store.connection().execute("SELECT count(*), count(DISTINCT customer) FROM events").fetchall() == [
            (rows, 5000)
        ]
