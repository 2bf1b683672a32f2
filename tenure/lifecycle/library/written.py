"""Stages as the text of a lifecycle's file."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tenure.ingest.source_text import scalar
from tenure.lifecycle.definition import StageSpec

_WIDTH = 106
_INDENT = " " * 6


def head(name: str, title: str, means: str, source: str, trades: Sequence[str]) -> str:
    """The beginning of a file, up to `stages:`."""
    return (
        f"lifecycle: {name}\ntitle: {scalar(title)}\nmeans: {scalar(means)}\nsource: {scalar(source)}\n"
        f"trades: [{', '.join(trades)}]\nstages:\n"
    )


def stage(name: str, spec: StageSpec) -> str:
    """The entry of a stage under `stages:`."""
    lines = [f"  - {name}:"]
    for key, text in (("title", spec.title), ("means", spec.means), ("sense", spec.sense)):
        if text:
            lines.append(f"{_INDENT}{key}: {scalar(text)}")
    for key, word in (("kind", spec.kind), ("phase", spec.phase)):
        if word:
            lines.append(f"{_INDENT}{key}: {word}")
    if spec.side:
        lines.append(f"{_INDENT}side: true")
    return "\n".join([*lines, *_when(spec.when or "")]) + "\n"


def _when(condition: str) -> list[str]:
    if len(condition) <= _WIDTH:
        return [f"{_INDENT}when: {condition}"]
    folded = textwrap.wrap(condition, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [f"{_INDENT}when: >-", *(f"{_INDENT}  {line}" for line in folded)]
