"""Coming in, going out, passwords and second factors, as the log of what was done tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.dispatch import Signal
from django.http import HttpRequest

from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User

NOTED: Mapping[str, Signal] = {
    "logged in": user_logged_in,
    "logged out": user_logged_out,
    "changed the password": password_changed,
    "set a password": password_set,
    "set a password by a link": password_reset,
    "set up a second factor": authenticator_added,
    "took off a second factor": authenticator_removed,
    "made new recovery codes": authenticator_reset,
}


def begin() -> None:
    """Nothing; the signals are listened to."""
    for did, signal in NOTED.items():
        signal.connect(_noting(did), dispatch_uid=f"tenure: {did}", weak=False)
    user_login_failed.connect(_failed, dispatch_uid="tenure: failed", weak=False)


def _noting(did: str) -> Any:
    def note(sender: object, request: HttpRequest | None = None, user: User | None = None, **told: Any) -> None:
        if isinstance(user, User):
            record(user, did, address=address_of(request))

    return note


def _failed(
    sender: object, credentials: Mapping[str, Any], request: HttpRequest | None = None, **told: Any
) -> None:  # fmt: skip
    """Nothing; a name that nobody has is not written down: it may be a password in the wrong field."""
    given = str(credentials.get("username") or credentials.get("email") or credentials.get("login") or "")[:254]
    known = User.objects.filter(username=given).first() or User.objects.filter(email__iexact=given or "-").first()
    record(None, "failed to log in", known.username if known else "a name that nobody has", address=address_of(request))


def address_of(request: HttpRequest | None) -> str | None:
    """Where a request came from; None where that is no address."""
    given = str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
    try:
        validate_ipv46_address(given)
    except ValidationError:
        return None
    return given
