"""Writes the reference page of the library: `python -m tenure.lifecycle.library docs/reference/lifecycles.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tenure.expressions import in_words, parse
from tenure.lifecycle import library
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.lifecycle.library import addons
from tenure.lifecycle.library.senses import senses
from tenure.lifecycle.library.trades import TRADES

HEAD = """\
# Lifecycles

This page is written by `python -m tenure.lifecycle.library`; do not edit it.

Every trade cuts the journey its own way. These are the lifecycles that come with Tenure. `tenure init` offers those
that fit what is sold, `tenure lifecycles` lists them, `tenure lifecycles --show NAME` tells of each stage whether a
workspace has the events to fill it. Several can run side by side over the same events.

Somebody is in the last stage whose condition holds; stages marked *side* win while theirs does. The names in the
conditions are those of [the event dictionary](events.md); `purchase` and `usage` are to be bound to what is sold.
`kind` tells who counts as a customer: retention, churn and the cost of acquisition are computed from it.

Windows of 90 and 180 days stand for silences that are fitted to the trade: the days within which three in four, and
nine in ten, of those who buy again have done so. `tenure lifecycles --fit NAME` fits them to the purchases of a
workspace and writes them into its file of the lifecycle, with the reason as a comment.
"""


def page() -> str:
    """The page, in Markdown."""
    return "\n".join(_page()).rstrip() + "\n"


def _page() -> Iterator[str]:
    yield HEAD
    yield "| what is sold | `purchase` | `usage` | offered first |"
    yield "|---|---|---|---|"
    for trade in TRADES.values():
        offered = ", ".join(f"[`{name}`](#{name})" for name in trade.offered)
        yield (
            f"| `{trade.name}`: {trade.title} | {', '.join(trade.purchase)} | {', '.join(trade.usage)} | {offered} |"
        )
    yield ""
    for name in library.names():
        yield from _lifecycle(library.lifecycle(name), library.alias_of(name))
    yield from _add_ons()
    yield from _senses()


def _lifecycle(lifecycle: Lifecycle, alias: str | None) -> Iterator[str]:
    yield f"## {lifecycle.name}\n"
    yield f"**{lifecycle.title}.** {lifecycle.means}\n"
    joined = f" An alias: stages of [`{alias}`](#{alias}), joined or renamed." if alias else ""
    forward = " Nobody falls back to an earlier stage, unless set by hand to `clear`." if lifecycle.forward else ""
    yield f"Source: {lifecycle.source}. Fits: {', '.join(lifecycle.trades)}.{joined}{forward}\n"
    yield from _table(lifecycle.stages)


def _table(stages: tuple[Stage, ...]) -> Iterator[str]:
    yield "| stage | means | kind | phase | condition |"
    yield "|---|---|---|---|---|"
    for stage in stages:
        words = f" ({in_words(stage.when)})" if stage.when is not None else ""
        side = ", side" if stage.side else ""
        yield (
            f"| `{stage.name}`: {stage.title} | {stage.means} | {stage.kind} | {stage.phase}{side} "
            f"| {_code(stage.text)}{_cell(words)} |"
        )
    yield ""


def _add_ons() -> Iterator[str]:
    yield "## Stages for any lifecycle\n"
    yield (
        "`tenure init` adds those that fit what is sold, `--add NAME` any of them. They come in this order after the "
        "lifecycle's own\nstages, but before its own of phase *gone*; `reactivated` and `at_risk` also before its own "
        "of phase *risk*. Whoever is in\none keeps, beside it, the stage left and the highest ever reached.\n"
    )
    yield "| stage | means | kind | phase | condition | where people use without paying | not with |"
    yield "|---|---|---|---|---|---|---|"
    for name, spec in addons.specs().items():
        used = _code(spec.by_use) if spec.by_use else ""
        yield (
            f"| `{name}`: {spec.title} | {spec.means} | {spec.kind} | {spec.phase}, side | {_code(spec.when or '')}"
            f"{_cell(f' ({in_words(parse(spec.when or str()))})')} | {used} | {', '.join(spec.not_with)} |"
        )
    yield f"\nPeople use without paying in {', '.join(f'`{name}`' for name in addons.used_without_paying())}.\n"


def _senses() -> Iterator[str]:
    yield "## One word, several senses\n"
    yield (
        "A stage keeps the sense that its source gives the word, so stages of one name may stand for different things. "
        "Where they\ndo, their conditions differ, or the stage that follows.\n"
    )
    yield "| stage | sense | in |"
    yield "|---|---|---|"
    for name, told in senses().items():
        for sense, lifecycles in told.items():
            yield f"| `{name}` | {sense} | {', '.join(f'[`{one}`](#{one})' for one in lifecycles)} |"


def _code(condition: str) -> str:
    return f"`{' '.join(condition.split())}`".replace("|", "\\|")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
