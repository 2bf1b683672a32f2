"""How the process fares, as Prometheus reads it: counted here, written by `written`. Nothing names a person.

add("tenure_intake_events_total", 3, dialect="segment")
observe("tenure_request_seconds", 0.012, group="persons", status="2xx")
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
HELP: Mapping[str, tuple[str, str]] = {
    "tenure_intake_events_total": ("counter", "Events that were acknowledged, by dialect."),
    "tenure_intake_refused_total": ("counter", "Requests of the intake that kept nothing, by dialect and status."),
    "tenure_log_events_total": ("counter", "Events handed to the log, by what became of them."),
    "tenure_request_seconds": ("histogram", "Seconds from a request to its answer, by group of views and status."),
    "tenure_inbox_waiting": ("gauge", "Events that wait to be handed to the log."),
    "tenure_loop_run_timestamp_seconds": ("gauge", "When each loop last ran."),
    "tenure_loop_success_timestamp_seconds": ("gauge", "When each loop last ended well."),
    "tenure_loop_failure_timestamp_seconds": ("gauge", "When each loop last failed."),
    "tenure_loop_seconds": ("gauge", "How long the last round of each loop took."),
    "tenure_loop_waiting": ("gauge", "What still waits for each loop."),
    "tenure_loop_stopped": ("gauge", "1 for each loop that ought to run and does not."),
    "tenure_store_bytes": ("gauge", "The size of the files of each store."),
    "tenure_store_events": ("gauge", "The events in the log."),
    "tenure_refreshed_timestamp_seconds": ("gauge", "Up to when the stored histories go."),
    "tenure_pending_units": ("gauge", "How many histories wait to be brought up to date."),
}

Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]

_lock = threading.Lock()
_counts: dict[tuple[str, Labels], float] = {}
# counts of each bucket, the last beyond all of them; then the sum
_times: dict[tuple[str, Labels], list[float]] = {}


def add(name: str, amount: float = 1, **labels: str) -> None:
    """Nothing; counts."""
    key = (name, tuple(sorted(labels.items())))
    with _lock:
        _counts[key] = _counts.get(key, 0) + amount


def observe(name: str, seconds: float, **labels: str) -> None:
    """Nothing; notes how long something took."""
    key = (name, tuple(sorted(labels.items())))
    with _lock:
        times = _times.setdefault(key, [0.0] * (len(BUCKETS) + 2))
        times[bisect_left(BUCKETS, seconds)] += 1
        times[-1] += seconds


def counted() -> Iterator[Sample]:
    """What was counted since the process began."""
    with _lock:
        counts, times = dict(_counts), {key: list(told) for key, told in _times.items()}
    for (name, labels), value in counts.items():
        yield name, labels, value
    for (name, labels), told in times.items():
        upto = 0.0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), told[:-1], strict=True):
            upto += count
            yield f"{name}_bucket", (*labels, ("le", bound)), upto
        yield f"{name}_sum", labels, told[-1]
        yield f"{name}_count", labels, upto


def written(samples: Iterable[Sample]) -> str:
    """The samples in Prometheus's text format (version 0.0.4), each name with its help and type."""
    by_name: dict[str, list[str]] = {}
    for name, labels, value in samples:
        family = name if name in HELP else name.rsplit("_", 1)[0]
        told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        by_name.setdefault(family, []).append(f"{name}{{{told}}} {value:.15g}" if told else f"{name} {value:.15g}")
    lines = []
    for family, (kind, told) in HELP.items():
        if family in by_name:
            lines += [f"# HELP {family} {told}", f"# TYPE {family} {kind}", *by_name[family]]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
