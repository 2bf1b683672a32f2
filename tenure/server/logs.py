"""What the log may say of a request: never its address, which may hold the id or the name of a person, or a key.

A request that makes no sense is a line of a warning: whoever sends many of them does not fill the log with tracebacks.
"""

from __future__ import annotations

import logging

_SENSELESS = "django.security"
_ELSEWHERE = "an address that is no page"


class Nameless(logging.Filter):
    """Lets every record pass, those of requests with the name of the page in the place of its address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True."""
        if record.name.startswith(_SENSELESS):
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        request = record.__dict__.pop("request", None)
        if request is not None and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            page = (match and match.view_name) or _ELSEWHERE
            record.args = tuple(page if str(one).startswith("/") else one for one in record.args)
        return True
