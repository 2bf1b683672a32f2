"""What one entry of `exports:` says: which tables go where, and when."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from tenure.documents import Texts, did_you_mean
from tenure.ingest.schedule import Scheduled
from tenure.warehouse.databases import database_name

TABLES = ("customers", "stages", "segments", "history", "moves", "scores")

Target = Literal["parquet", "csv", "postgresql"]


class ExportSpec(Scheduled):
    """A copy of what is known of everybody, kept up to date elsewhere: files in a folder, or tables of a database."""

    name: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$")
    """What the export is called: letters, digits, _ and -."""
    to: Target
    """Where it goes: parquet or csv (files), or postgresql (tables)."""
    folder: str | None = None
    """For files: the folder they go to. Default: exports/ and the export's name."""
    database: str | None = None
    """For postgresql: the name of the environment variable with the database's URL."""
    schema_name: str = Field(default="tenure", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")
    """For postgresql: the schema in which the tables are made."""
    tables: Texts = TABLES
    """Which tables: customers, stages, segments, history, moves, scores. Default: all of them."""
    every: str | None = None
    """How often `tenure serve` runs it: 15 minutes, 2 days. Default: 1 hour."""
    at: Texts = ()
    """Instead of `every`: the time of day at which it runs, or a list of them, by the workspace's clock: "03:00"."""

    @field_validator("database")
    @classmethod
    def _named_database(cls, written: str | None) -> str | None:
        return None if written is None else database_name(written)

    @field_validator("tables")
    @classmethod
    def _known_tables(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for one in written:
            if one not in TABLES:
                guess = did_you_mean(one, TABLES) or f"There are: {', '.join(TABLES)}."
                raise ValueError(f"There is no table '{one}' to export. {guess}")
        return tuple(dict.fromkeys(written))

    @model_validator(mode="after")
    def _whole(self) -> ExportSpec:
        if self.to == "postgresql" and (not self.database or self.database.startswith("sqlite:")):
            raise ValueError(
                f"The export '{self.name}' goes to PostgreSQL, but names no `database`. Name the environment variable "
                "with its URL, such as WAREHOUSE_URL."
            )
        if self.to == "postgresql" and self.folder:
            raise ValueError(f"The export '{self.name}' goes to PostgreSQL. It needs no folder.")
        if self.to != "postgresql" and self.database:
            raise ValueError(
                f"The export '{self.name}' goes to files. It needs no database; or write `to: postgresql`."
            )
        return self
