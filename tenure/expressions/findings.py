"""What checking a condition found: errors and cautions, each at its characters."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenure.errors import ConditionError
from tenure.expressions.scan import Token, scan
from tenure.expressions.tree import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """A condition that can be read and is probably not meant so: what it does, and what to write instead.

    `start` and `end` are characters of the condition, from 0, `end` exclusive.
    """

    start: int
    end: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


@dataclass(slots=True)
class Findings:
    """Errors and cautions gathered while a condition of the text `text` is walked."""

    text: str
    errors: list[ConditionError] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)
    tokens: tuple[Token, ...] | None = None

    def error(self, span: Span, message: str, hint: str = "") -> None:
        """Add an error at `span`."""
        self.errors.append(ConditionError(message, text=self.text, start=span.start, end=span.end, hint=hint))

    def caution(self, span: Span, message: str, hint: str = "") -> None:
        """Add a caution at `span`."""
        self.cautions.append(Caution(start=span.start, end=max(span.end, span.start + 1), message=message, hint=hint))

    def place(self, span: Span, name: str, *, last: bool = False) -> Span:
        """The characters of `name` within `span`: its first place there, or its last; `span` where it is not there."""
        if self.tokens is None:
            try:
                self.tokens = scan(self.text)
            except ConditionError:  # the text is not the one that was parsed
                self.tokens = ()
        places = [
            Span(token.start, token.end)
            for token in self.tokens
            if span.start <= token.start
            and token.end <= span.end
            and name == (token.value if token.kind == "text" else token.written)
        ]
        return places[-1 if last else 0] if places else span
