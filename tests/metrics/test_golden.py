"""Every metric of the library gives what was worked out by hand; anyone can add a file to `golden`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tenure.events import STANDARD
from tenure.metrics import library
from tenure.metrics.definition import define
from tenure.metrics.printed import metric_query

from .shop import fraction, goldens, rows, workspace

FILES = goldens()


def catalogue() -> set[str]:
    files = [(spec, document, False) for spec, document in library.specs()]
    return set(define(files, bindings=STANDARD).metrics)


@pytest.mark.parametrize("name", FILES)
def test_golden(name: str, tmp_path: Path) -> None:
    golden: dict[str, Any] = FILES[name]
    kept = {key: golden[key] for key in ("settings", "lifecycle", "metrics", "traits") if key in golden}
    period = golden.get("period", "month")
    with workspace(tmp_path / "w", rows(golden["events"]), as_of=str(golden["as_of"]), **kept) as ws:
        wanted: dict[str, dict[str, object]] = golden["expect"]
        points = ws.metrics.points(
            list(wanted), period=period, since=str(golden["since"]), by=golden.get("by"),
        )  # fmt: skip
        found = {(one.metric, f"{one.period} {one.part}" if golden.get("by") else one.period): one for one in points}
        wrong = []
        for metric, expected in wanted.items():
            for key, told in expected.items():
                point = found.get((metric, str(key)))
                if point is None:
                    wrong.append(f"{metric} {key}: there is no such period or part")
                elif isinstance(told, str) and told.startswith("no data"):
                    if point.status != told or point.value is not None:
                        wrong.append(f"{metric} {key}: {point.value}, {point.status}, not {told!r}")
                elif not same(point.value, fraction(told)):
                    wrong.append(f"{metric} {key}: {point.value} ({point.numerator} / {point.denominator}), not {told}")
                elif "/" in str(told) and point.denominator is not None:
                    top, bottom = str(told).split("/")
                    if not same(point.numerator, Fraction(top)) or not same(point.denominator, Fraction(bottom)):
                        wrong.append(f"{metric} {key}: {point.numerator} / {point.denominator}, not {told}")
        assert not wrong, "\n".join(wrong)
        if golden.get("by") is None:
            alone(ws, list(wanted), found, period, str(golden["since"]))


def alone(ws: Any, names: list[str], found: dict[Any, Any], period: str, since: str) -> None:
    """The printed query of each metric gives the same."""
    starts = {(one.metric, one.start.isoformat()): one for one in found.values()}
    for name in names:
        if (starts[name, next(start for metric, start in starts if metric == name)].status or "").startswith("no data"):
            continue
        question = ws.metrics.question(period=period, since=since)
        query = metric_query(ws._store.connection(), ws.metrics.metric(name), question)[0].sql
        for start, value in ws._store.connection().execute(query).fetchall():
            told = starts[name, start].value
            assert same(None if value is None else value, None if told is None else Fraction(told)), (
                name,
                start,
                value,
                told,
            )


def same(value: object, expected: Fraction | None) -> bool:
    if value is None or expected is None:
        return value is None and expected is None
    return abs(Fraction(str(value)) - expected) <= Fraction(1, 10**6) * max(1, abs(expected))


def test_every_metric_has_a_golden_case() -> None:
    tested = {metric for golden in FILES.values() for metric in golden["expect"]}
    assert catalogue() - tested == set()
