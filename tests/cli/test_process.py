"""The command as a process: pipes, terminals, Ctrl-C, a workspace that another process holds."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.cli.conftest import ROOT, Invoke

Spawn = Callable[..., subprocess.Popen[str]]
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def test_codes_and_streams(corner: Path, spawn: Spawn) -> None:
    process = spawn("stages", cwd=corner)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "") and "Loyalty" in out and "\x1b" not in out
    process = spawn("stages", "--lifecycle", "x", cwd=corner)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err == "Error: There is no lifecycle or segment 'x'.\nThere are: classic, best.\n"


def test_a_reader_that_leaves(ran: Path, invoke: Invoke, spawn: Spawn) -> None:
    lines = [f"X{n},m{n},2024-12-01 10:00,1,GB" for n in range(3_000)]
    (ran / "data" / "orders2.csv").write_text("order,member,at,amount,country\n" + "\n".join(lines) + "\n")
    invoke("-C", ran, "run")
    process = spawn("history", "--format", "csv", cwd=ran)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == "lifecycle,customer_id,stage,previous,entered_at,left_at\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(60) == 0


def test_a_terminal_of_80_columns(ran: Path) -> None:
    commands = ["stages", "people", "explain 002", "history", "rejected", "doctor", "--help", "run"]
    (ran / "data" / "orders2.csv").write_text("order,member,at,amount,country\nO19,003,2024-12-31 10:00,5,GB\n")
    pages = on_terminal(ran, commands)
    for command, shown in zip(commands, pages, strict=True):
        plain = ANSI.sub("", shown)
        assert "\x1b[" in shown
        assert "Traceback" not in plain
        if command != "run":
            assert max(len(line) for line in plain.splitlines()) <= 80
    assert "…" in ANSI.sub("", pages[4])
    assert "reading …" in pages[-1] and "Brought up to date for 1 person" in pages[-1]
    (plain,) = on_terminal(ran, ["stages"], NO_COLOR="1")
    assert not re.search(r"\x1b\[3\dm", plain)


def on_terminal(folder: Path, commands: list[str], **environment: str) -> list[str]:
    """What commands show on a terminal of 80 columns, one after another in one process."""
    script = (
        "import sys\n"
        "from tenure.cli import main\n"
        "for command in sys.argv[1:]:\n"
        "    sys.argv = ['tenure', *command.split()]\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as leaving:\n"
        "        assert not leaving.code\n"
        "    print('----', flush=True)\n"
    )
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-c", script, *commands], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder,
        env={**inherited, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    os.close(theirs)
    shown = rest(ours)
    assert process.wait(60) == 0, shown
    return shown.split("----\r\n")[:-1]


def rest(terminal: int) -> str:
    """All that comes on a terminal until its process ends."""
    shown = b""
    # a terminal whose other end is closed gives an error or nothing
    with suppress(OSError):
        while piece := os.read(terminal, 65536):
            shown += piece
    os.close(terminal)
    return shown.decode()


def test_a_workspace_held_by_another_process(ran: Path, invoke: Invoke) -> None:
    script = (
        "import sys, tenure\nwith tenure.open(sys.argv[1]):\n    print('held', flush=True)\n    sys.stdin.readline()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(ran)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    try:
        for command in ("stages", "run", "doctor"):
            result = invoke("-C", ran, command, code=1)
            assert result.stdout == ""
            assert re.fullmatch(
                rf"Error: The workspace's event store {re.escape(str(ran))}/\.tenure/store\.duckdb is held by process "
                rf"{holder.pid} \(\S+\)\.\nUse that process .*, or end it and try again\.\n",
                result.stderr,
            )
    finally:
        holder.communicate("\n", timeout=60)
    assert "Loyalty" in invoke("-C", ran, "stages").stdout


def test_ctrl_c_in_mid_import(fresh: Path, spawn: Spawn, invoke: Invoke) -> None:
    rows = 150_000
    lines = (f"B{n},{n * 7919 % 50_021},2024-{1 + n % 12:02}-01 10:00,{n % 100}.25,GB\n" for n in range(rows))
    with (fresh / "data" / "orders.csv").open("w", encoding="utf-8") as orders:
        orders.write("order,member,at,amount,country\n")
        orders.writelines(lines)
    # the progress tells when rows are on their way
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 160, 0, 0))
    with spawn("import", cwd=fresh, stderr=theirs, TERM="xterm-256color") as process:
        os.close(theirs)
        shown = b""
        while not re.search(rb"[1-9][0-9,]* rows", shown):
            shown += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        told = rest(ours)
        assert (process.communicate(timeout=60)[0], process.returncode) == ("", 130), told
    assert "was stopped while data/orders.csv was read; nothing of it was kept." in told
    assert "Traceback" not in told and "leaked" not in told
    assert json.loads(invoke("-C", fresh, "doctor", "--format", "json").stdout)["events"] == 0
    assert "150,000  150,000  150,000" in invoke("-C", fresh, "import").stdout
    assert json.loads(invoke("-C", fresh, "doctor", "--format", "json").stdout)["events"] == rows


def test_ctrl_c_before_the_work_began(fresh: Path, spawn: Spawn) -> None:
    process = spawn("run", cwd=fresh)
    time.sleep(0.25)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)
    if process.returncode == 130:
        assert err in ("", "Stopped. What was committed before is kept, and nothing is half-written.\n")


def test_what_nobody_foresaw(corner: Path, tmp_path: Path) -> None:
    script = (
        "from tenure.workspace import Workspace\n"
        "def broken(*a, **k): raise KeyError('x\\x1b[2J')\n"
        "Workspace.stages = broken\n"
        "from tenure.cli import main\n"
        "import sys\n"
        "sys.argv = ['tenure', 'stages']\n"
        "main()\n"
    )
    for debug in ("", "1"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TENURE_DEBUG": debug}
        told = subprocess.run(
            [sys.executable, "-c", script], cwd=corner, env=environment, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert (told.returncode, told.stdout) == (1, "")
        assert "Unexpected error: KeyError: " in told.stderr and "\x1b" not in told.stderr
        assert ("Traceback" in told.stderr) == bool(debug)
        assert ("report it" in told.stderr) != bool(debug)
