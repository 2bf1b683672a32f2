"""The first page of all: it makes the administrator, for whoever has the link that the terminal shows."""

from __future__ import annotations

import secrets

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from tenure.errors import UsageError
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Role
from tenure.server.accounts.users import make_user, no_users
from tenure.server.pages.page import open_to_all

# made anew with every start, kept nowhere else, of no use once somebody can come in
_token = secrets.token_urlsafe(24)


def link(address: str) -> str:
    """The address of the page, with the token that opens it."""
    return f"{address}{reverse('welcome')}?token={_token}"


@open_to_all
@csrf_protect
def welcome(request: HttpRequest) -> HttpResponse:
    """The form for the first administrator; the login page once there is one."""
    if not no_users():
        return redirect("account_login")
    given = request.POST.get("token") or request.GET.get("token", "")
    if not secrets.compare_digest(given.encode(), _token.encode()):
        return render(request, "pages/welcome_closed.html", {"bare": True}, status=403)
    problem = None
    name, email = request.POST.get("name", "").strip(), request.POST.get("email", "").strip()
    if request.method == "POST":
        try:
            user = _first(name, request.POST.get("password", ""), request.POST.get("again", ""), email)
        except UsageError as error:
            problem = error
        else:
            login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
            return redirect("overview")
    told = {"bare": True, "token": given, "problem": problem, "name": name, "email": email}
    return render(request, "pages/welcome.html", told, status=400 if problem else 200)


def _first(name: str, password: str, again: str, email: str) -> User:
    if password != again:
        raise UsageError(_("The two passwords are not the same."))
    with transaction.atomic():
        if not no_users():
            raise UsageError(_("Somebody was quicker: there is an administrator."), hint=_("Log in."))
        return make_user(name, role=Role.ADMINISTRATOR, password=password, email=email)
