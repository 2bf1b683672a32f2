"""The reference of the prediction library, from its docstrings: `python -m tenure.predict.reference FILE`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tenure import predict
from tenure.predict.cohorts import Cohorts
from tenure.predict.fitted import Fitted
from tenure.predict.hazard import Cox
from tenure.predict.history import History
from tenure.predict.intervals import Interval
from tenure.predict.registry import MODELS

HEAD = """\
# Predictions from Python

This page is written by `python -m tenure.predict.reference`; do not edit it.

`from tenure import predict` needs no workspace. Columns are NumPy arrays, lists or single numbers, one row a customer.
Data that cannot be raise `UsageError`, data that do not suffice `FitError`, both of `tenure.errors`. What the models
assume stands in [How value models see customers](../explanation/value-models.md), and
[How to fit a value model](../how-to/fit-a-value-model.md) goes through an example.
"""
CLASSES = (Fitted, Interval, History, Cohorts, Cox)
# what other parts of Tenure ask, and no reader of this page
_INNER = frozenset({"subject", "who", "horizon", "at"})


def page() -> str:
    """The page, in Markdown."""
    lines = [HEAD, "## Models\n", "| name | | parameters | takes covariates |", "|---|---|---|---|"]
    for name, model in MODELS.items():
        takes = "yes" if getattr(model, "scaled", ()) else ""
        lines.append(f"| `{name}` | {model.title} | {', '.join(f'`{one}`' for one in model.parameters)} | {takes} |")
    lines.append("\n## Functions\n")
    for name in predict.__all__:
        lines += _told(f"predict.{name}", getattr(predict, name))
    for one in CLASSES:
        lines += [f"## {one.__name__}\n", inspect.getdoc(one) or "", ""]
        for name, member in vars(one).items():
            if inspect.isfunction(member) and not name.startswith("_") and name not in _INNER:
                lines += _told(name, member)
    return "\n".join(lines).rstrip() + "\n"


def _told(name: str, function: Callable[..., Any]) -> Iterator[str]:
    yield f"### {name}\n"
    shown = [
        one.replace(annotation=inspect.Parameter.empty)
        for one in inspect.signature(function).parameters.values()
        if one.name != "self"
    ]
    yield f"```\n{name}{inspect.Signature(shown)}\n```\n"
    yield inspect.getdoc(function) or ""
    yield ""


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
