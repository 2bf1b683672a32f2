"""Standard events of work in the application: tasks that change hands, are put off or given up."""

from __future__ import annotations

from tenure.events.standard import StandardEvent, event

_TASK = "task_id, title, owner, due_at @"

WORK: tuple[StandardEvent, ...] = (
    event(
        "task_changed", "Task Changed", "A task got another owner, was put off, or was taken up again.",
        f"{_TASK}, change (taken, reassigned, snoozed or reopened), snoozed_until @", "CRM, Tenure",
    ),
    event(
        "task_dropped", "Task Dropped", "A task was given up; nothing was done.",
        f"{_TASK}, reason", "CRM, Tenure",
    ),
)  # fmt: skip
