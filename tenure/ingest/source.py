"""What one entry of `sources:` says: where a table is, how its rows become events, and when it is read."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from importlib.resources import files as package_files
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from tenure.documents import Texts, did_you_mean
from tenure.errors import SourceError
from tenure.ingest.schedule import Scheduled, seconds
from tenure.warehouse.databases import database_name
from tenure.warehouse.source_sql import parse_expression, parse_query
from tenure.warehouse.sql_tree import ExpressionSyntaxError

NOBODY = "none"
IDENTIFIED = "Identified"

OnChange = Literal["reject", "replace", "keep"]
EventType = Literal["track", "identify", "page", "screen", "group", "alias"]
Format = Literal["csv", "parquet", "jsonl"]

Expression = Annotated[str, Field(min_length=1)]

_PLAIN_WORDS = re.compile(r"[\w .,:&/#%()$€£°+-]*")


class Source(Scheduled):
    """A table of events, traits or facts: files, or a query over files or a database, and SQL over their columns."""

    name: str = Field(min_length=1, max_length=100)
    """What the source is called; its message ids start with it."""
    files: tuple[Expression, ...] = ()
    """The files, as paths or patterns: data/orders*.csv. CSV, Parquet or JSON Lines, also as .gz or .zst."""
    database: Expression | None = None
    """For a query: the environment variable with the URL of a PostgreSQL or MySQL database, by name; or sqlite:FILE."""
    query: Expression | None = None
    """Instead of files: one SELECT over files, in DuckDB's SQL, or over a database's tables, in its own."""
    cursor: Expression | None = None
    """With `database`: the column that tells what is new, such as updated_at. Older rows are not read again."""
    overlap: str | None = None
    """How far before the cursor's last value rows are read again: 2 hours; of numbers 500. Default: 1 hour, 1000."""
    folders: tuple[Expression, ...] = ()
    """For a query: the folders it may read. Default: the workspace's folder."""
    format: Format | None = None
    """What the files are, where their names do not tell: csv, parquet or jsonl."""
    where: Expression | None = None
    """Which rows are read: a condition in SQL."""
    event: Expression | None = None
    """The name of the event that each row is."""
    event_column: Expression | None = None
    """Instead of `event`: the column (or SQL expression) that names it."""
    type: EventType | None = None
    """The kind of message: track (the default), identify (the default of a source with traits alone), page, …"""
    customer: Expression | None = None
    """The column (or SQL expression) with the customer's id; none for facts without a customer."""
    anonymous: Expression | None = None
    """The column (or SQL expression) with the id of a visitor who is not known yet."""
    account: Expression | None = None
    """The column (or SQL expression) with the id of the account."""
    time: Expression
    """The column (or SQL expression) with the moment it happened."""
    timezone: str | None = None
    """The time zone of times that carry none. Default: the workspace's."""
    id: Expression | None = None
    """The column (or SQL expression) with the row's own id, which makes a second import harmless."""
    group: Expression | None = None
    """Rows that share this make one event: invoice lines and their invoice. Properties are then aggregates."""
    properties: dict[str, Expression] = Field(default_factory=dict)
    """The event's properties: name and column (or SQL expression)."""
    traits: dict[str, Expression] = Field(default_factory=dict)
    """What the row says about the customer from its time on: name and column (or SQL expression)."""
    currency_column: Expression | None = None
    """The column (or SQL expression) with the currency of the amounts; they are converted by the workspace's rates."""
    on_change: OnChange = "reject"
    """What to do with a row whose id is loaded already with other content: reject, replace or keep (what is there)."""
    skip: int = Field(default=0, ge=0, le=100)
    """How many lines of a CSV file stand above its header."""
    delimiter: str | None = None
    """What separates the columns of a CSV file. Default: found out."""
    decimal: Literal[".", ","] = "."
    """The decimal sign of a CSV file's numbers."""
    encoding: str = "utf-8"
    """The encoding of a text file: utf-8, latin-1, cp1252, utf-16 …"""
    every: str | None = None
    """How often `tenure serve` reads it: 15 minutes, 2 days. Default: 1 minute, or 1 hour for a database."""
    at: Texts = ()
    """Instead of `every`: the time of day at which it is read, or a list of them, by the workspace's clock: "03:00"."""

    @field_validator("files", "folders", mode="before")
    @classmethod
    def _one(cls, written: object) -> object:
        return [written] if isinstance(written, str) else written

    @field_validator("name")
    @classmethod
    def _no_colon(cls, name: str) -> str:
        if ":" in name or name != name.strip():
            raise ValueError(f"A source's name holds no colon and no outer blanks, unlike '{name}'. Write it plainly.")
        return name

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str | None) -> str | None:
        known = package_files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
        if name is not None and name not in known:
            guess = did_you_mean(name, known) or "Example: Europe/London."
            raise ValueError(f"There is no time zone '{name}'. {guess}")
        return name

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, written: str | None) -> str | None:
        if written is None:
            return None
        delimiter = {"tab": "\t", "\\t": "\t"}.get(written, written)
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
            raise ValueError(f"'delimiter' must be one character, not '{written}'. Write ';' or tab, say.")
        return delimiter

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            return codecs.lookup(name).name
        except LookupError:
            guess = did_you_mean(name, ("utf-8", "latin-1", "cp1252", "utf-16", "iso-8859-15"))
            raise ValueError(f"There is no encoding '{name}'. {guess or 'Example: latin-1.'}") from None

    @field_validator(
        "where", "event_column", "customer", "anonymous", "account", "time", "id", "group", "currency_column"
    )
    @classmethod
    def _row_expression(cls, text: str | None) -> str | None:
        if text is not None:
            _check(text, aggregates=False)
        return text

    @field_validator("properties", "traits")
    @classmethod
    def _expressions(cls, mapping: dict[str, str]) -> dict[str, str]:
        for text in mapping.values():
            _check(text, aggregates=True)
        return mapping

    @field_validator("query")
    @classmethod
    def _one_select(cls, text: str | None, info: ValidationInfo) -> str | None:
        # that of a database is in a language of its own, which only the database checks
        if text is not None and "database" in info.data and info.data["database"] is None:
            try:
                parse_query(text)
            except SourceError as error:
                raise ValueError(str(error)) from None
        return text

    @field_validator("database")
    @classmethod
    def _named_database(cls, written: str | None) -> str | None:
        return None if written is None else database_name(written)

    @field_validator("overlap")
    @classmethod
    def _a_stretch(cls, written: str | None) -> str | None:
        if written is not None and not written.strip().isdigit():
            seconds("overlap", written)
        return written

    @model_validator(mode="after")
    def _of_a_database(self) -> Source:
        if self.database and not self.query:
            raise ValueError(
                f"The source '{self.name}' has a database but no query. Write the SELECT of its rows as `query:`."
            )
        if self.database and (self.folders or self.format):
            raise ValueError(f"The source '{self.name}' reads a database. It needs no folders and no format.")
        if not self.database and (self.cursor or self.overlap):
            raise ValueError(
                f"The source '{self.name}' has a cursor but no database. Files are read when they change, without one."
            )
        if self.overlap and not self.cursor:
            raise ValueError(f"The source '{self.name}' has an overlap but no cursor. Name the `cursor` column.")
        if self.cursor and self.group:
            raise ValueError(
                f"The source '{self.name}' has a cursor and a group, of which some rows alone may be new. Let the "
                "query bring one row an event, with GROUP BY, and name its `id`."
            )
        if self.cursor and not self.id:
            raise ValueError(
                f"The source '{self.name}' has a cursor but no id. Rows are read again, so name the `id` column, by "
                "which they are known."
            )
        return self

    @model_validator(mode="after")
    def _whole(self) -> Source:
        if bool(self.files) == bool(self.query):
            raise ValueError(
                f"The source '{self.name}' needs either files or a query. Name the files it reads, or write a SELECT."
            )
        if self.event and self.event_column:
            raise ValueError(
                f"The source '{self.name}' has both event and event_column. Keep `event` for one fixed name, "
                "`event_column` for names that stand in the rows."
            )
        if not (self.event or self.event_column or self.traits):
            raise ValueError(
                f"The source '{self.name}' sets neither an event nor traits. Add `event: Order Completed`, say."
            )
        if not (self.customer or self.anonymous or self.account):
            raise ValueError(
                f"The source '{self.name}' does not say whose events these are. Name the `customer` column, or write "
                "`customer: none` for facts without a customer."
            )
        if self.traits and not (self.customer_expression or self.anonymous):
            raise ValueError(f"The source '{self.name}' has traits but no customer. Name the `customer` column.")
        if self.folders and not self.query:
            raise ValueError(f"The source '{self.name}' has folders but no query. Files need no `folders`.")
        return self

    @property
    def customer_expression(self) -> str | None:
        """The SQL expression of the customer's id; None for facts without a customer."""
        return None if self.customer is None or self.customer.strip().lower() == NOBODY else self.customer

    @property
    def event_type(self) -> EventType:
        """The kind of message that the rows become."""
        return self.type or ("track" if self.event or self.event_column else "identify")


@lru_cache(maxsize=4096)
def _check(text: str, *, aggregates: bool) -> None:
    """Raises ValueError where `text` can be neither an expression nor the name of a column."""
    try:
        parse_expression(text, aggregates=aggregates)
    except ExpressionSyntaxError as error:
        # a column may be named in plain words, and only the file tells which there are
        if not _PLAIN_WORDS.fullmatch(text):
            raise ValueError(str(error)) from None
    except SourceError as error:
        raise ValueError(str(error)) from None
