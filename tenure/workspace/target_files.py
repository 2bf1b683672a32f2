"""Targets written into a workspace's files: proposals that were accepted, and spreadsheets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tenure.documents import Document, parse, validate
from tenure.errors import DefinitionError, TenureError
from tenure.metrics.proposals import Proposal
from tenure.metrics.target_file import Reach, TargetRow, with_targets
from tenure.metrics.target_table import BadRow, read_targets
from tenure.metrics.targets import MONTHS, TargetsSpec

if TYPE_CHECKING:
    from tenure.workspace.targets import Targets

FILE = "targets.yaml"
Aim = Literal["best", "median"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of targets: the rows added and those changed, the metrics left as they were, rows that are none."""

    path: Path
    added: tuple[TargetRow, ...] = ()
    changed: tuple[TargetRow, ...] = ()
    left: tuple[str, ...] = ()
    bad: tuple[BadRow, ...] = ()


def accept(folder: Path, targets: Targets, proposals: Sequence[Proposal], *, aim: Aim) -> Written:
    """What was written into targets.yaml; a metric that has a target for such periods keeps it."""
    held = {(one.metric, one.period) for one in targets.all.targets if one.stage is None and one.by is None}
    new = [proposed(one, aim) for one in proposals if (one.metric, one.period) not in held]
    left = tuple(one.metric for one in proposals if (one.metric, one.period) in held)
    _write(folder, targets, new, {})
    return Written(path=folder / FILE, added=tuple(new), left=left)


def proposed(proposal: Proposal, aim: Aim) -> TargetRow:
    """A proposal as a target: to reach the best quarter, with the median as benchmark; or the median."""
    until = f"{proposal.last:%Y-%m}" if proposal.period == "month" else f"that of {proposal.last}"
    told = f"of {proposal.periods} {proposal.period}s to {until}"
    reach, what = Reach(low=proposal.low, high=proposal.high), f"The middle half {told}"
    seasonal: dict[str, Reach] = {}
    if proposal.best is not None:
        reach = Reach(value=proposal.best if aim == "best" else proposal.median)
        what = f"{'Best quarter' if aim == 'best' else 'Median'} {told}"
        seasonal = {
            MONTHS[month - 1]: Reach(value=best if aim == "best" else median)
            for month, (median, best) in proposal.seasonal.items()
        }
    return TargetRow(
        metric=proposal.metric, period=proposal.period, reach=reach if len(seasonal) < len(MONTHS) else Reach(),
        seasonal=seasonal, note=what, benchmark=(proposal.median, f"Median {told}", proposal.day.isoformat()),
    )  # fmt: skip


def take(folder: Path, targets: Targets, text: str) -> Written:
    """What was written of the rows of a CSV text; one for which there is a target takes the place of its figures."""
    table = read_targets(text)
    held = {one.key: one for one in targets.all.targets}
    new: list[TargetRow] = []
    changed: dict[str, dict[int, TargetRow]] = {}
    bad = list(table.bad)
    for row, lines in table.rows:
        probe = parse(with_targets("", [row]), file="row")
        try:
            found = targets.defined([(validate(TargetsSpec, probe), probe)])
            wrong = found.problems
        except DefinitionError as error:
            wrong = error.problems
        if wrong:
            bad += [BadRow(line=line, reason=f"{wrong[0].message} {wrong[0].hint}".strip()) for line in lines]
            continue
        target = found.targets[0]
        known = held.get(target.key)
        if known is None:
            new.append(row)
        else:
            changed.setdefault(known.file, {})[known.place] = replace(row, metric=known.metric)
    _write(folder, targets, new, changed)
    return Written(
        path=folder / FILE, added=tuple(new), changed=tuple(row for rows in changed.values() for row in rows.values()),
        bad=tuple(sorted(bad, key=lambda one: one.line)),
    )  # fmt: skip


def _write(folder: Path, targets: Targets, new: Sequence[TargetRow], changed: dict[str, dict[int, TargetRow]]) -> None:
    """Nothing; writes every file anew that changes, after all of them were read as they would be."""
    texts: dict[str, str] = {}
    for name in dict.fromkeys([*([FILE] if new else []), *changed]):
        path = folder / name
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        texts[name] = with_targets(text, new if name == FILE else (), changed.get(name))
    documents: list[tuple[TargetsSpec, Document]] = []
    for name, text in texts.items():
        document = parse(text, file=name)
        documents.append((validate(TargetsSpec, document), document))
    problems = targets.defined(documents).problems
    if problems:
        raise DefinitionError(problems)
    for name, text in texts.items():
        _replace(folder / name, text)
    targets.__dict__.pop("all", None)


def _replace(path: Path, text: str) -> None:
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = (error.strerror or str(error)).lower()
        raise TenureError(f"{path} cannot be written: {reason}.", hint="Is it yours to write?") from None
