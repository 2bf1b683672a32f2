"""Users: made, given a role, shut out."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Role


def make_user(
    name: str, *, role: str, password: str | None, email: str = "", full_name: str = "", by: User | None = None,
    address: str | None = None,
) -> User:  # fmt: skip
    """A new user; without a password they cannot come in before they have set one by a link.

    Raises UsageError with what is wrong with the name, the role, the address or the password.
    """
    if role not in set(Role):
        raise UsageError(f"There is no role {role!r}.", hint=f"There are: {', '.join(Role)}.")
    user = User(username=name, role=role, email=email, name=full_name)
    try:
        user.full_clean(exclude=["password"])
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        raise UsageError(" ".join(error.messages), hint="Nothing was made.") from None
    if email and User.objects.filter(email__iexact=email).exists():
        raise UsageError("Somebody else has that mail address.", hint="Nothing was made.")
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    with transaction.atomic():
        user.save()
        record(by, "made a user", name, address=address, role=role)
    return user


def no_users() -> bool:
    """Whether nobody can come in yet."""
    return not User.objects.exists()


def set_password(name: str, password: str) -> None:
    """Nothing; the user has a new password, and is logged out everywhere.

    Raises UsageError where there is no such user, or with what is wrong with the password.
    """
    user = User.objects.filter(username=name).first()
    if user is None:
        names = User.objects.order_by("username").values_list("username", flat=True)[:1000]
        raise UsageError(f"There is no user {name!r}.", hint=did_you_mean(name, names))
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise UsageError(" ".join(error.messages), hint="The password stays as it is.") from None
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        record(None, "set the password of", name)
