"""The figures as tables on the terminal, with the targets beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

GIB = 1 << 30


@dataclass(slots=True, kw_only=True)
class Figures:
    """Everything measured: runs by (who, lifecycle) in the order of their rounds, and the checks and single figures."""

    setting: dict[str, Any]
    runs: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    rows: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    single: dict[str, dict[str, Any]] = field(default_factory=dict)

    def seconds(self, who: str, lifecycle: str) -> float | None:
        runs = self.runs.get((who, lifecycle))
        return median(run["seconds"] for run in runs) if runs else None

    def peak(self, who: str, lifecycle: str) -> int | None:
        runs = self.runs.get((who, lifecycle))
        return max(run["peak"] for run in runs) if runs else None

    def ratio(self, above: tuple[str, str], below: tuple[str, str]) -> float | None:
        """The median of the ratios round by round, so that a slow minute of the machine touches both sides."""
        pairs = list(zip(self.runs.get(above, ()), self.runs.get(below, ()), strict=False))
        return median(a["seconds"] / b["seconds"] for a, b in pairs) if pairs else None

    def json(self) -> dict[str, Any]:
        return {
            "setting": self.setting,
            "runs": [{"who": who, "lifecycle": name, "runs": runs} for (who, name), runs in self.runs.items()],
            "equal": [{"who": who, "lifecycle": name, **found} for (who, name), found in self.rows.items()],
            "single": self.single,
            "targets": [
                {"target": target.name, "wanted": target.wanted, "measured": target.measured, "reached": target.reached}
                for target in targets(self)
            ],
        }


@dataclass(frozen=True, slots=True)
class Target:
    """What was to be reached, and what was; `measured` is None where it was not."""

    name: str
    measured: float | None
    limit: float
    unit: str
    at_least: bool = False

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{self.unit}"

    @property
    def reached(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def milliseconds(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {"median": median(values), "p95": quantiles(values, n=20, method="inclusive")[-1]}


def targets(figures: Figures) -> Iterable[Target]:
    """All targets in the order of the issue."""
    simple, hard, ten = ("engine", "simple"), ("engine", "hard"), ("engine", "ten")
    yield Target("simple ÷ roofline", figures.ratio(simple, ("roofline", "simple")), 2, "×")
    yield Target("hard ÷ roofline", figures.ratio(hard, ("roofline", "hard")), 5, "×")
    yield Target("ten lifecycles at once ÷ simple", figures.ratio(ten, simple), 4, "×")
    for who, what, limit in (("frames", "pandas", 10), ("loop", "the loop", 50), ("spine", "the day spine", 20)):
        yield Target(f"simple: faster than {what}", figures.ratio((who, "simple"), simple), limit, "×", at_least=True)
    peaks = [figures.peak("engine", name) or 0 for name in ("simple", "hard", "ten")]
    yield Target("peak memory", max(peaks) / GIB if any(peaks) else None, 4, " GiB")
    large = figures.single.get("large")
    yield Target("peak memory, 100 million events", large["peak"] / GIB if large else None, 8, " GiB")
    refresh = figures.single.get("refresh", {})
    yield Target("refresh of 1,000 people, median", refresh.get("first", {}).get("median"), 150, " ms")
    yield Target(
        f"… after {refresh.get('rounds', 300)} refreshes, median", refresh.get("after", {}).get("median"), 200, " ms"
    )


TITLES = {
    "engine": "Tenure, rebuild",
    "roofline": "roofline: DuckDB orders and writes the counted rows",
    "arrays": "numpy by hand",
    "frames": "pandas, vectorised",
    "loop": "loop over customers",
    "spine": "SQL over customers × days",
}


def show(figures: Figures, console: Console) -> None:
    """Nothing; prints the tables."""
    setting = figures.setting
    title = f"{setting['events']:,} events, {setting['customers']:,} customers, {setting['cpus']} cores"
    table = Table(title=title, title_justify="left")
    for heading, justify in (
        ("", "left"), ("lifecycle", "left"), ("seconds", "right"), ("from – to", "right"), ("peak MiB", "right"),
        ("÷ roofline", "right"), ("Tenure faster", "right"), ("rows", "right"), ("same rows", "left"),
    ):  # fmt: skip
        table.add_column(heading, justify=justify, no_wrap=True)
    for (who, name), runs in figures.runs.items():
        seconds = [run["seconds"] for run in runs]
        found = figures.rows.get((who, name), {})
        stride = runs[0].get("stride", 1)
        table.add_row(
            TITLES[who] + (f" (every {stride}th person, × {stride})" if stride > 1 else ""),
            name,
            f"{median(seconds):,.2f}",
            f"{min(seconds):,.2f} – {max(seconds):,.2f}",
            f"{max(run['peak'] for run in runs) >> 20:,}",
            _times(figures.ratio((who, name), ("roofline", "simple" if name == "ten" else name))),
            _times(figures.ratio((who, name), ("engine", name))) if who != "engine" else "",
            f"{found['rows']:,}" if found else "",
            "" if who == "engine" else _same(found),
        )
    console.print(table)
    _show_single(figures, console)
    _show_targets(figures, console)


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,.2f}×"


def _same(found: dict[str, int]) -> str:
    if not found:
        return ""
    return "yes" if found["apart"] == 0 else f"NO: {found['apart']:,} apart"


def _show_single(figures: Figures, console: Console) -> None:
    for what, found in figures.single.items():
        if what == "refresh":
            first, after = found["first"], found["after"]
            console.print(
                f"refresh of {found['people']:,} people, {found['last']} times: median {first['median']:.0f} ms, p95 "
                f"{first['p95']:.0f} ms; after {found['rounds']} such refreshes: median {after['median']:.0f} ms, p95 "
                f"{after['p95']:.0f} ms; the import of their events is {median(found['imports']):.0f} ms of it; "
                f"equal to a rebuild: {_same(found['equal'])}"
            )
        else:
            console.print(f"{what}: {found['seconds']:,.2f} s, peak {found['peak'] >> 20:,} MiB")


def _show_targets(figures: Figures, console: Console) -> None:
    stated = "Targets, stated for 10,000,000 events of 500,000 customers on 2 cores"
    table = Table(title=stated, title_justify="left")
    for heading in ("", "to reach", "measured", "reached"):
        table.add_column(heading, justify="left" if heading in ("", "reached") else "right", no_wrap=True)
    for target in targets(figures):
        measured = "–" if target.measured is None else f"{target.measured:,.2f}{target.unit}"
        table.add_row(
            target.name, target.wanted, measured, {None: "not measured", True: "yes", False: "no"}[target.reached]
        )
    console.print(table)
