"""Sources as the text of `tenure.yaml`, and the query that reads columns which runs of blanks separate."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from tenure.ingest.dialect import Dialect
from tenure.warehouse.source_sql import quote_text

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./()+-]*(?: [A-Za-z0-9_./()*+-]+)*")
_NOT_TEXT = frozenset("true false yes no on off null y n nan inf".split())
_MEANT = {
    "where": "which rows are read",
    "group": "rows that share this are the lines of one order",
    "id": "what makes a second import harmless",
    "customer": "whose it is; rows without are set aside (`tenure rejected`)",
    "time": "when it happened",
}


def written_sources(sources: Sequence[Mapping[str, object]]) -> str:
    """The `sources:` entry of a workspace's file, one source after the other, with a word on each choice."""
    lines = ["sources:"]
    told: set[str] = set()
    for source in sources:
        start = "  - "
        for key, value in source.items():
            comment = f"  # {_MEANT[key]}" if key in _MEANT and key not in told else ""
            told.add(key)
            lines += _entry(start, key, value, comment)
            start = "    "
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """The text as a YAML scalar of one line: as it is where that means the text, else in quotes."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _NOT_TEXT:
        return text
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def blank_separated(path: str, written: Dialect) -> str:
    """The SELECT over a file whose columns runs of blanks separate; every column is text."""
    columns = ",\n       ".join(f"f[{place}] AS {_identifier(name)}" for place, name in enumerate(written.columns, 1))
    encoding = f", encoding = {quote_text(_ENCODINGS[written.encoding])}" if written.encoding in _ENCODINGS else ""
    return (
        f"SELECT {columns}\n"
        "FROM (SELECT regexp_split_to_array(trim(line), '\\s+') AS f\n"
        f"      FROM read_csv({quote_text(path)}, columns = {{'line': 'VARCHAR'}}, header = false, skip = 1,\n"
        f"                    delim = '\\x01', quote = '', escape = ''{encoding}))"
    )


_ENCODINGS = {"cp1252": "latin-1", "latin-1": "latin-1", "utf-16": "utf-16"}


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _entry(start: str, key: str, value: object, comment: str) -> list[str]:
    if isinstance(value, Mapping):
        inner = " " * (len(start) + 2)
        return [f"{start}{key}:{comment}", *(f"{inner}{name}: {scalar(str(text))}" for name, text in value.items())]
    text = str(value)
    if "\n" in text:
        inner = " " * (len(start) + 2)
        return [f"{start}{key}: |-", *(f"{inner}{line}" for line in text.split("\n"))]
    if "'" in text and '"' in text and not text.startswith(" "):
        # no quotes around quotes
        return [f"{start}{key}: >-{comment}", f"{' ' * (len(start) + 2)}{text}"]
    return [f"{start}{key}: {scalar(text)}{comment}"]
