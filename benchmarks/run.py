"""`python -m benchmarks`: time and memory of the engine, of the roofline, and of the other ways to the same rows.

Every round runs everything once, each in a process of its own, so that a slow minute of the machine touches all of
them; ratios are taken within a round. Nothing here fails because something is slow: targets stand beside the figures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.company import Company
from benchmarks.report import Figures, milliseconds, show

ROOT = Path(__file__).parents[1]
PARTS = ("roofline", "engine", "arrays", "frames", "loop", "spine", "refresh")
RIVALS = {"roofline": ("simple", "hard"), "arrays": ("simple", "hard"), "frames": ("simple",),
          "loop": ("simple", "hard"), "spine": ("simple", "hard")}  # fmt: skip
ENGINE = ("simple", "hard", "ten")


def main(arguments: list[str] | None = None) -> int:
    """0 when everything ran, whatever it took; 1 when rows differ, or a measurement broke off."""
    options = _options(arguments)
    console = Console(stderr=True)
    bench = Bench(options, console)
    try:
        bench.run()
    except subprocess.CalledProcessError as broken:
        console.print(f"A measurement broke off ({broken.cmd[3]}):\n{broken.stderr or ''}", markup=False)
        return 1
    width = None if sys.stdout.isatty() else 200
    show(bench.figures, Console(width=width))
    if options.json:
        options.json.write_text(json.dumps(bench.figures.json(), indent=1), encoding="utf-8")
    return 1 if any(found["apart"] for found in bench.figures.rows.values()) else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, help="10,000,000 where not said")
    parser.add_argument("--customers", type=int, help="500,000 where not said")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--runs", type=int, help="rounds; 5 where not said")
    parser.add_argument(
        "--people", type=int, help="people that the loop runs on, the spine on five times as many; 5,000 where not said"
    )
    parser.add_argument("--refreshes", type=int, default=300, help="refreshes between the first and the last (300)")
    parser.add_argument("--quick", action="store_true", help="200,000 events, 10,000 customers, one round")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}; separated by commas")
    parser.add_argument("--large", action="store_true", help="rebuild 100 million events of 5 million customers, too")
    parser.add_argument("--keep", action="store_true", help="keep imported workspaces though the source changed")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where companies are kept")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"--only knows {', '.join(PARTS)}; not {', '.join(sorted(unknown))}")
    usual = {"events": 10_000_000, "customers": 500_000, "runs": 5, "people": 5_000}
    quick = {"events": 200_000, "customers": 10_000, "runs": 1, "people": 1_000}
    for name, value in (quick if options.quick else usual).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


class Bench:
    """One run of the benchmark: what is asked for, and the figures so far."""

    def __init__(self, options: argparse.Namespace, console: Console) -> None:
        self.options = options
        self.console = console
        self.company = self._company(options.events, options.customers)
        self.out = options.folder / "out"
        setting = {name: getattr(options, name) for name in ("events", "customers", "seed", "runs", "people")}
        machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
        self.figures = Figures(setting={**setting, **machine})

    def run(self) -> None:
        """Everything, into `figures`."""
        options = self.options
        self.out.mkdir(parents=True, exist_ok=True)
        found = self._measure("present")
        self.figures.setting["versions"] = found["versions"]
        made = self._measure("company", **self._made(options.events, options.customers), rows=True)
        self.figures.setting["counts"] = made["counts"]
        engine = found["present"] and bool({"engine", "refresh"} & set(options.only))
        if not found["present"]:
            self.console.print("The engine is not there (no tenure.open): rivals only.")
        if engine:
            self._prepare()
        for number in range(options.runs):
            self._round(number, engine and "engine" in options.only)
        self._check(engine and "engine" in options.only)
        if engine and "refresh" in options.only:
            self._refresh()
        if options.large and found["present"]:
            self._large()

    def _round(self, number: int, engine: bool) -> None:
        for who, lifecycles in RIVALS.items():
            for name in lifecycles if who in self.options.only else ():
                people = self.options.people * {"loop": 1, "spine": 5}.get(who, 0)
                target = self._target(who, name)
                arguments = {"company": self.company, "lifecycle": name, "target": target, "people": people}
                self._note(number, who, name, self._measure("rival", name=who, **arguments))
            if who == "roofline" and engine:
                for name in ENGINE:
                    self._note(number, "engine", name, self._measure("rebuild", folder=self._workspace(name)))

    def _note(self, number: int, who: str, name: str, run: dict[str, Any]) -> None:
        self.figures.runs.setdefault((who, name), []).append(run)
        self.console.print(f"round {number + 1}: {who} {name} {run['seconds']:.2f} s, peak {run['peak'] >> 20:,} MiB")

    def _check(self, engine: bool) -> None:
        """Everybody's rows against the engine's, or where it is not there against numpy's."""
        for name in ("simple", "hard"):
            reference = self._target("engine" if engine else "arrays", name)
            if engine:
                found = self._measure(
                    "history", folder=self._workspace(name), lifecycle=name, company=self.company, target=reference
                )
                self.figures.single[f"history of {name} as Arrow, with text ids"] = found
                self.figures.rows["engine", name] = {"rows": found["rows"], "apart": 0}
            elif ("arrays", name) not in self.figures.runs:
                continue
            for who, lifecycle in self.figures.runs:
                if lifecycle == name and who not in ("roofline", "engine" if engine else "arrays"):
                    stride = self.figures.runs[who, name][0]["stride"]
                    self.figures.rows[who, name] = self._measure(
                        "check", reference=reference, other=self._target(who, name), daily=who == "spine", stride=stride
                    )

    def _prepare(self) -> None:
        """Workspaces with the events imported, one for each set of lifecycles; kept until a source changes."""
        mark = self._folder("workspaces") / "made-by"
        made_of = [*(ROOT / "tenure").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.yaml"), Path(__file__)]
        made_by = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(made_of))).hexdigest()
        if mark.exists() and (self.options.keep or mark.read_text() == made_by):
            return
        mark.unlink(missing_ok=True)
        base = self._workspace("imported")
        found = self._measure("imported", folder=base, company=self.company)
        self.figures.single["import"] = found
        for name in ENGINE:
            self._measure("workspace", folder=self._workspace(name), source=base, company=self.company, which=name)
        mark.write_text(made_by)

    def _refresh(self) -> None:
        options, last = self.options, 20
        folder = self._workspace("refreshed")
        arguments = {"folder": folder, "company": self.company}
        self._measure("workspace", **arguments, source=self._workspace("simple"), which="simple")
        found = self._measure("refresh", **arguments, people=1_000, rounds=options.refreshes, last=last)
        times = [sum(pair) for pair in zip(found["imports"], found["refreshes"], strict=True)]
        refreshed, rebuilt = self._target("refreshed", "simple"), self._target("rebuilt", "simple")
        self._measure("history", **arguments, lifecycle="simple", target=refreshed)
        self._measure("rebuild", folder=folder)
        self._measure("history", **arguments, lifecycle="simple", target=rebuilt)
        equal = self._measure("check", reference=rebuilt, other=refreshed, daily=False, stride=1)
        self.figures.rows["refresh", "simple"] = equal
        self.figures.single["refresh"] = {
            "people": 1_000, "rounds": options.refreshes, "last": last, "first": milliseconds(times[:last]),
            "after": milliseconds(times[-last:]), "equal": equal, **found,
        }  # fmt: skip

    def _large(self) -> None:
        events, customers = 100_000_000, 5_000_000
        company = self._company(events, customers)
        self._measure("company", **self._made(events, customers), rows=False)
        folder = self._workspace("large")
        self.figures.single["import of 100 million events"] = self._measure("imported", folder=folder, company=company)
        self._measure("rebuild", folder=folder)
        self.figures.single["large"] = self._measure("rebuild", folder=folder)

    def _company(self, events: int, customers: int) -> str:
        return str(self.options.folder / Company(events=events, customers=customers, seed=self.options.seed).name)

    def _made(self, events: int, customers: int) -> dict[str, Any]:
        folder = str(self.options.folder)
        return {"folder": folder, "events": events, "customers": customers, "seed": self.options.seed}

    def _folder(self, name: str) -> Path:
        folder = Path(self.company) / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _workspace(self, name: str) -> str:
        return str(self._folder("workspaces") / name)

    def _target(self, who: str, name: str) -> str:
        return str(self.out / f"{who}-{name}.parquet")

    def _measure(self, what: str, **arguments: Any) -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks.measure", what, json.dumps(arguments)]
        ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        return answer


if __name__ == "__main__":
    sys.exit(main())
