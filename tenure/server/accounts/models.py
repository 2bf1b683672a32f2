"""Users, API keys, and the log of what was done."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenure.server.accounts.roles import Right, Role, may

TITLES = [
    (Role.VIEWER.value, _("Viewer")), (Role.ANALYST.value, _("Analyst")), (Role.MARKETER.value, _("Marketer")),
    (Role.AGENT.value, _("Agent")), (Role.ADMINISTRATOR.value, _("Administrator")),
]  # fmt: skip


class User(AbstractUser):
    """Somebody who may come in, in one role."""

    role = models.CharField(
        _("role"), max_length=20, choices=TITLES,
        default=Role.VIEWER.value,
    )  # fmt: skip
    digest = models.BooleanField(_("weekly digest"), default=False)
    # empty: what the browser asks for
    language = models.CharField(_("language"), max_length=10, blank=True)

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("full name"), max_length=150, blank=True)

    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    def may(self, right: Right | str) -> bool:
        """Whether this user, if not shut out, has a right."""
        return self.is_active and may(self.role, Right(right))

    def get_full_name(self) -> str:
        """What the user is called."""
        return self.name or self.username

    def get_short_name(self) -> str:
        """What the user is called."""
        return self.get_full_name()


class ApiKey(models.Model):
    """A key for programs. Only its hash is kept; the key itself is shown once, when it is made."""

    class Scope(models.TextChoices):
        """What a key opens."""

        WRITE = "write", _("write: send events, read nothing")
        READ = "read", _("read: ask everything, change nothing")
        ADMIN = "admin", _("admin: everything an administrator may")

    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    # the first characters tell keys apart in lists
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    # under which its events stand in the log; empty: its name
    source = models.CharField(max_length=100, blank=True)
    # the sites from which browsers may use it; none: from anywhere
    origins = models.JSONField(default=list)
    # whether it may be used without an origin, as programs on servers do
    server_side = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class AuditEntry(models.Model):
    """One thing that somebody did. Rows are added, never changed."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    # who it was stays readable when the user is gone
    who = models.CharField(max_length=150)
    did = models.CharField(max_length=60)
    what = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who}: {self.did} {self.what}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Nothing; keeps a new entry. Raises ValueError where it is there already."""
        if self.pk is not None:
            raise ValueError("an entry of the log is never changed")
        super().save(*args, **kwargs)
