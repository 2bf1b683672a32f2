from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenure.workspace import Workspace

SETTINGS = """\
name: Corner shop
as_of: last_event
lifecycles: [store]
exclude: trait.staff == 'yes'
sources:
  - {name: log, files: data/*.csv, event_column: event, customer: customer, time: time, id: id,
     properties: {revenue: amount}, traits: {staff: staff}}
"""

STORE = """\
lifecycle: store
stages:
  - {visitor: {when: count(visit) >= 1}}
  - {buyer: {when: count(order) >= 1}}
  - {at_risk: {when: "since(order) >= days(30)", side: true}}
"""

LOG = """\
id,event,customer,time,amount,staff
1,Page Viewed,ada,2024-01-01 10:00,,
2,Order Completed,ada,2024-01-02 10:00,40.10,
3,Order Completed,bob,2024-01-20 09:30,7.25,
4,Page Viewed,cleo,2024-02-10 12:00,,
5,Order Completed,dan,2024-02-10 12:00,100,yes
"""


@dataclass
class Folder:
    """A workspace's folder, and what the time is there."""

    path: Path
    stack: ExitStack
    now: datetime = field(default=datetime(2024, 3, 1, tzinfo=UTC))

    def open(self) -> Workspace:
        clock = lambda: (self.now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)  # noqa: E731
        return self.stack.enter_context(Workspace.open(self.path, clock=clock, memory_limit="500MB"))

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def corner(path: Path, stack: ExitStack) -> Folder:
    made = Folder(path, stack)
    made.write("tenure.yaml", SETTINGS)
    made.write("lifecycles/store.yaml", STORE)
    made.write("data/log.csv", LOG)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A corner shop that has not been opened yet."""
    with ExitStack() as stack:
        yield corner(tmp_path / "shop", stack)


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corner shop after its first run; tests only copy it."""
    path = tmp_path_factory.mktemp("first") / "shop"
    with ExitStack() as stack:
        made = corner(path, stack)
        made.open().run()
    return path


@pytest.fixture
def shop(folder: Folder, first_run: Path) -> Workspace:
    """The corner shop after its first run."""
    shutil.copytree(first_run, folder.path, dirs_exist_ok=True)
    return folder.open()


Edit = Callable[[str, str], None]


@pytest.fixture
def edit(folder: Folder) -> Edit:
    """Puts one text in the place of another in the settings."""

    def change(old: str, new: str) -> None:
        text = (folder.path / "tenure.yaml").read_text(encoding="utf-8")
        assert old in text
        folder.write("tenure.yaml", text.replace(old, new))

    return change
