"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.work import accounts, doing, feedback, renewals, today

urlpatterns = [
    path("today", today.today, name="today"),
    path("today/do", doing.act, name="task_do"),
    path("tasks", doing.make, name="task_new"),
    path("owner", doing.assign, name="assign"),
    path("accounts", accounts.accounts, name="accounts"),
    path("accounts/<path:account>", accounts.account, name="account"),
    path("renewals", renewals.renewals, name="renewals"),
    path("feedback", feedback.feedback, name="feedback"),
    path("feedback/follow-up", feedback.follow_up, name="follow_up"),
]
