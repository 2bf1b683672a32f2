"""What the process is told: `TENURE_…` variables, and beside them the file `server.yaml` of the workspace.

    TENURE_PUBLIC_URL=https://tenure.example.com tenure -C shop serve

A variable goes before the file. What must stay secret (the key that signs sessions) is made at the first start and kept
in the workspace's own folder, readable by its owner alone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from tenure.documents import DefinitionModel, problems_of, read
from tenure.errors import DefinitionError, UsageError

FILE = "server.yaml"
PREFIX = "TENURE_"
OWN_FOLDER = ".tenure"
_TRUTHS: Mapping[str, object] = {"true": True, "false": False}
SECRET_FILE = "secret"  # noqa: S105 the name of the file, not what is in it
DATABASE_FILE = "operations.sqlite3"


class Environment(DefinitionModel):
    """How the server runs; each key may stand in `server.yaml`, or as a variable: `port`, TENURE_PORT."""

    host: str = "127.0.0.1"
    """The address to listen on; anything but this machine asks for an https `public_url`."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port to listen on."""
    public_url: str = ""
    """The address that people type, https in front of a proxy. Default: http, host and port."""
    database_url: str = ""
    """postgresql://user:password@host/name; default: an SQLite file in the workspace's own folder."""
    secret_key: str = ""
    """What signs sessions; default: made at the first start and kept in the workspace's own folder."""
    proxies: int = Field(default=0, ge=0, le=5)
    """How many proxies stand in front, each of which adds to X-Forwarded-For."""
    email_url: str = ""
    """Where mail goes: smtp://user:password@host:587 or smtps://…; default: no mail is sent."""
    email_from: str = "tenure@localhost"
    """Who mail comes from."""
    digest_webhook: str = ""
    """Where the weekly digest is posted to as JSON, besides the mails."""
    private_addresses: bool = False
    """Whether webhooks may lie in the own network."""
    threads: int = Field(default=8, ge=2, le=64)
    """How many pages are made at once; events need no thread."""
    page_seconds: float = Field(default=5, gt=0, le=60)
    """How long one page may ask the event store, in seconds."""
    bodies_megabytes: int = Field(default=256, ge=64, le=65_536)
    """How many megabytes of what is being sent may be held at once, in memory and on the disk; small bodies always."""
    tick_seconds: float = Field(default=2, gt=0, le=3600)
    """How long the loops rest between two rounds, in seconds."""
    intake_rate: int = Field(default=5000, ge=1, le=1_000_000)
    """How many requests a second one write key may send before it is asked to wait."""
    metrics_here: bool = False
    """Whether programs on this machine may read /metrics, the figures of the server, without a key."""
    admin_name: str = ""
    """The administrator to make at the first start, with `admin_password`."""
    admin_password: str = ""
    """The first administrator's password; best as a variable."""

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/")):
            raise ValueError(f"'public_url' must be an address such as https://tenure.example.com, not '{url}'.")
        return url.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in ("postgresql", "postgres", "sqlite"):
            raise ValueError("'database_url' must begin with postgresql:// or sqlite://.")
        return url

    @property
    def address(self) -> str:
        """Where people find the pages."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def encrypted(self) -> bool:
        """Whether people come by https."""
        return self.address.startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names under which the server answers."""
        named = urlsplit(self.address).hostname or self.host
        return tuple(dict.fromkeys((named, self.host, "127.0.0.1", "localhost", "[::1]")))


def environment(folder: Path, variables: Mapping[str, str] = os.environ) -> Environment:
    """How the server of the workspace `folder` runs. Raises DefinitionError or UsageError with what is wrong."""
    told: dict[str, object] = {}
    path = folder / FILE
    if path.is_file():
        document = read(path, file=FILE)
        if problems := problems_of(Environment, document):
            raise DefinitionError(problems)
        told = dict(document.data) if isinstance(document.data, dict) else {}
    for name in Environment.model_fields:
        if (given := variables.get(PREFIX + name.upper())) is not None:
            # a variable is text, whatever it means
            told[name] = _TRUTHS.get(given.strip().lower(), given)
    try:
        found = Environment.model_validate(told, strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        raise UsageError(
            f"{PREFIX}{name.upper()} is wrong: {first['msg'].removeprefix('Value error, ')}",
            hint="`tenure serve --help` lists the settings.",
        ) from None
    if found.host not in ("127.0.0.1", "localhost", "::1") and not found.encrypted:
        raise UsageError(
            f"Listening on {found.host} shows passwords and customers to whoever can hear the network.",
            hint="Put a proxy with https in front and name its address: TENURE_PUBLIC_URL=https://…",
        )
    if found.encrypted and not found.proxies:
        raise UsageError(
            "People come by https, but no proxy is named that ends it; pages would send them back for ever.",
            hint="Say how many proxies stand in front: TENURE_PROXIES=1.",
        )
    return found


def secret_of(folder: Path) -> str:
    """The key that signs sessions, made where there is none; its file is readable by its owner alone."""
    path = folder / OWN_FOLDER / SECRET_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    return path.read_text(encoding="ascii").strip()
