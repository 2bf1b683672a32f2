"""Databases of others, from which rows are read and into which they are written: one file an engine.

    with connected(url, folder=folder) as database:
        for batch in database.read("SELECT …", since=None): ...

A URL with a password stands in no file: `database:` names the environment variable that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import SourceError
from tenure.warehouse.databases.since import Since

SQLITE = "sqlite:"
LONGEST = 3600  # seconds that a database may take for its answer
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class Database(Protocol):
    """A connection to somebody's database that can only read."""

    def read(self, query: str, since: Since | None) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT, batch by batch, of which it holds one at a time; `since` leaves out what is older."""
        ...


Opener = Callable[[str], AbstractContextManager[Database]]


def database_name(written: str) -> str:
    """What `database:` says. Raises ValueError where it is neither the name of a variable nor an SQLite file."""
    if written.startswith(SQLITE) and len(written) > len(SQLITE):
        return written
    if "://" in written:
        raise ValueError(
            "'database' must be the name of an environment variable: a URL with a password has no place in a file. "
            "Put it into a variable such as SHOP_DATABASE_URL, and write that name here."
        )
    if not _VARIABLE.fullmatch(written):
        raise ValueError(
            f"'database' must be the name of an environment variable such as SHOP_DATABASE_URL, or sqlite:shop.db, "
            f"not '{written}'. Write the variable's name alone."
        )
    return written


def url_of(written: str, variables: Mapping[str, str], *, folder: Path) -> str:
    """The URL that `database:` means; a file of SQLite is taken from `folder`. Raises SourceError where it is not set.

    As with other secrets, the variable's name with _FILE may name a file that holds it.
    """
    if written.startswith(SQLITE):
        return SQLITE + str(folder / written.removeprefix(SQLITE))
    if url := variables.get(written, "").strip():
        return url
    if path := variables.get(f"{written}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SourceError(
                f"{written}_FILE names {path}, which cannot be read: {(error.strerror or str(error)).lower()}.",
                hint="It holds the database's URL.",
            ) from None
    near = did_you_mean(written, [name for name in variables if name.endswith(("_URL", "_DSN", "DATABASE"))])
    raise SourceError(
        f"The environment variable {written} is not set; it holds the URL of a database.",
        hint=near or f"Set it: export {written}=postgresql://user:password@host/name.",
    )


@contextmanager
def connected(url: str) -> Iterator[Database]:
    """The database at `url`, opened to be read. Raises SourceError where it cannot be reached."""
    with _opener(url)(url) as database:
        yield database


def _opener(url: str) -> Opener:
    """What opens a URL of its kind."""
    scheme = url.partition(":")[0].lower()
    if scheme == "sqlite":
        from tenure.warehouse.databases.sqlite import opened as sqlite

        return sqlite
    if scheme in ("postgresql", "postgres"):
        from tenure.warehouse.databases.postgresql import reading as postgresql

        return postgresql
    if scheme in ("mysql", "mariadb"):
        from tenure.warehouse.databases.mysql import opened as mysql

        return mysql
    known = ("postgresql", "mysql", "mariadb", "sqlite")
    guess = did_you_mean(scheme, known) if re.fullmatch("[A-Za-z]{1,20}", scheme) else ""
    raise SourceError(
        "The URL of the database begins with nothing that is known.",
        hint=guess or "It begins with postgresql://, mysql:// or mariadb://, or is sqlite:FILE.",
    )


def said(error: BaseException, url: str) -> str:
    """What a database says of an error, on one line, without the password of its URL and without a full stop."""
    text = " ".join(str(error).split()) or type(error).__name__
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        password = url
    for secret in sorted({password, unquote(password)} - {""}, key=len, reverse=True):
        text = text.replace(secret, "…")
    return text[:300].rstrip(".")
