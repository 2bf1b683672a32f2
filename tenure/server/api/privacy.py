"""Consent, and all that is held on a person: asked for, written down, handed out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tenure.engage.consent import Standing, Word
from tenure.server.access import consent as access
from tenure.server.access import held
from tenure.server.api.api import asked

router = Router(tags=["privacy"])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WordAnswer(Schema):
    """What somebody said: agreed or took back; no channel: every one, no purpose: none was named."""

    time: datetime | None
    given: bool
    channel: str | None
    purpose: str | None
    event: str
    source: str
    how: str
    text_version: str
    by: str
    reason: str


class StandingAnswer(Schema):
    """Where somebody stands on a channel and purpose; null where nothing was said."""

    channel: str
    purpose: str
    given: bool | None
    since: datetime | None


class ConsentAnswer(Schema):
    """Where somebody stands, and every word that led there, the newest first."""

    standing: list[StandingAnswer]
    words: list[WordAnswer]


class ConsentIn(Schema):
    """A word to write down; no channel: every one; no purpose: marketing, and where it is taken back every purpose."""

    given: bool
    channel: str = ""
    purpose: str = ""
    how: str = Field(default="api", description="How they said so: form, phone, import …")
    text_version: str = Field(default="", description="Which text they agreed to.")
    reason: str = ""


@router.get("/customers/{customer}/consent", response=ConsentAnswer, summary="What a customer agreed to")
@asked
def consent(request: HttpRequest, customer: str) -> dict[str, Any]:
    """Where they stand on every channel and purpose, and when, how and by whom each word was said."""
    found = access.consent(request.auth, customer)  # type: ignore[attr-defined]
    return {"standing": [_standing(one) for one in found.standing], "words": [_word(one) for one in found.words]}


@router.post("/customers/{customer}/consent", response=ConsentAnswer, summary="Write down a consent")
@asked
def say(request: HttpRequest, customer: str, given: ConsentIn) -> dict[str, Any]:
    """Where they stand after it. It is an event of the log a moment later."""
    access.say(
        request.auth, customer, address=request.META.get("REMOTE_ADDR"), **given.dict()  # type: ignore[attr-defined]
    )  # fmt: skip
    return consent(request, customer)  # type: ignore[no-any-return]


@router.get("/customers/{customer}/held", summary="All that is held on a customer")
@asked
def everything(request: HttpRequest, customer: str) -> dict[str, Any]:
    """Identity, traits, consent, stages, scores, events, tasks and all else, to be handed out. That it was is noted."""
    return held.handed_out(
        request.auth, customer, form="api", address=request.META.get("REMOTE_ADDR")  # type: ignore[attr-defined]
    )  # fmt: skip


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "channel": one.channel, "purpose": one.purpose, "given": one.given,
        "since": _moment(one.word.time) if one.word else None,
    }  # fmt: skip


def _word(one: Word) -> dict[str, Any]:
    return {**asdict(one), "time": _moment(one.time)}


def _moment(time: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=time)
    except OverflowError:
        return None
