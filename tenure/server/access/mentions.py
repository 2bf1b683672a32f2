"""Where the operational database names somebody: every row of every table, those of tables that come later too.

Who may come in (users, their keys and sessions) is left out: a user is not looked for as a customer. So are the
addresses of webhooks, with their secrets: changed, they would lead elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import quote, quote_plus

from django.apps import apps
from django.db.models import CharField, JSONField, Model, Q, TextField
from django.db.models.functions import Cast

from tenure.warehouse.erasing import pseudonym

_NOT_LOOKED_INTO = frozenset(
    {"auth", "contenttypes", "sessions", "account", "mfa", "accounts.user", "accounts.apikey", "messages",
     "webhooks.endpoint"}
)  # fmt: skip
# the texts of definitions, in which the id 90 would be found in days(90)
_FULL_OF_NUMBERS, _MOST_DIGITS = frozenset({"work.change"}), 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A row that names somebody, and the fields in which it does."""

    model: type[Model]
    row: Model
    fields: tuple[str, ...]

    @property
    def table(self) -> str:
        """The name of the table."""
        return self.model._meta.db_table

    def plain(self) -> dict[str, object]:
        """The row as JSON knows it."""
        return {
            field.attname: _plain(getattr(self.row, field.attname)) for field in self.model._meta.concrete_fields
        }  # fmt: skip


def mentions(ids: Collection[str], *, without: Collection[type[Model]] = ()) -> Iterator[Mention]:
    """The rows that name one of the ids, but those of the models `without`."""
    for model in apps.get_models():
        meta = model._meta
        if meta.app_label not in _NOT_LOOKED_INTO and meta.label_lower not in _NOT_LOOKED_INTO and model not in without:
            yield from mentions_in(model, ids)


def mentions_in(model: type[Model], ids: Collection[str]) -> Iterator[Mention]:
    """The rows of one model that name one of the ids."""
    if model._meta.label_lower in _FULL_OF_NUMBERS:
        ids = [one for one in ids if not (one.isdecimal() and len(one) <= _MOST_DIGITS)]
    forms = written(ids)
    fields = [one for one in model._meta.concrete_fields if isinstance(one, CharField | TextField | JSONField)]
    if not fields or not forms:
        return
    # JSON is looked through as the text that it is kept as
    told = {f"told_{one.attname}": Cast(one.attname, TextField()) for one in fields if isinstance(one, JSONField)}
    names = [f"told_{one.attname}" if isinstance(one, JSONField) else one.attname for one in fields]
    wanted = reduce(or_, (Q(**{f"{name}__contains": form}) for name in names for form in forms))
    for row in model._default_manager.annotate(**told).filter(wanted).iterator(500):
        found = tuple(
            one.attname for one in fields if renamed(value := getattr(row, one.attname), forms, "") != value
        )  # fmt: skip
        if found:
            yield Mention(model=model, row=row, fields=found)


def rename(mention: Mention, ids: Collection[str], word: str) -> None:
    """Nothing; the row says the word where it named one of the ids."""
    forms = written(ids)
    values: Mapping[str, Any] = {
        name: renamed(getattr(mention.row, name), forms, word) for name in mention.fields
    }  # fmt: skip
    # past `save`: what is never changed otherwise is changed for this
    mention.model._default_manager.filter(pk=mention.row.pk).update(**values)


def written(ids: Collection[str]) -> tuple[str, ...]:
    """The ids, and as they stand in addresses and in JSON."""
    return tuple(
        dict.fromkeys(
            form
            for one in ids
            for form in (
                one, quote_plus(one), quote(one), json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1]
            )
        )
    )  # fmt: skip


def renamed(value: Any, forms: Sequence[str], word: str) -> Any:
    """A value with the ids in its texts replaced by a word."""
    match value:
        case str():
            return pseudonym(value, forms, word)
        case list():
            return [renamed(one, forms, word) for one in value]
        case dict():
            return {pseudonym(key, forms, word): renamed(one, forms, word) for key, one in value.items()}
    return value


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)
