"""Text files as Arrow, a block at a time: CSV of any dialect and encoding, and JSON Lines.

Every cell is text. Rows that do not fit the header, or are not in the file's encoding, are set aside with their line;
whatever makes the file as a whole unreadable raises SourceError.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from tenure.errors import SourceError
from tenure.ingest.source import Format, Source

BLOCK = 16 << 20
HEAD = 64 << 10
SAMPLE_ROWS = 20_000
MAX_MALFORMED = 100_000
RAW_LENGTH = 2_000
POSITION = "position"

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".psv": "csv", ".dat": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}  # fmt: skip
_PACKED = (".gz", ".zst", ".bz2")
_DELIMITERS = ",;\t|"
# a line of JSON cannot hold this character, so that no line is split
_NEVER = "\x01"
_MAGIC = {b"PK\x03\x04": "a zip archive or spreadsheet", b"PAR1": "a Parquet file", b"%PDF": "a PDF document",
          b"\x1f\x8b": "a gzip archive", b"\x28\xb5\x2f\xfd": "a zstd archive", b"\xd0\xcf\x11\xe0": "a spreadsheet",
          b"SQLite format": "an SQLite database"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A row that could not be read: its line, why, and what stood there."""

    position: int
    reason: str
    raw: str


@dataclass(slots=True, kw_only=True)
class TextFile:
    """A text file that is being read: `columns`, a `sample` of the first rows, and all `batches`, to be taken once.

    Columns of the batches are c0, c1 … and `position`, the line of the row; `malformed` fills up on the way, and
    `failures` takes what ended the reading: the engine that pulls the batches tells only that something did.
    """

    path: Path
    columns: tuple[str, ...]
    sample: pa.Table
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    malformed: list[Malformed] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)


def format_of(path: Path, source: Source) -> Format:
    """What the file is, by the source's `format` or its name."""
    if source.format:
        return source.format
    name = path.with_suffix("") if path.suffix.lower() in _PACKED else path
    known = _SUFFIXES.get(name.suffix.lower())
    if known is None:
        raise SourceError(
            f"The name of {path} does not tell what kind of file it is.", hint="Add `format: csv` (parquet, jsonl)."
        )
    return known


def read_delimited(path: Path, source: Source) -> TextFile:
    """A CSV file; its first row names the columns."""
    head = _below(_head(path, source.encoding), source.skip)
    delimiter = source.delimiter or _delimiter(head)
    malformed: list[Malformed] = []
    blocks = _blocks(path, source.encoding, delimiter, malformed, quoted=True, skip=source.skip)
    first = next(blocks, None)
    if first is None:
        raise SourceError(f"{path} is empty.", hint="Export it again, with a header line.")
    header = [str(value.as_py() or "").strip() for value in (first.column(i)[0] for i in range(first.num_columns - 1))]
    columns = _unique(header)
    return _text_file(path, columns, chain([first.slice(1)], blocks), first.schema, malformed)


def read_lines(path: Path, source: Source) -> TextFile:
    """A JSON Lines file; its one column c0 is the line."""
    head = _head(path, source.encoding)
    if head.lstrip().startswith("["):
        raise SourceError(
            f"{path} is one JSON array, and JSON Lines has one object a line.",
            hint="Write one object a line, or use `query: SELECT * FROM read_json('…')`.",
        )
    malformed: list[Malformed] = []
    blocks = _blocks(path, source.encoding, _NEVER, malformed, quoted=False)
    first = next(blocks, None)
    if first is None:
        raise SourceError(f"{path} is empty.", hint="Export it again.")
    return _text_file(path, ("line",), chain([first], blocks), first.schema, malformed)


def _text_file(
    path: Path,
    columns: tuple[str, ...],
    blocks: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    malformed: list[Malformed],
) -> TextFile:
    seen: deque[pa.RecordBatch] = deque()
    rows = 0
    while rows < SAMPLE_ROWS and (block := next(blocks, None)) is not None:
        seen.append(block)
        rows += block.num_rows
    sample = pa.Table.from_batches(seen, schema=schema).slice(0, SAMPLE_ROWS)
    return TextFile(
        path=path, columns=columns, sample=sample, schema=schema, batches=chain(seen, blocks), malformed=malformed
    )


