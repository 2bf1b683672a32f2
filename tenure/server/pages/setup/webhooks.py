"""Who is told of moves? Addresses, what was sent there, and what did not arrive."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from tenure.errors import UsageError
from tenure.server import holding
from tenure.server.access import webhooks as access
from tenure.server.accounts.noting import address_of
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page


@never_cache
@page(Right.ACCESS)
def webhooks(request: HttpRequest) -> HttpResponse:
    """The addresses; a POST makes one, and shows its secret this once."""
    if request.method != "POST":
        return _shown(request)
    post = request.POST
    try:
        made, secret = access.make(
            request.user, post.get("name", ""), post.get("url", "").strip(), lifecycles=post.getlist("lifecycle"),
            stages=post.get("stages", "").replace(",", " ").split(), causes=post.getlist("cause"),
            address=address_of(request),
        )  # fmt: skip
    except UsageError as error:
        return _shown(request, error=error)
    return _shown(request, made=made, secret=secret)


@never_cache
@page(Right.ACCESS)
def webhook(request: HttpRequest, number: int) -> HttpResponse:
    """One address and what was sent there last; a POST tests it, switches it, sends again or removes it."""
    told = access.endpoint(request.user, number)
    if told is None:
        raise Http404
    found, sendings = told
    if request.method == "POST":
        return _done(request, number)
    return render(request, "setup/webhook.html", {"endpoint": found, "sendings": sendings})


def _done(request: HttpRequest, number: int) -> HttpResponse:
    told = access.endpoint(request.user, number)
    assert told is not None
    found, by, where = told[0], request.user, address_of(request)
    match request.POST.get("do"):
        case "test":
            sent = access.probe(by, found, address=where)
            if sent.fault:
                messages.error(request, sent.fault)
            else:
                messages.info(request, _("It answered with %(code)s.") % {"code": sent.code})
        case "on" | "off" as wanted:
            access.switch(by, found, on=wanted == "on", address=where)
        case "again":
            count = access.again(by, found, address=where)
            messages.success(request, ngettext("%(n)s message waits again.", "%(n)s messages wait again.", count)
                             % {"n": count})  # fmt: skip
        case "remove":
            access.remove(by, found, address=where)
            messages.success(request, _("%(name)s is not told of anything any more.") % {"name": found.name})
            return redirect("webhooks")
    return redirect("webhook", number=number)


def _shown(
    request: HttpRequest, *, error: UsageError | None = None, made: object = None, secret: str = ""
) -> HttpResponse:
    told = {
        "endpoints": access.endpoints(request.user), "error": error, "made": made, "secret": secret,
        "posted": request.POST if error else {}, "causes": access.CHOICES,
        "lifecycles": [one.name for one in holding.workspace().definitions.lifecycles],
    }  # fmt: skip
    return render(request, "setup/webhooks.html", told, status=400 if error else 200)
