"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "tenure").rglob("*.py"))
MAX_LINES = 400

# written in pieces, so that this file does not hold what it looks for
PLACES = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/[a-z]", "/Use" + "rs/[a-z]"]))
REGISTRIES = re.compile(
    "|".join(["pypi" + r"\.org", "python" + "hosted", "index" + "-url", "find" + "-links", "artifact" + "ory"])
)
LINKS_IN_LOCKS = re.compile(r"https?://")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    """The files that git has or would take; skips where there is no git (a source archive)."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= MAX_LINES, "one subject a file"
    assert (ast.get_docstring(tree) or "").strip(), "a module begins with what it is"
    assert path.stem.lstrip("_") not in {"utils", "util", "helpers", "helper", "manager", "service", "services", "misc"}
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "__all__" for to in node.targets):
            names = ast.literal_eval(node.value)
            assert list(names) == sorted(set(names), key=by_kind)


def by_kind(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then the rest, as ruff sorts them."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def test_every_room_is_a_package() -> None:
    rooms = {path.parent for path in MODULES}
    assert not [name_of(room) for room in sorted(rooms) if not (room / "__init__.py").exists()]


def test_no_place_of_a_machine_and_no_registry() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        patterns = [PLACES, REGISTRIES, *([LINKS_IN_LOCKS] if path.suffix == ".lock" else [])]
        found += [f"{name_of(path)}: {match[0]}" for pattern in patterns for match in pattern.finditer(text)]
    assert not found


def test_locks_are_hashed_and_exact() -> None:
    for path in ROOT.glob("requirements*.lock"):
        pinned = re.findall(r"^([A-Za-z0-9][^\s;\\]*)(.*)\\$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert pinned
        assert all("==" in name for name, _ in pinned), path
    runtime, development = ((ROOT / f"requirements{kind}.lock").read_text(encoding="utf-8") for kind in ("", "-dev"))
    pins = re.compile(r"^[A-Za-z0-9][^\\]*==[^\\]*", re.MULTILINE)
    assert set(pins.findall(runtime)) <= set(pins.findall(development)), "run `make lock`"


@pytest.mark.slow
def test_the_wheel_holds_the_library(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    held = set(zipfile.ZipFile(wheel).namelist())
    library = {name_of(path) for path in (ROOT / "tenure").rglob("*.yaml")}
    assert library <= held
    assert any(name.startswith("tenure/lifecycle/library/") for name in held)
    assert {name.split("/")[0] for name in held} <= {
        "tenure",
        *(name.split("/")[0] for name in held if ".dist-info/" in name),
    }
