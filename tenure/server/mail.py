"""Where mail goes, as Django's settings want it."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from tenure.server.environment import Environment


def settings_of(environment: Environment) -> dict[str, object]:
    """Django's settings for mail; without an address none is sent, nor written anywhere, as it may hold links."""
    told: dict[str, object] = {"DEFAULT_FROM_EMAIL": environment.email_from, "EMAIL_TIMEOUT": 10}
    if not environment.email_url:
        return {**told, "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(environment.email_url)
    return {
        **told,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parts.username is not None,
    }