def _head(path: Path, encoding: str) -> str:
    """The first lines as text; raises SourceError where the file is plainly not text."""
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            head = bytes(stream.read(HEAD))
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    if not head and path.suffix.lower() in _PACKED and path.stat().st_size > len(gzip.compress(b"")):
        raise SourceError(f"{path} is damaged or cut short.", hint="Copy or export the archive again.")
    if not head.strip():
        raise SourceError(f"{path} is empty.", hint="Export it again, with a header line.")
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise SourceError(f"{path} is {what}, not a text file.", hint="Export it as CSV, or name it as what it is.")
    wide = encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32"))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not wide:
        raise SourceError(f"{path} is not in {encoding}: it begins like UTF-16.", hint="Add `encoding: utf-16`.")
    if b"\0" in head and not wide:
        raise SourceError(f"{path} is a binary file, not a text file.", hint="Export it as CSV, Parquet or JSON Lines.")
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    text = decoder.decode(head).removeprefix("\ufeff")
    lines = text.splitlines() or [""]
    damaged = sum("\ufffd" in line for line in lines)
    if "\ufffd" in lines[0] or (damaged > 1 and damaged * 100 >= len(lines)):
        raise _encoding_error(path, encoding, next(n for n, line in enumerate(lines, 1) if "\ufffd" in line))
    return text


def _delimiter(head: str) -> str:
    """The sign that splits the first lines into equally many columns, the comma where none does."""
    best, best_score = ",", (0.0, 1)
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(head), delimiter=delimiter) if row][:100]
        except csv.Error:
            continue
        # the last row may be cut
        rows = rows[:-1] if len(rows) > 1 and not head.endswith("\n") else rows
        width = len(rows[0]) if rows else 1
        score = (sum(len(row) == width for row in rows) / max(len(rows), 1), width)
        if width > 1 and (score[0] >= 0.5) and score > best_score:
            best, best_score = delimiter, score
    return best


def _blocks(
    path: Path, encoding: str, delimiter: str, malformed: list[Malformed], *, quoted: bool, skip: int = 0
) -> Iterator[pa.RecordBatch]:
    """The rows of the file below its first `skip` lines, header included, with their lines."""
    bad: dict[int, tuple[str, str]] = {}
    width = _width(_below(_head(path, encoding), skip), delimiter, quoted=quoted)

    def set_aside(row: pacsv.InvalidRow) -> str:
        columns = f"{row.actual_columns} column{'s' if row.actual_columns != 1 else ''}"
        bad[row.number] = (f"{columns} where the header has {row.expected_columns}", row.text)
        return "skip"

    lines = _Lines(bad, malformed, row=skip, line=skip)
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            reader = pacsv.open_csv(
                stream,
                read_options=pacsv.ReadOptions(
                    use_threads=False, block_size=BLOCK, autogenerate_column_names=True, encoding=encoding,
                    skip_rows=skip,
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted,
                    ignore_empty_lines=False, invalid_row_handler=set_aside,
                ),
                convert_options=pacsv.ConvertOptions(
                    strings_can_be_null=False, null_values=[],
                    column_types={f"f{i}": pa.binary() for i in range(width)},
                ),
            )  # fmt: skip
            for batch in reader:
                if batch.num_rows:
                    yield lines.placed(batch)
                _check_malformed(path, lines)
    except UnicodeDecodeError as error:
        raise _encoding_error(path, encoding, lines.line) from error
    except (pa.ArrowException, OSError) as error:
        if "straddling" in str(error):
            raise SourceError(
                f"Line {lines.line + 1} of {path}, or one soon after it, is longer than {BLOCK >> 20} MB.",
                hint="Look for a quote that is left open, or a file that is no table.",
            ) from error
        if "Empty CSV" in str(error):
            return
        if "CSV parse error" in str(error):
            raise _encoding_error(path, encoding, lines.line + 1) from error
        raise _unreadable(path, error) from error
    lines.finish()
    _check_malformed(path, lines)


def _check_malformed(path: Path, lines: _Lines) -> None:
    """Raises SourceError where so many lines do not fit the header that it must be the reading."""
    if len(lines.malformed) + len(lines.bad) > MAX_MALFORMED:
        lines.finish()
        raise SourceError(
            f"More than {MAX_MALFORMED:,} lines of {path} do not fit its header; the first is line "
            f"{lines.malformed[0].position}: {lines.malformed[0].reason}.",
            hint="Check `delimiter:`, and whether a quote is left open.",
        )


def _width(head: str, delimiter: str, *, quoted: bool) -> int:
    """How many columns the first row has, at least."""
    if not quoted:
        return 1
    return len(next(csv.reader(io.StringIO(head), delimiter=delimiter), [])) + 1


def _below(head: str, skip: int) -> str:
    """The text without its first lines."""
    return "".join(head.splitlines(keepends=True)[skip:])


