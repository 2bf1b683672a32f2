"""How a foreign file is written: its format, encoding, delimiter and decimal sign, found in its first lines.

    found = dialect(path)
    found.format, found.delimiter, found.decimal, found.encoding        # 'csv', ';', ',', 'cp1252'

`blanks` marks columns that any run of blanks separates, as in many research files.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from tenure.errors import SourceError
from tenure.ingest.known_exports import at_top
from tenure.ingest.reading import HEAD, format_of
from tenure.ingest.source import Format, Source

# in the order of preference where several split the lines equally well
DELIMITERS = ",;\t|~^\x1f:"
SCANNED = 256 << 20
_BLOCK = 4 << 20
_LOOKED_AT = 200
_COMMA = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+),(?:[0-9]{1,2}|[0-9]{4,})")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_POINT = re.compile(r"[+-]?[0-9][0-9,]*\.(?:[0-9]{1,2}|[0-9]{4,})")
_SIGNS = re.compile(r"[£$€¥₹]|\b(?:EUR|USD|GBP|CHF|kr|zł)\b|\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a file is written; `named` tells whether its name says the format, `first` is its first line of text.

    `known` is the name of the export that its columns are those of, with `skip` lines above them.
    """

    format: Format
    named: bool = True
    encoding: str = "utf-8"
    delimiter: str | None = None
    decimal: Literal[".", ","] = "."
    blanks: bool = False
    columns: tuple[str, ...] = ()
    first: str = ""
    skip: int = 0
    known: str | None = None


def dialect(path: Path) -> Dialect:
    """How the file at `path` is written; what cannot be told is left at its default, and the reader says why."""
    head = _bytes(path)
    form, named = _format(path, head)
    if form == "parquet":
        return Dialect(format=form, named=named)
    encoding = _encoding(path, head)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head).removeprefix("\ufeff")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(head) == HEAD and len(lines) > 1:
        # the last line may be cut
        lines = lines[:-1]
    if form == "jsonl" or not lines or "\0" in text:
        return Dialect(format=form, named=named, encoding=encoding)
    if (found := at_top(text)) is not None:
        rows = list(csv.reader(io.StringIO("\n".join(text.splitlines()[found.line :])), delimiter=found.delimiter))
        return Dialect(
            format=form, named=named, encoding=encoding, delimiter=found.delimiter, decimal=_decimal(rows[:-1]),
            columns=found.columns, first=lines[0], skip=found.line, known=found.export.name,
        )  # fmt: skip
    delimiter, rows = _split("\n".join(lines))
    if delimiter is None and (blank_rows := _by_blanks(lines)):
        return Dialect(
            format=form, named=named, encoding=encoding, blanks=True, first=lines[0], columns=tuple(blank_rows[0]),
            decimal=_decimal(blank_rows),
        )  # fmt: skip
    return Dialect(
        format=form, named=named, encoding=encoding, delimiter=delimiter, decimal=_decimal(rows), first=lines[0],
        columns=tuple(cell.strip() for cell in rows[0]) if rows else (),
    )  # fmt: skip


def _bytes(path: Path) -> bytes:
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            return bytes(stream.read(HEAD))
    except (OSError, pa.ArrowException):
        # the reader says what is wrong
        return b""


def _format(path: Path, head: bytes) -> tuple[Format, bool]:
    probe = Source.model_construct(format=None)
    try:
        return format_of(path, probe), True
    except SourceError:
        start = head.lstrip()[:1]
        return ("parquet" if head.startswith(b"PAR1") else "jsonl" if start == b"{" else "csv"), False


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            decoder.decode(block)
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    try:
        for block in _blocks(path):
            block.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            for _ in range(SCANNED // _BLOCK):
                block = bytes(stream.read(_BLOCK))
                if not block:
                    return
                yield block
    except (OSError, pa.ArrowException):
        return


def _split(text: str) -> tuple[str | None, list[list[str]]]:
    """The sign that splits most lines into as many columns as the first, and the rows; None where no sign does."""
    best: str | None = None
    rows: list[list[str]] = []
    score = (0.0, 1)
    for delimiter in DELIMITERS:
        try:
            split = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row][:_LOOKED_AT]
        except csv.Error:
            continue
        width = len(split[0]) if split else 1
        share = sum(len(row) == width for row in split) / max(len(split), 1)
        if width > 1 and share >= 0.7 and (round(share, 1), width) > score:
            best, rows, score = delimiter, split, (round(share, 1), width)
    return best, rows


def _by_blanks(lines: list[str]) -> list[list[str]]:
    """The cells of the lines where runs of blanks split nearly all of them as they do the first; none otherwise."""
    rows = [line.split() for line in lines[:_LOOKED_AT]]
    width = len(rows[0])
    fitting = sum(len(row) == width for row in rows)
    return rows if width > 1 and len(rows) > 1 and fitting >= 0.98 * len(rows) else []


def _decimal(rows: list[list[str]]) -> Literal[".", ","]:
    cells = [_SIGNS.sub("", cell) for row in rows[1:] for cell in row]
    commas = sum(_COMMA.fullmatch(cell) is not None for cell in cells)
    points = sum(_POINT.fullmatch(cell) is not None and not _GROUPED.fullmatch(cell) for cell in cells)
    return "," if commas > points else "."
