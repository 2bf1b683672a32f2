"""Users: made, given a role, shut out."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tenure.errors import UsageError
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Role


def make_user(
    name: str, *, role: str, password: str, email: str = "", full_name: str = "", by: User | None = None
) -> User:
    """A new user. Raises UsageError with what is wrong with the name, the role or the password."""
    if role not in set(Role):
        raise UsageError(f"There is no role {role!r}.", hint=f"There are: {', '.join(Role)}.")
    user = User(username=name, role=role, email=email, name=full_name)
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
    except ValidationError as error:
        raise UsageError(" ".join(error.messages), hint="Nothing was made.") from None
    user.set_password(password)
    with transaction.atomic():
        user.save()
        record(by, "made a user", name, role=role)
    return user


def no_users() -> bool:
    """Whether nobody can come in yet."""
    return not User.objects.exists()
