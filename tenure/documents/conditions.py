"""Errors of a condition, told at their place in the file that the condition was read from."""

from __future__ import annotations

import re

from tenure.documents.document import Document, Mark, Path
from tenure.errors import ConditionError, Problem

_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_WIDTH = 110


def condition_problem(error: ConditionError, document: Document, path: Path) -> Problem:
    """`error`, raised for the text at `path`, as a problem of the file: line, column, and a caret under it.

    Where the characters cannot be traced back to the file (the condition was not taken as written), the place is that
    of the text, and the caret stands under the condition itself.
    """
    mark = document.marks.get(path)
    value = document.value(path)
    traced = origins(document.text, mark, value) if mark and isinstance(value, str) else None
    # blanks around the text may have been taken off before it was parsed
    shift = value.find(error.text) if isinstance(value, str) else -1
    sentence = f"{error.message} {error.hint}".rstrip()
    if traced is None or shift < 0:
        line, column = document.place(path)
        caret = str(error).split("\n", 1)[-1]
        return Problem(file=document.file, line=line, column=column, message=f"{sentence}\n{caret}")
    first, last = shift + error.start, min(shift + error.end, len(traced)) - 1
    start = traced[first] if first < len(traced) else traced[-1] + 1
    end = max(start, traced[last]) + 1
    line, column = document.at(start)
    text, shown_column = _cropped(document.line(line).replace("\t", " "), column)
    marks = "^" * max(1, min(end - start, len(text) - shown_column + 1))
    caret = f"    {text}\n    {' ' * (shown_column - 1)}{marks}"
    return Problem(file=document.file, line=line, column=column, message=f"{sentence}\n{caret}")


def origins(text: str, mark: Mark, value: str) -> list[int] | None:
    """The index in the file of each character of a scalar's value; None where the two do not match.

    YAML folds line ends and indentation; everything else of a scalar stands in the file in the same order, so the two
    texts are walked side by side, blanks of either being skipped.
    """
    at, end = mark.start, mark.end
    if mark.style in ("single", "double"):
        at, end = at + 1, end - 1
    elif mark.style == "block":
        at = text.find("\n", at, end) + 1
    found: list[int] = []
    for character in value:
        if character.isspace() and not (mark.style == "double" and text[at] == "\\"):
            found.append(min(at, end - 1))
            at += at < end and text[at].isspace()
            continue
        while at < end and (text[at].isspace() or (mark.style == "double" and text[at : at + 2] == "\\\n")):
            at += 1 + (text[at] == "\\")
        if at >= end:
            return None
        found.append(at)
        escape = _ESCAPE.match(text, at, end) if mark.style == "double" else None
        if escape:
            at = escape.end()
        elif text[at] == character:
            at += 2 if mark.style == "single" and character == "'" else 1
        else:
            return None
    return found


def _cropped(text: str, column: int) -> tuple[str, int]:
    """The part of a long line around `column`, and the column in it."""
    if len(text) <= _WIDTH:
        return text.rstrip(), column
    start = max(0, min(column - 1 - _WIDTH // 2, len(text) - _WIDTH))
    cut = text[start : start + _WIDTH]
    if start:
        cut = "…" + cut[1:]
    if start + _WIDTH < len(text):
        cut = cut[:-1] + "…"
    return cut.rstrip(), column - start
