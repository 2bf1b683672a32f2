"""What `tenure.yaml` says of identity, checked: the section `identity:`."""

from __future__ import annotations

import re

from pydantic import Field, field_validator, model_validator

from tenure.documents import DefinitionModel, Texts, did_you_mean
from tenure.warehouse.identity.rules import ANONYMOUS, BLOCKED, EMAIL, LIMITS, OTHER, PHONE, USER, Rules

_WORD = re.compile("[a-z][a-z0-9_.-]{0,40}")


class IdentitySpec(DefinitionModel):
    """By which rules ids become customers."""

    merge_on: Texts = ()
    """Kinds of ids by which two known customers become one: email, phone, anonymous, or one of `external`."""
    alias: bool = True
    """Whether alias and merge calls of tracking clients make two known customers one."""
    external: Texts = ()
    """Kinds of external ids that this file names: loyalty_card, ga_client_id. All that clients send are kept."""
    limits: dict[str, int] = Field(default_factory=dict)
    """The most ids of a kind that one customer has. Default: user 10, anonymous 100, email 5, phone 5, external 5."""
    shared_by: int = Field(default=50, ge=1)
    """An id that more people than this name (a till, a kiosk, info@) is nobody's."""
    blocked: Texts = ()
    """Values that say nothing, besides null, anonymous, 0000 and their like; * stands for anything: test-*."""

    @field_validator("external")
    @classmethod
    def _words(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _WORD.fullmatch(name) or name in (USER, ANONYMOUS, EMAIL, PHONE, OTHER, "id"):
                raise ValueError(f"'{name}' cannot be a kind of external ids. Write a word such as loyalty_card.")
        return names

    @field_validator("limits")
    @classmethod
    def _counts(cls, limits: dict[str, int]) -> dict[str, int]:
        for kind, most in limits.items():
            if most < 1:
                raise ValueError(f"The limit of '{kind}' must be 1 or more, not {most}.")
        return limits

    @model_validator(mode="after")
    def _kinds(self) -> IdentitySpec:
        for key, names, known in (
            ("merge_on", self.merge_on, (EMAIL, PHONE, ANONYMOUS, *self.external)),
            ("limits", tuple(self.limits), (USER, ANONYMOUS, EMAIL, PHONE, OTHER, *self.external)),
        ):
            for name in names:
                if name not in known:
                    hint = did_you_mean(name, known) or f"There are: {', '.join(known)}; name others under `external`."
                    raise ValueError(f"There is no kind of ids '{name}' for '{key}'. {hint}")
        return self

    @property
    def rules(self) -> Rules:
        """The rules that this means."""
        return Rules(
            merge_on=self.merge_on, alias=self.alias, limits={**LIMITS, **self.limits}, shared_by=self.shared_by,
            blocked=tuple(dict.fromkeys((*BLOCKED, *self.blocked))),
        )  # fmt: skip
