"""One's own page: name, digest, and the ways to password and second factor."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page


@page(Right.FIGURES)
def profile(request: HttpRequest) -> HttpResponse:
    """The page; a POST changes name, language and digest."""
    if request.method == "POST":
        user = request.user
        user.name = request.POST.get("name", "").strip()[:150]
        user.digest = "digest" in request.POST
        chosen = request.POST.get("language", "")
        user.language = chosen if chosen in dict(settings.LANGUAGES) else ""
        user.save(update_fields=["name", "digest", "language"])
        if user.language:
            translation.activate(user.language)
        messages.success(request, _("Kept."))
        return redirect("profile")
    return render(request, "pages/profile.html", {"languages": settings.LANGUAGES})
