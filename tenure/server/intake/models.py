"""What clients sent, until the event log has it."""

from __future__ import annotations

from django.db import models


class Delivery(models.Model):
    """A body that was acknowledged, as it was sent but for the key; gone when the log has its events."""

    # drawn once; ids of events that have none are made of it
    mark = models.CharField(max_length=32)
    source = models.CharField(max_length=120)
    dialect = models.CharField(max_length=20)
    call = models.TextField()
    body = models.TextField()
    # how many events it seems to hold
    events = models.IntegerField()
    # microseconds since 1970 UTC
    received_at = models.BigIntegerField()

    def __str__(self) -> str:
        return self.mark


class Handover(models.Model):
    """A batch of deliveries on its way to the log, which knows it by this name: it is never taken in twice."""

    batch = models.CharField(max_length=40, primary_key=True)
    deliveries = models.JSONField()

    def __str__(self) -> str:
        return self.batch
