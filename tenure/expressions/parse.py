"""Conditions, values and filters from text.

    parse("count(order) >= 1")              the tree of a condition
    parse_value("sum(order)")               the tree of a value
    parse_where("survey == 'nps'")          the tree of an event's filter: names are the event's properties

Python's `ast` finds the structure; nothing is ever evaluated. What it is given holds no character of the user's texts
and numbers: they are masked, so that its places count characters and its own limits never show. Every fault is a
ConditionError at its place.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

from tenure.errors import ConditionError
from tenure.expressions.build import Builder
from tenure.expressions.functions import MAX_CHARACTERS, MAX_DEPTH
from tenure.expressions.scan import Token, scan
from tenure.expressions.source import Source
from tenure.expressions.syntax import check_order, too_deep
from tenure.expressions.tree import Condition, Value

_OPENING = 1
"""The bracket around the masked text, which lets it run over several lines."""


def parse(text: str) -> Condition:
    """The tree of the condition `text`; ConditionError where it is none."""
    builder, root = _structure(text, where=False)
    return builder.condition(root)


def parse_value(text: str) -> Value:
    """The tree of the value `text`, such as a measure of money; ConditionError where it is none."""
    builder, root = _structure(text, where=False)
    return builder.value(root)


def parse_where(text: str) -> Condition:
    """The tree of an event's filter: bare names are the event's own properties, and there are no functions."""
    builder, root = _structure(text, where=True)
    return builder.condition(root)


def structure(text: str) -> tuple[Source, ast.expr]:
    """The text with its places, and the structure found in it: for languages that extend this one."""
    builder, root = _structure(text, where=False)
    return builder.source, root


# the same few hundred texts, those of the library, are read each time that a workspace opens
@lru_cache(maxsize=1024)
def _structure(text: str, *, where: bool) -> tuple[Builder, ast.expr]:
    _check_characters(text)
    tokens = scan(text)
    check_order(text, tokens)
    try:
        root = ast.parse(f"({_masked(text, tokens)})", mode="eval").body
    except SyntaxError as error:
        raise _unreadable(text, tokens, (error.offset or 1) - 1 - _OPENING) from None
    except (RecursionError, MemoryError, ValueError):
        raise too_deep(text, 0, len(text)) from None
    _check_depth(text, root)
    words = {token.start + _OPENING: token for token in tokens}
    return Builder(Source(text, words, _OPENING, where)), root


def _check_characters(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise ConditionError(
            f"The condition has {len(text):,} characters; at most {MAX_CHARACTERS:,} are allowed.",
            text=text,
            start=MAX_CHARACTERS,
            end=len(text),
            hint="Take it apart: give a part of it a segment or a stage of its own.",
        )
    for at, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            # the text of the error must be one that can be printed
            shown = "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)
            raise ConditionError(
                f"Half a character (U+{ord(character):04X}) stands here; the text was damaged on its way.",
                text=shown,
                start=at,
                hint="Save it again as UTF-8.",
            )


def _masked(text: str, tokens: Sequence[Token]) -> str:
    """`text` with blanks for blanks and comments, and every number and text replaced by one of equal length."""
    masked = [" "] * len(text)
    for token in tokens:
        length = token.end - token.start
        if token.kind == "number":
            masked[token.start : token.end] = "1" * length
        elif token.kind == "text":
            masked[token.start : token.end] = f"'{'x' * (length - 2)}'"
        else:
            masked[token.start : token.end] = token.written
    return "".join(masked)


def _unreadable(text: str, tokens: Sequence[Token], at: int) -> ConditionError:
    token = next((token for token in tokens if token.end > at), tokens[-1])
    return ConditionError(
        f"The condition cannot be read from '{token.written}' on.",
        text=text,
        start=token.start,
        end=token.end,
        hint="Look at the words around it; brackets show what belongs together.",
    )


def _check_depth(text: str, root: ast.expr) -> None:
    """Raise ConditionError where the tree is too deep to be walked by recursion; walks it without."""
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (part.value if isinstance(part, ast.keyword) else part for part in ast.iter_child_nodes(node))
            if isinstance(child, ast.expr)
        ]
        if not level:
            return
    first = level[0]
    start = first.col_offset - _OPENING
    raise too_deep(text, start, (first.end_col_offset or start + 1) - _OPENING)
