"""Tasks, saved views, changes of definitions, the inbox of events, and how the loops fare."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Task(models.Model):
    """Something to do about somebody, by somebody or by whoever takes it."""

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    title = models.CharField(_("title"), max_length=200)
    # an id of the event log; kind is what the id is of: customer, account …
    customer = models.CharField(max_length=300, db_index=True)
    kind = models.CharField(max_length=60, default="customer")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    due_on = models.DateField(null=True, blank=True)
    snoozed_until = models.DateField(null=True, blank=True)
    # the money at stake, as it was when the task was made
    money = models.DecimalField(max_digits=38, decimal_places=6, null=True, blank=True)
    # what it came from: an action, a bad answer, by hand …, and the id of that
    source = models.CharField(max_length=40, default="hand")
    reference = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True, max_length=5000)
    outcome = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="tasks_made"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks_done"
    )

    class Meta:
        """One task of a source and reference a customer, so that making them twice adds none."""

        indexes: ClassVar = [models.Index(fields=["state", "owner", "due_on"], name="task_list")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "reference", "kind", "customer"], condition=~models.Q(reference=""), name="task_once"
            )
        ]

    def __str__(self) -> str:
        return self.title


class SavedView(models.Model):
    """A list with its filters, sort and columns, kept under a name; shared ones everybody sees."""

    name = models.CharField(_("name"), max_length=100)
    page = models.CharField(max_length=40)
    query = models.CharField(max_length=2000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="views")
    shared = models.BooleanField(_("shared with everybody"), default=False)

    class Meta:
        """One of a name a page and owner."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "page", "name"], name="view_once")]

    def __str__(self) -> str:
        return self.name


class Change(models.Model):
    """One change of the workspace's files: who, when, and every file before and after."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    who = models.CharField(max_length=150)
    note = models.CharField(max_length=300, blank=True)
    # file -> [text before, text after]; null where the file was not there, or is not any more
    files = models.JSONField(default=dict)
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who}"


class InboxEvent(models.Model):
    """An event on its way to the log: committed with the row that it tells of, gone when the log has it."""

    message_id = models.CharField(max_length=100, unique=True)
    body = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.message_id


class LoopRun(models.Model):
    """How one loop of the worker fares: the last round, the last success, the last error."""

    name = models.CharField(max_length=120, primary_key=True)
    ran_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    error = models.TextField(blank=True)
    waiting = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
