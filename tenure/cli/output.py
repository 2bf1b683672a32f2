"""Where a listing goes and in what form: `--format table|csv|json` and `-o FILE`, the same for every command."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from tenure.cli.faults import say
from tenure.errors import TenureError, UsageError
from tenure.wording import several

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen

_SUFFIXES = {".csv": "csv", ".json": "json"}


class Format(StrEnum):
    """The form of a listing."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format", metavar="FORM", help="table, csv or json. Default: by the name of FILE, else a table to read."
    ),
]
OutputOption = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to FILE.")]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a command found: `rows` for files, `show` for a reader, `document` where JSON has more to say."""

    rows: Callable[[], pa.Table]
    show: Callable[[Screen], None]
    document: Callable[[], object] | None = None


def give(listing: Listing, form: Format | None, file: Path | None) -> None:
    """Nothing; writes the listing to stdout, or to `file`, which appears whole or not at all."""
    chosen = form or (_by_name(file) if file else Format.TABLE)
    written = ""
    with _stream(file) as stream:
        match chosen:
            case Format.TABLE:
                from tenure.cli.screen import Screen

                with Screen.on(stream if file else None) as screen:
                    listing.show(screen)
            case Format.JSON if listing.document is not None:
                stream.write(json.dumps(listing.document(), ensure_ascii=False, indent=2).encode() + b"\n")
            case _:
                from tenure.cli.rows import write_csv, write_json

                rows = listing.rows()
                (write_csv if chosen is Format.CSV else write_json)(rows, stream)
                written = several(rows.num_rows, "row")
    if file:
        say(f"{written or 'It is'} written to {file}.")


def write_text(text: str, file: Path | None) -> None:
    """Nothing; writes a text to stdout, or to `file`, which appears whole or not at all."""
    write_bytes(text.encode(), file)


def write_bytes(content: bytes, file: Path | None) -> None:
    """Nothing; writes bytes to stdout, or to `file`, which appears whole or not at all."""
    with _stream(file) as stream:
        stream.write(content)
    if file:
        say(f"It is written to {file}.")


@contextmanager
def _stream(file: Path | None) -> Iterator[BinaryIO]:
    if file is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with _refusals(file):
        mode = file.stat().st_mode if file.exists() else None
    if mode is not None and stat.S_ISDIR(mode):
        raise UsageError(f"{file} is a folder.", hint="Name a file.")
    if mode is not None and not stat.S_ISREG(mode):
        # a pipe or a device takes what comes
        with _refusals(file), file.open("wb") as stream:
            yield stream
        return
    # a link keeps pointing where it does
    target = Path(os.path.realpath(file))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with _refusals(file):
            stream = part.open("wb")
        with _refusals(file), stream:
            yield stream
        with _refusals(file):
            if mode is not None:
                part.chmod(stat.S_IMODE(mode))
            part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if not file.parent.is_dir():
            raise UsageError(f"There is no folder {file.parent}.", hint="Make it, or name another file.") from None
        reason = (error.strerror or str(error)).lower()
        raise TenureError(f"{file} cannot be written: {reason}.", hint="Name another file with -o.") from None


def _by_name(file: Path) -> Format:
    return Format(_SUFFIXES.get(file.suffix.lower(), "table" if file.suffix.lower() == ".txt" else "csv"))
