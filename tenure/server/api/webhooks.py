"""Moves as they become known, and the addresses that are told of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tenure.server import holding
from tenure.server.access import require, webhooks
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.api.api import MOST, asked
from tenure.server.webhooks.models import Endpoint
from tenure.server.webhooks.sending import row_told

router = Router(tags=["moves"])
_LARGEST = 2**62


class MoveAnswer(Schema):
    """A row of the feed: somebody moved, or an earlier row is taken back (`retracts`; 0: it was known before all rows).

    Without a customer it is a whole lifecycle that was computed anew.
    """

    seq: int
    lifecycle: str
    kind: str | None
    customer_id: str | None
    stage: str | None
    previous: str | None
    moved_at: datetime
    recorded_at: datetime
    cause: str
    definition: str
    retracts: int | None


class MovesAnswer(Schema):
    """A page of the feed; `next` is what to ask for `after`, `last` the number of the last row there is."""

    moves: list[MoveAnswer]
    next: int
    last: int


class WebhookIn(Schema):
    """An address to be told of moves: of all, or of those of some lifecycles, stages and causes."""

    name: str
    url: str
    lifecycles: list[str] = Field(default_factory=list)
    stages: list[str] = Field(default_factory=list)
    causes: list[str] = Field(default_factory=list)


class WebhookAnswer(WebhookIn):
    """An address; the secret is told once, when it is made."""

    on: bool
    waiting: int = 0
    parked: int = 0
    secret: str | None = None


@router.get("/moves", response=MovesAnswer, summary="Moves as they become known")
@asked
def moves(
    request: HttpRequest, after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST * 5)] = MOST,
) -> dict[str, Any]:  # fmt: skip
    """The rows of the feed after a number, in the order in which they became known."""
    require(request.auth, Right.PEOPLE)
    # it is everybody, page by page
    require(request.auth, Right.EXPORT)
    feed = holding.workspace().feed
    rows = feed.rows(after=after, limit=limit).to_pylist()
    state = feed.state
    return {
        "moves": [row_told(row) for row in rows], "next": rows[-1]["seq"] if rows else after,
        "last": state.seq if state else 0,
    }  # fmt: skip


@router.get("/webhooks", response=list[WebhookAnswer], summary="Webhooks")
@asked
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    """The addresses that are told of moves."""
    return [_told(one) for one in webhooks.endpoints(request.auth)]


@router.post("/webhooks", response=WebhookAnswer, summary="Make a webhook")
@asked
def make(request: HttpRequest, given: WebhookIn) -> dict[str, Any]:
    """The new address with its secret, which is told this once; it is told of moves from now on."""
    made, secret = webhooks.make(
        _user(request), given.name, given.url, lifecycles=given.lifecycles, stages=given.stages, causes=given.causes,
        reader=request.auth,
    )  # fmt: skip
    return _told(made, secret=secret)


@router.post("/webhooks/{name}/test", summary="Test a webhook")
def test(request: HttpRequest, name: str) -> dict[str, Any]:
    """What a message of the type `test` was answered with."""
    sent = webhooks.probe(_user(request), webhooks.named(request.auth, name), reader=request.auth)
    return {"code": sent.code, "fault": sent.fault or None}


@router.delete("/webhooks/{name}", summary="Remove a webhook")
@asked
def remove(request: HttpRequest, name: str) -> dict[str, Any]:
    """Nothing is sent there any more."""
    webhooks.remove(_user(request), webhooks.named(request.auth, name), reader=request.auth)
    return {"removed": name}


def _user(request: HttpRequest) -> User | None:
    return request.auth if isinstance(request.auth, User) else None  # type: ignore[attr-defined]


def _told(one: Endpoint, *, secret: str | None = None) -> dict[str, Any]:
    named = ("name", "url", "lifecycles", "stages", "causes", "on")
    counts = {name: getattr(one, name, 0) for name in ("waiting", "parked")}
    return {**{name: getattr(one, name) for name in named}, **counts, "secret": secret}
