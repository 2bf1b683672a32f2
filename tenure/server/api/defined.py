"""Definitions: what is defined, what a change would do, and the change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, TypeVar

from django.http import HttpRequest
from ninja import Router

from tenure.errors import DefinitionError, TookTooLong, UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.server import holding
from tenure.server.access import definitions, require
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.api.answers import ChangeIn, LifecycleAnswer, PlanAnswer, PlanIn
from tenure.server.api.api import asked

router = Router(tags=["definitions"])
T = TypeVar("T")
# seconds that a request waits for the worker, and how many may at once
PATIENCE = 10.0
_PLACES = threading.BoundedSemaphore(2)


@router.get("/lifecycles", response=list[LifecycleAnswer], summary="Lifecycles and segments")
@asked
def lifecycles(request: HttpRequest) -> list[dict[str, Any]]:
    """Every lifecycle and segment, with its stages and their conditions."""
    require(request.auth, Right.FIGURES)
    return [_told(one) for one in holding.workspace().definitions.lifecycles]


@router.get("/segments", response=list[LifecycleAnswer], summary="Segments")
@asked
def segments(request: HttpRequest) -> list[dict[str, Any]]:
    """Every segment with its condition."""
    require(request.auth, Right.FIGURES)
    return [_told(one) for one in holding.workspace().definitions.lifecycles if one.segment]


@router.get("/definitions", summary="The definition files")
@asked
def files(request: HttpRequest) -> list[dict[str, str]]:
    """Every definition file: its name, text and mark (`base`, to be sent back with a change)."""
    return [asdict(definitions.file(request.auth, name)) for name in definitions.files(request.auth)]


@router.post("/plan", response=PlanAnswer, summary="What a change would do")
@asked
def plan(request: HttpRequest, given: PlanIn) -> dict[str, Any]:
    """People and money by stage before and after, with nothing written; or every problem of the files."""
    _few(given)
    try:
        with _waiting():
            found = _awaited(definitions.previewed(request.auth, given.files)).plan
    except DefinitionError as error:
        return {"problems": [asdict(one) for one in error.problems], "changes": []}
    return {"problems": [], "changes": [asdict(one) for one in found.moves]}


@router.post("/definitions", summary="Change definitions")
@asked
def change(request: HttpRequest, given: ChangeIn) -> dict[str, Any]:
    """The change, once it is written, applied and recorded; nothing is changed where anything is wrong."""
    _few(given)
    reader = request.auth
    user = reader if isinstance(reader, User) else None
    with _waiting():
        made = _awaited(
            definitions.begin(user, given.files, note=given.note[:300], bases=given.bases or None, reader=reader)
        )
    return {"change": made.pk, "files": sorted(made.files)}


@contextmanager
def _waiting() -> Iterator[None]:
    """A block in which a request waits for the worker; few do at once, so that the others are answered."""
    if not _PLACES.acquire(blocking=False):
        raise TookTooLong("Others wait for the same already.", hint="Try again in a minute.")
    try:
        yield
    finally:
        _PLACES.release()


def _awaited(outcome: Future[T]) -> T:
    """What the worker says within the time that a request waits. Raises TookTooLong."""
    try:
        return outcome.result(PATIENCE)
    except TimeoutError:
        if outcome.cancel():
            raise TookTooLong("The worker is busy, and nothing was done.", hint="Try again in a minute.") from None
        raise TookTooLong(
            "It takes longer than a request may wait, and goes on.", hint="Ask for the definitions in a minute."
        ) from None


def _few(given: PlanIn) -> None:
    if not given.files:
        raise UsageError("No file was given.", hint='Send {"files": {"segments/vip.yaml": "when: …"}}.')


def _told(one: Lifecycle) -> dict[str, Any]:
    return {
        "name": one.name, "title": one.title, "unit": one.unit, "segment": one.segment, "definition": one.id,
        "stages": [
            {
                "name": stage.name, "title": stage.title, "means": stage.means, "kind": stage.kind,
                "phase": stage.phase, "side": stage.side, "condition": stage.text,
            }
            for stage in one.stages
        ],
    }  # fmt: skip
