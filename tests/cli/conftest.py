from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WRITE = "TENURE_WRITE_GOLDEN"

Invoke = Callable[..., Result]


def make(folder: Path) -> Path:
    """The corner shop's files in `folder`."""
    (folder / "data").mkdir(parents=True)
    shutil.copy(HERE / "tenure.yaml", folder)
    shutil.copy(HERE / "orders.csv", folder / "data")
    return folder


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TENURE_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def invoke() -> Invoke:
    """Runs a command in this process."""
    return _invoke


def _invoke(*arguments: object, code: int = 0) -> Result:
    from tenure.cli.commands import app

    result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="tenure")
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="session")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corner shop after its first run; tests only look at it."""
    return _first_run(tmp_path_factory.getbasetemp() / "shops")


# each package that asks for the shop has a fixture of its own
@cache
def _first_run(shops: Path) -> Path:
    folder = make(shops / "corner")
    _invoke("-C", folder, "run")
    return folder


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A corner shop of the test's own, before any run."""
    return make(tmp_path / "corner")


@pytest.fixture
def ran(tmp_path: Path, corner: Path) -> Path:
    """A corner shop of the test's own, after its first run."""
    return Path(shutil.copytree(corner, tmp_path / "corner"))


@pytest.fixture(scope="session")
def spawn() -> Callable[..., subprocess.Popen[str]]:
    """Starts a command in a process of its own."""

    def start(
        *arguments: object, cwd: Path | None = None, stderr: int = subprocess.PIPE, **environment: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tenure.cli", *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip

    return start


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Holds a text against the file of that name; with TENURE_WRITE_GOLDEN=1 writes the file."""

    def compare(name: str, text: str) -> None:
        path = HERE / "golden" / name
        if os.environ.get(WRITE):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path.name}: is it better? then {WRITE}=1"

    return compare