@dataclass(slots=True)
class _Lines:
    """Counts lines: rows in the order of the file, those set aside between them, line breaks inside quotes."""

    bad: dict[int, tuple[str, str]]
    malformed: list[Malformed]
    row: int = 0
    line: int = 0

    def placed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its cells as text and the line of each row, without blank rows."""
        cells = [batch.column(i) for i in range(batch.num_columns)]
        breaks = np.zeros(batch.num_rows, dtype=np.int64)
        for cell in cells:
            data = cell.buffers()[2]
            if data is not None and (np.frombuffer(data, dtype=np.uint8) == 10).any():
                breaks += np.array([value.count(b"\n") for value in cell.to_pylist()], dtype=np.int64)
        numbers = self._numbers(batch.num_rows)
        lines = self._places(numbers, breaks)
        keep = np.zeros(batch.num_rows, dtype=bool)
        for cell in cells:
            keep |= np.diff(_offsets(cell)) > 0
        texts = []
        for cell in cells:
            try:
                texts.append(cell.cast(pa.string()))
            except pa.ArrowInvalid:
                values = cell.to_pylist()
                valid = [_text(value) for value in values]
                for i, text in enumerate(valid):
                    if text is None and keep[i]:
                        keep[i] = False
                        raw = ",".join(c[i].as_py().decode("utf-8", "replace") for c in cells)
                        self.malformed.append(
                            Malformed(position=int(lines[i]), reason="the line is not UTF-8 (see `encoding:`)", raw=raw)
                        )
                texts.append(pa.array([text or "" for text in valid], type=pa.string()))
        placed = pa.RecordBatch.from_arrays(
            [*texts, pa.array(lines)], names=[*(f"c{i}" for i in range(len(texts))), POSITION]
        )
        return placed if keep.all() else placed.filter(pa.array(keep))

    def finish(self) -> None:
        """Sets the last malformed rows aside."""
        self._numbers(0, rest=True)

    def _numbers(self, count: int, *, rest: bool = False) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The numbers of the next `count` good rows."""
        if not self.bad:
            numbers = np.arange(self.row + 1, self.row + count + 1, dtype=np.int64)
        else:
            candidates = np.arange(self.row + 1, self.row + count + len(self.bad) + 1, dtype=np.int64)
            numbers = candidates[~np.isin(candidates, np.fromiter(self.bad, dtype=np.int64))][:count]
        last = int(numbers[-1]) if count else self.row
        if rest and self.bad:
            last = max(last, *self.bad)
        self.row = last
        if rest:
            self._places(numbers, np.zeros(0, dtype=np.int64))
        return numbers

    def _places(
        self, numbers: np.ndarray[tuple[int], np.dtype[np.int64]], breaks: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The lines on which the rows of these numbers begin; malformed rows among them are set aside."""
        here = sorted(number for number in self.bad if number <= self.row)
        everything = np.concatenate([numbers, np.array(here, dtype=np.int64)])
        order = np.argsort(everything, kind="stable")
        heights = np.concatenate([breaks + 1, np.array([self.bad[n][1].count("\n") + 1 for n in here], dtype=np.int64)])
        ends = np.empty(len(everything), dtype=np.int64)
        ends[order] = self.line + np.cumsum(heights[order])
        starts = ends - heights + 1
        for number, line in zip(here, starts[len(numbers) :].tolist(), strict=True):
            reason, raw = self.bad.pop(number)
            self.malformed.append(Malformed(position=line, reason=reason, raw=raw[:RAW_LENGTH]))
        if len(ends):
            self.line = int(ends.max())
        placed: np.ndarray[tuple[int], np.dtype[np.int64]] = starts[: len(numbers)]
        return placed


def _offsets(cell: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    buffer = cell.buffers()[1]
    return np.frombuffer(buffer, dtype=np.int32)[cell.offset : cell.offset + len(cell) + 1]


def _text(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unique(header: list[str]) -> tuple[str, ...]:
    """The column names: blanks get one, a second of the same name a number."""
    columns: list[str] = []
    taken: set[str] = set()
    for number, written in enumerate(header, 1):
        name = base = written or f"column{number}"
        copy = 2
        while name.casefold() in taken:
            name, copy = f"{base}_{copy}", copy + 1
        taken.add(name.casefold())
        columns.append(name)
    return tuple(columns)


def _encoding_error(path: Path, encoding: str, line: int) -> SourceError:
    other = "utf-8" if encoding != "utf-8" else "latin-1 (or cp1252)"
    return SourceError(f"Line {line} of {path} is not in {encoding}.", hint=f"Add `encoding: {other}` to the source.")


def _unreadable(path: Path, error: Exception) -> SourceError:
    text = str(error)
    if isinstance(error, FileNotFoundError):
        return SourceError(f"There is no file {path}.", hint="Check `files:`.")
    if isinstance(error, PermissionError):
        return SourceError(f"{path} may not be read.", hint="Check who may read it.")
    if any(sign in text.lower() for sign in ("compressed stream", "zlib", "zstd", "bz2", "gzip")):
        return SourceError(
            f"{path} is damaged or cut short: {text.splitlines()[0]}.", hint="Copy or export the archive again."
        )
    return SourceError(f"{path} cannot be read: {text.splitlines()[0] if text else type(error).__name__}.")
