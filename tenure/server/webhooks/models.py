"""Addresses that are told of moves, and what is on its way to them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Endpoint(models.Model):
    """An address that is told of moves; of all, where it names no lifecycles, stages or causes."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    url = models.CharField(_("address"), max_length=500)
    # what signs; shown once, when it is made
    secret = models.CharField(max_length=100)
    lifecycles = models.JSONField(default=list)
    stages = models.JSONField(default=list)
    causes = models.JSONField(default=list)
    on = models.BooleanField(default=True)
    # the number of the last row of the feed that was looked at for it
    seq = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    def __str__(self) -> str:
        return self.name


class Sending(models.Model):
    """Rows of the feed on their way to an endpoint, by number: what they say is read when they are sent."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        PARKED = "parked", _("parked")

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="sendings")
    # the number of its last row; of a test, the negative of a moment
    last = models.BigIntegerField()
    rows = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    made_at = models.DateTimeField(auto_now_add=True)
    attempts = models.IntegerField(default=0)
    # when it is tried next, and was tried last
    due_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    # what the address answered; null where nobody did
    code = models.IntegerField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    seconds = models.FloatField(default=0)

    class Meta:
        """A row of the feed is told to an endpoint once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["endpoint", "last"], name="sending_once")]
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="sending_due")]

    def __str__(self) -> str:
        return f"{self.endpoint_id}-{self.last}"
