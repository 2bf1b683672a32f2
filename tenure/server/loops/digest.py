"""The weekly digest: sent on Mondays, once, to those who asked for it and to the address that is set."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import override

from tenure.errors import TenureError
from tenure.lifecycle.forecast import DAY
from tenure.server import holding
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import AuditEntry, User
from tenure.server.accounts.roles import Right
from tenure.server.digest import Digest, weekly
from tenure.server.outward import post_json
from tenure.server.spoken import in_this_language

_LOG = logging.getLogger("tenure.digest")
SENT = "sent the digest"
HOUR = 7
# figures that stand still are no news
_OLD = 8 * DAY


def send_digests() -> int:
    """0; sends the digest of last week where it is Monday morning or later, and it was not sent yet."""
    ws = holding.workspace()
    now = holding.now()
    local = datetime.fromtimestamp(now / 1_000_000, ws.zone)
    week = f"{local.isocalendar().year}-W{local.isocalendar().week:02}"
    asking = User.objects.filter(digest=True, is_active=True).exclude(email="")
    readers = [user for user in asking if user.may(Right.FIGURES)]
    hook = settings.ENVIRONMENT.digest_webhook
    due = local.weekday() > 0 or local.hour >= HOUR
    refreshed = ws.refreshed_as_of
    if not due or not (readers or hook) or refreshed is None or now - refreshed > _OLD:
        return 0
    if AuditEntry.objects.filter(did=SENT, what=week).exists():
        return 0
    languages = sorted({user.language or settings.LANGUAGE_CODE for user in readers})
    digests = {language: _in(language) for language in languages}
    plain = weekly() if hook else None
    # noted before it is sent: rather none than two
    record(None, SENT, week, readers=len(readers))
    for user in readers:
        language = user.language or settings.LANGUAGE_CODE
        if (digest := digests[language]) is not None:
            with override(language), in_this_language():
                mail(digest, user.email)
    if plain is not None:
        try:
            post_json(hook, _told(plain), private=settings.ENVIRONMENT.private_addresses)
        except TenureError as error:
            _LOG.warning("the digest did not reach its webhook: %s", error)
    return 0


def _in(language: str) -> Digest | None:
    with override(language), in_this_language():
        return weekly()


def mail(digest: Digest, address: str) -> None:
    """Nothing; the digest is on its way to an address."""
    told = {"digest": digest, "address": settings.ADDRESS}
    message = EmailMultiAlternatives(
        f"{digest.workspace}: {digest.name}", render_to_string("mail/digest.txt", told), to=[address]
    )
    message.attach_alternative(render_to_string("mail/digest.html", told), "text/html")
    try:
        message.send()
    except OSError as error:
        _LOG.warning("a digest could not be sent: %s", error)


def _told(digest: Digest) -> dict[str, object]:
    return {
        "workspace": digest.workspace, "week": digest.week, "findings": list(digest.findings), "url": settings.ADDRESS,
        "figures": [
            {"name": one.name, "title": one.title, "value": one.value, "change": one.change, "status": one.status,
             "status_before": one.before}
            for one in digest.lines
        ],
    }  # fmt: skip
