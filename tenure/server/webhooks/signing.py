"""How a receiver knows who sent: the signature of the Standard Webhooks specification.

headers = signed(b"{…}", id_="msg_1", at=1767323045, secret="whsec_…")
verified(b"{…}", headers, secret="whsec_…", now=1767323046)
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping

LEAD = "whsec_"
# how old a message may be, in seconds
TOLERANCE = 300


def new_secret() -> str:
    """A secret that was drawn."""
    return LEAD + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(body: bytes, *, id_: str, at: int, secret: str) -> dict[str, str]:
    """The headers that go with a body: its id, when it was sent (seconds since 1970), and the signature of all."""
    signature = _signature(body, id_, at, secret)
    return {"webhook-id": id_, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}


def verified(body: bytes, headers: Mapping[str, str], *, secret: str, now: float) -> bool:
    """Whether whoever holds the secret sent the body, not long ago."""
    id_, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(now - int(at)) > TOLERANCE:
        return False
    wanted = _signature(body, id_, int(at), secret)
    told = [one.removeprefix("v1,") for one in headers.get("webhook-signature", "").split() if one.startswith("v1,")]
    return any(hmac.compare_digest(wanted.encode(), one.encode()) for one in told)


def _signature(body: bytes, id_: str, at: int, secret: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(LEAD), validate=True)
    except binascii.Error:
        key = secret.encode()
    return base64.b64encode(hmac.digest(key, f"{id_}.{at}.".encode() + body, "sha256")).decode()
