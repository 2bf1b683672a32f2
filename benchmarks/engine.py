"""The engine as the benchmark sees it: a workspace on disk, and a call for each step.

Whatever changes in Tenure's interface changes here and nowhere else in `benchmarks`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_SOURCE = """\
  - name: {name}
    files: "{files}"
    event_column: name
    customer: customer_id
    time: time
    id: message_id
    properties:
{properties}"""
PROPERTIES = ("revenue", "margin", "category", "amount", "kind", "score", "survey")

_WORKSPACE = """\
name: Benchmark
timezone: UTC
as_of: 2025-02-01
lifecycles: [{lifecycles}]
sources:
{sources}
"""


def present() -> bool:
    """True if this checkout of Tenure can open a workspace."""
    if find_spec("tenure") is None:
        return False
    import tenure

    return hasattr(tenure, "open")


def describe(folder: Path, company: Path, definitions: Mapping[str, str]) -> None:
    """Nothing; writes the workspace's files, leaving its store alone."""
    shutil.rmtree(folder / "lifecycles", ignore_errors=True)
    for part in ("lifecycles", "arrivals"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, text in definitions.items():
        (folder / "lifecycles" / f"{name}.yaml").write_text(text, encoding="utf-8")
    properties = "\n".join(f"      {name}: \"properties ->> '$.{name}'\"" for name in PROPERTIES)
    events = os.path.relpath(company / "events", folder)
    sources = "\n".join(
        _SOURCE.format(name=name, files=files, properties=properties)
        for name, files in (("log", f"{events}/*.parquet"), ("arrivals", "arrivals/*.parquet"))
    )
    text = _WORKSPACE.format(lifecycles=", ".join(definitions), sources=sources)
    (folder / "tenure.yaml").write_text(text, encoding="utf-8")


@contextmanager
def opened(folder: Path) -> Iterator[Any]:
    """The open workspace."""
    import tenure

    workspace = tenure.open(str(folder))
    try:
        yield workspace
    finally:
        workspace.close()


def load(workspace: Any) -> None:
    """Nothing; imports the company's events."""
    workspace.load(only=["log"])


def rebuild(workspace: Any) -> None:
    """Nothing; the whole history is computed and committed."""
    workspace.rebuild()


def deliver(workspace: Any, number: int, batch: pa.Table) -> None:
    """Nothing; the events of the batch lie at the workspace's door: with this they have arrived."""
    pq.write_table(batch, Path(workspace.folder) / "arrivals" / f"{number:06}.parquet")


def take_in(workspace: Any) -> None:
    """Nothing; what was delivered is in the log, committed."""
    workspace.load(only=["arrivals"])


def refresh(workspace: Any) -> None:
    """Nothing; the history of the people whose events arrived is committed."""
    workspace.refresh()


def history(workspace: Any, lifecycle: str) -> pa.Table:
    """The history with scheduled rows: customer_id, stage, previous (texts), entered_at, left_at (UTC timestamps)."""
    return workspace.history(lifecycle)
