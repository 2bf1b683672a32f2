"""People and access: users in their roles, API keys, and the log of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from tenure.errors import UsageError
from tenure.server.access.reader import Reader, require
from tenure.server.accounts import keys, users
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import ApiKey, AuditEntry, User
from tenure.server.accounts.roles import Right, Role

PAGE = 100
_MOST_EXPORTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user as the list shows them, and whether a second factor is asked of them."""

    user: User
    second_factor: bool

    @property
    def has_password(self) -> bool:
        """Whether they have set one."""
        return self.user.has_usable_password()


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Which entries of the log: by whom, what was done, words in what it was done to, and from when to when."""

    who: str = ""
    did: str = ""
    what: str = ""
    since: date | None = None
    until: date | None = None


def members(reader: Reader) -> list[Member]:
    """Everybody who may come in, or might again."""
    require(reader, Right.ACCESS)
    secured = set(Authenticator.objects.filter(type=Authenticator.Type.TOTP).values_list("user_id", flat=True))
    return [
        Member(user=user, second_factor=user.pk in secured)
        for user in User.objects.order_by("-is_active", "username")[:1000]
    ]


def member(reader: Reader, number: int) -> Member | None:
    """A user by number; None where there is none."""
    require(reader, Right.ACCESS)
    user = User.objects.filter(pk=number).first()
    if user is None:
        return None
    secured = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    return Member(user=user, second_factor=secured)


def invite(
    by: User, name: str, *, role: str, email: str = "", full_name: str = "", password: str = "",
    address: str | None = None,
) -> User:  # fmt: skip
    """A new user; without a password they set one by their link."""
    require(by, Right.ACCESS)
    return users.make_user(
        name.strip(), role=role, password=password or None, email=email.strip(), full_name=full_name.strip(), by=by,
        address=address,
    )  # fmt: skip


def link_of(by: User, user: User, *, address: str | None = None) -> str:
    """The path of the page where the user sets a password; it opens once, for three days."""
    require(by, Right.ACCESS)
    if not user.is_active:
        raise UsageError(f"{user.username} is shut out.", hint="Let them in first.")
    record(by, "made a link to set a password", user.username, address=address)
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})


def change_user(
    by: User, user: User, *, role: str, email: str, full_name: str, address: str | None = None
) -> None:  # fmt: skip
    """Nothing; the user has another role, mail address or name. Raises UsageError for the last administrator."""
    require(by, Right.ACCESS)
    if role not in set(Role):
        raise UsageError(f"There is no role {role!r}.", hint=f"There are: {', '.join(Role)}.")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        before = {"role": user.role, "email": user.email, "name": user.name}
        if user.role == Role.ADMINISTRATOR != role:
            _another_administrator(user)
        user.role, user.email, user.name = role, email.strip(), full_name.strip()[:150]
        _clean(user)
        user.save(update_fields=["role", "email", "name"])
        after = {"role": user.role, "email": user.email, "name": user.name}
        changed = {key: [before[key], after[key]] for key in before if before[key] != after[key]}
        if changed:
            record(by, "changed a user", user.username, address=address, **changed)


def shut_out(by: User, user: User, *, address: str | None = None) -> None:
    """Nothing; the user cannot come in any more, and is out at once. Raises UsageError for the last administrator."""
    require(by, Right.ACCESS)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.role == Role.ADMINISTRATOR:
            _another_administrator(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        record(by, "shut out a user", user.username, address=address)


def let_in(by: User, user: User, *, address: str | None = None) -> None:
    """Nothing; the user may come in again."""
    require(by, Right.ACCESS)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=True)
        record(by, "let a user in again", user.username, address=address)


def drop_second_factor(by: User, user: User, *, address: str | None = None) -> None:
    """Nothing; the user comes in by password alone, until they set up a second factor anew."""
    require(by, Right.ACCESS)
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        record(by, "took away a second factor", user.username, address=address)


def api_keys(reader: Reader) -> list[ApiKey]:
    """The API keys, those that open something first."""
    require(reader, Right.ACCESS)
    return sorted(
        ApiKey.objects.select_related("created_by").order_by("-created_at")[:500],
        key=lambda key: key.revoked_at is not None,
    )


def make_key(
    by: User, name: str, scope: str, *, source: str = "", origins: Sequence[str] = (), server_side: bool = False,
    address: str | None = None,
) -> tuple[ApiKey, str]:  # fmt: skip
    """A new key and its text, which is shown once and kept nowhere."""
    require(by, Right.ACCESS)
    if not name.strip():
        raise UsageError("A key needs a name.", hint="Say what it is for, such as: data warehouse.")
    with transaction.atomic():
        key, text = keys.make_key(
            name, scope, by=by, source=source, origins=origins, server_side=server_side if origins else None
        )
        record(
            by, "made an API key", key.name, address=address, scope=scope, prefix=key.prefix, source=key.source,
            origins=key.origins,
        )  # fmt: skip
    return key, text


def revoke_key(by: User, number: int, *, address: str | None = None) -> ApiKey | None:
    """The key, which opens nothing any more; None where there is none."""
    require(by, Right.ACCESS)
    key = ApiKey.objects.filter(pk=number).first()
    if key is not None and key.revoked_at is None:
        with transaction.atomic():
            keys.revoke(key)
            record(by, "revoked an API key", key.name, address=address, prefix=key.prefix)
    return key


def log(reader: Reader, asked: Log, *, offset: int = 0) -> tuple[int, list[AuditEntry]]:
    """How many entries the log has of that, and a page of them, the newest first."""
    require(reader, Right.ACCESS)
    found = _entries(asked)
    return found.count(), list(found[offset : offset + PAGE])


def log_words(reader: Reader) -> tuple[list[str], list[str]]:
    """Who did something, and what was ever done."""
    require(reader, Right.ACCESS)
    named = AuditEntry.objects.order_by()
    return (
        sorted(named.values_list("who", flat=True).distinct()[:500]),
        sorted(named.values_list("did", flat=True).distinct()[:500]),
    )


def log_table(reader: Reader, asked: Log) -> pa.Table:
    """The newest entries of that as Arrow, at most 100,000."""
    require(reader, Right.ACCESS)
    rows = list(_entries(asked)[:_MOST_EXPORTED])
    return pa.table(
        {
            "at": pa.array([one.at for one in rows], pa.timestamp("us", tz="UTC")),
            "who": pa.array([one.who for one in rows], pa.string()),
            "did": pa.array([one.did for one in rows], pa.string()),
            "what": pa.array([one.what for one in rows], pa.string()),
            "detail": pa.array([str(one.detail) if one.detail else "" for one in rows], pa.string()),
            "address": pa.array([one.address or "" for one in rows], pa.string()),
        }
    )


def _entries(asked: Log) -> QuerySet[AuditEntry]:
    wanted = Q()
    if asked.who:
        wanted &= Q(who=asked.who)
    if asked.did:
        wanted &= Q(did=asked.did)
    if asked.what:
        wanted &= Q(what__icontains=asked.what)
    if asked.since:
        wanted &= Q(at__gte=datetime.combine(asked.since, time(), UTC))
    if asked.until:
        wanted &= Q(at__lt=datetime.combine(asked.until, time(), UTC) + timedelta(days=1))
    return AuditEntry.objects.filter(wanted)


def _another_administrator(user: User) -> None:
    # held until this is done, so that two do not shut each other out
    others = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR.value, is_active=True).exclude(pk=user.pk)
    if not list(others):
        raise UsageError(
            f"{user.username} is the last administrator.", hint="Make somebody else an administrator first."
        )


def _clean(user: User) -> None:
    try:
        user.full_clean(exclude=["password", "username"])
    except ValidationError as error:
        raise UsageError(" ".join(error.messages), hint="Nothing was changed.") from None
    if user.email and User.objects.filter(email__iexact=user.email).exclude(pk=user.pk).exists():
        raise UsageError("Somebody else has that mail address.", hint="Nothing was changed.")
