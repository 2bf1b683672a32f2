"""A condition's text beside the structure found in it: places, literals, and errors at a place."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tenure.errors import ConditionError
from tenure.expressions.scan import Token
from tenure.expressions.tree import Span

_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a condition; `tokens` are its words by where they start, `shift` what stands before the text.

    `where` tells that names are properties of one event.
    """

    text: str
    tokens: Mapping[int, Token]
    shift: int
    where: bool

    def span(self, node: ast.expr | ast.keyword) -> Span:
        """The characters that `node` was read from."""
        start = node.col_offset - self.shift
        return Span(start, max(start + 1, (node.end_col_offset or 0) - self.shift))

    def shown(self, node: ast.expr) -> str:
        """The text of `node` on one line, cut short."""
        span = self.span(node)
        flat = " ".join(self.text[span.start : span.end].split())
        return flat if len(flat) <= _LONGEST_SHOWN else flat[: _LONGEST_SHOWN - 1] + "…"

    def value(self, node: ast.Constant) -> Decimal | str | bool | None:
        """The value of a literal: exact, as written."""
        token = self.tokens[node.col_offset]
        if token.kind == "name":
            return {"True": True, "False": False}.get(token.written)
        return token.value

    def string(self, node: ast.expr) -> str | None:
        """The text that `node` is; None where it is none."""
        value = self.value(node) if isinstance(node, ast.Constant) else None
        return value if isinstance(value, str) else None

    def error(self, node: ast.expr | ast.keyword, message: str, hint: str = "") -> ConditionError:
        """The error of `node`, to be raised."""
        span = self.span(node)
        return ConditionError(message, text=self.text, start=span.start, end=span.end, hint=hint)
