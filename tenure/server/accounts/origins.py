"""Sites from which a key may send: `https://shop.example.com`, or `https://*.example.com` for every site below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from tenure.errors import UsageError

MOST = 50
_HOST = re.compile(
    r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?|\[[0-9a-f:.]+\]"
)
_STANDARD = {"http": 80, "https": 443}


def origins_of(texts: Iterable[str]) -> list[str]:
    """The origins as browsers write them, each once. Raises UsageError for what is none."""
    found = list(dict.fromkeys(_origin(text) for text in texts if text.strip()))
    if len(found) > MOST:
        raise UsageError(
            f"A key may be used from {MOST} sites at most.", hint="Name the sites above them: *.example.com."
        )
    return found


def allows(origins: Sequence[str], origin: str) -> bool:
    """Whether a browser's header `Origin` is one of the origins, or of a site below one."""
    told = origin.strip().lower()
    return any(told == one or _below(one, told) for one in origins)


def origin_in(address: str) -> str:
    """The origin of an address such as the header `Referer`; empty where it has none."""
    try:
        parts = urlsplit(address.strip())
        return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""
    except ValueError:
        return ""


def _below(one: str, told: str) -> bool:
    scheme, _, rest = one.partition("://*.")
    lead = f"{scheme}://"
    if not rest or not told.startswith(lead):
        return False
    host = told.removeprefix(lead)
    # one label at least stands before, and nothing but labels
    return host.endswith(f".{rest}") and _HOST.fullmatch(host.removesuffix(f".{rest}")) is not None


def _origin(text: str) -> str:
    written = text.strip().lower().rstrip("/")
    wrong = UsageError(
        f"{text.strip()[:80]!r} is no origin.", hint="Write https://shop.example.com or https://*.example.com."
    )
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise wrong from None
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or ""
    if parts.scheme not in _STANDARD or parts.path or parts.query or parts.fragment or parts.username:
        raise wrong
    # a star for everything below a country would be for nobody's sites
    if not _HOST.fullmatch(host) or (host.startswith("*.") and host.count(".") < 2):
        raise wrong
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != _STANDARD[parts.scheme] else "")
