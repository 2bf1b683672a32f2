"""Small workspaces from a few lines a golden file holds: `2024-01-05 ann Order Completed | revenue=10`."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tenure.workspace import Workspace

GOLDEN = Path(__file__).parent / "golden"
NOBODY = "-"

CLASSIC = """\
lifecycle: plain
stages:
  - {visitor: {when: count(visit) + count(signup) + count(lead) >= 1, kind: prospect, phase: reach}}
  - {customer: {when: count(order) + count(sub_started) >= 1, kind: customer, phase: retention}}
  - {at_risk: {when: "since(order) >= days(30)", kind: customer, phase: risk, side: true}}
  - {lapsed: {when: "since(order) >= days(60)", kind: former, phase: gone, side: true}}
"""


def goldens() -> dict[str, Any]:
    """The golden files by name."""
    yaml = YAML(typ="safe")
    return {path.stem: yaml.load(path.read_text(encoding="utf-8")) for path in sorted(GOLDEN.glob("*.yaml"))}


def rows(text: str) -> list[dict[str, str]]:
    """The events of a golden file."""
    found = []
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if not line:
            continue
        head, _, told = line.partition("|")
        time, who, *name = head.split()
        properties = dict(word.split("=", 1) for word in shlex.split(told))
        found.append({"time": time, "customer": who, "event": " ".join(name), **properties})
    return found


def workspace(
    folder: Path, events: Iterable[dict[str, str]], *, as_of: str, settings: str = "", lifecycle: str | None = None,
    metrics: str = "", traits: str = "",
) -> Workspace:  # fmt: skip
    """A workspace of these events after its first run."""
    told = [{"id": str(place), **event} for place, event in enumerate(events)]
    names = sorted(
        {name for event in told for name in event} - {"id", "time", "customer", "event"} - set(traits.split())
    )
    head = ["id", "time", "customer", "event", *names, *traits.split()]
    sources = []
    for source, chosen, customer in (
        ("people", [one for one in told if one["customer"] != NOBODY], "customer"),
        ("totals", [one for one in told if one["customer"] == NOBODY], "none"),
    ):
        if not chosen:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{source}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, head, restval="")
            writer.writeheader()
            writer.writerows(chosen)
        carried = {"properties": {name: f'"{name}"' for name in names}}
        if traits and customer != "none":
            carried["traits"] = {name: name for name in traits.split()}
        sources.append(
            {"name": source, "files": f"{source}.csv", "event_column": "event", "customer": customer, "time": "time",
             "id": "id", **carried}
        )  # fmt: skip
    (folder / "lifecycles").mkdir(parents=True)
    (folder / "lifecycles" / "plain.yaml").write_text(lifecycle or CLASSIC, encoding="utf-8")
    text = f"name: Golden\nas_of: {as_of}\nlifecycles: [plain]\n{settings}\nsources: {json.dumps(sources)}\n"
    (folder / "tenure.yaml").write_text(text, encoding="utf-8")
    if metrics:
        (folder / "metrics").mkdir()
        (folder / "metrics" / "own.yaml").write_text(metrics, encoding="utf-8")
    opened = Workspace.open(folder, clock=lambda: 0, memory_limit="500MB")
    opened.run()
    return opened


def fraction(told: object) -> Fraction | None:
    """A figure as a golden file tells it: 5, 0.25, 2/3, nothing."""
    if told is None:
        return None
    top, _, bottom = str(told).partition("/")
    return Fraction(top) / Fraction(bottom) if bottom else Fraction(top)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)
