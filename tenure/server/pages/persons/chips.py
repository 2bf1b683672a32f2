"""The filters of a list as chips: what each one asks, in words, and the address without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from tenure.lifecycle.roster import Asked
from tenure.server import holding
from tenure.server.pages.templatetags.tenure import money
from tenure.server.words import lifecycle_of, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter in words, and the query of the list without it."""

    text: str
    without: str


def chips(query: QueryDict, asked: Asked) -> tuple[Chip, ...]:
    """The filters that are set, each with the way to take it away."""
    found = [Chip(text=f"“{asked.search}”", without=_without(query, "q"))] if asked.search else []
    return (*found, *_stages(query, asked), *_traits(query, asked), *_bounds(query, asked), *_moves(query, asked))


def _stages(query: QueryDict, asked: Asked) -> Iterator[Chip]:
    for name, wanted in asked.stages:
        lifecycle = holding.workspace().lifecycle(name)
        titles = {stage.name: stage.title for stage in lifecycle.stages}
        for one in wanted:
            text = titles.get(one, _("no stage"))
            if lifecycle.segment:
                words = _("not in %(segment)s") if one == "none" else _("in %(segment)s")
                text = words % {"segment": lifecycle.title}
            yield Chip(text=text, without=_without(query, f"in.{name}", value=one))


def _traits(query: QueryDict, asked: Asked) -> Iterator[Chip]:
    for name, wanted in asked.traits:
        for one in wanted:
            value = _("unknown") if one == "none" else one
            text = f"{name.replace('_', ' ')}: {value}"
            yield Chip(text=text, without=_without(query, f"is.{name}", value=one))
    if asked.account:
        text = _("of the account %(account)s") % {"account": asked.account}
        yield Chip(text=text, without=_without(query, "account"))


def _bounds(query: QueryDict, asked: Asked) -> Iterator[Chip]:
    if asked.money_from is not None:
        text = _("worth %(amount)s or more") % {"amount": money(asked.money_from)}
        yield Chip(text=text, without=_without(query, "from"))
    if asked.money_to is not None:
        text = _("worth %(amount)s or less") % {"amount": money(asked.money_to)}
        yield Chip(text=text, without=_without(query, "to"))
    for name, least, most in asked.scores:
        for side, way, bound in (("from", "≥", least), ("to", "≤", most)):
            if bound is not None:
                yield Chip(text=f"{name.replace('_', ' ')} {way} {bound:f}", without=_without(query, f"{side}.{name}"))
    words = {
        "quiet": ngettext_lazy("quiet for %(days)s day", "quiet for %(days)s days", "days"),
        "due": ngettext_lazy("moves within %(days)s day", "moves within %(days)s days", "days"),
        "entered": ngettext_lazy("came here within %(days)s day", "came here within %(days)s days", "days"),
        "stayed": ngettext_lazy("here for %(days)s day and longer", "here for %(days)s days and longer", "days"),
    }
    for key, text in words.items():
        days = whole(query, key)
        if days is not None:
            yield Chip(text=text % {"days": days}, without=_without(query, key))


def _moves(query: QueryDict, asked: Asked) -> Iterator[Chip]:
    titles = {stage.name: stage.title for stage in holding.workspace().lifecycle(lifecycle_of(query)).stages}
    for one in asked.to:
        text = _("moves to %(stage)s") % {"stage": titles.get(one, _("no stage"))}
        yield Chip(text=text, without=_without(query, "next", value=one))
    if name := query.get("action"):
        sides = {"held_out": _("held out of %(action)s"), "treated": _("treated by %(action)s")}
        text = sides.get(query.get("arm", "treated"), "%(action)s") % {"action": name}
        if query.get("converted"):
            text = _("%(side)s, who came to its goal") % {"side": text}
        yield Chip(text=text, without=_without(query, "action", "arm", "converted"))


def _without(query: QueryDict, *keys: str, value: str | None = None) -> str:
    """The query without filters, or without one value of one."""
    return urlencode(
        [
            (name, told)
            for name in query
            for told in query.getlist(name)
            if told and name != "offset" and not (name in keys and value in (None, told))
        ]
    )
