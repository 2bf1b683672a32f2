"""Whether the words of a condition stand in an order that can be read, and what to say where they do not.

What passes here is handed to Python's parser; nearly all of its complaints are thus told in our own words before.
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from tenure.errors import ConditionError
from tenure.expressions.functions import FUNCTIONS, MAX_DEPTH
from tenure.expressions.names import cited, quoted
from tenure.expressions.scan import Token, length_hint, name_hint
from tenure.expressions.slips import CALENDAR, EQUALS, MISSING_WORDS, RESERVED_WORDS, UNITS, Slip

_JOINING = frozenset({"and", "or", "in", "is", "not"})
_LITERALS = frozenset({"True", "False", "None"})
_CLOSING = {"(": ")", "[": "]"}
_BEFORE_NOT = frozenset({"(", ",", "and", "or", "not", "is", "="})


@dataclass(slots=True)
class _Bracket:
    """An open bracket: of a call, of a quoted name, of a list after `in`, or one that groups."""

    token: Token
    kind: Literal["call", "index", "list", "group"]
    outside: int
    named: bool = False


def check_order(text: str, tokens: Sequence[Token]) -> None:
    """Return where the words can be read in this order; raise ConditionError at the first that cannot stand there."""
    if not tokens:
        raise ConditionError("The condition is empty.", text=text, hint="Write one, such as: count(order) >= 1")
    _Order(text, tokens).check()


class _Order:
    """One walk over the words; `complete` tells whether a whole value stands before the present one."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.open: list[_Bracket] = []
        self.complete = False
        self.prefixes = 0
        self.at = 0

    def check(self) -> None:
        for at, token in enumerate(self.tokens):
            self.at = at
            if token.kind == "sign":
                self.sign(token)
            elif token.kind == "name" and token.written in _JOINING and not self.after("."):
                self.joining(token)
            else:
                self.value(token)
            if len(self.open) + self.prefixes + sum(bracket.outside for bracket in self.open) > MAX_DEPTH:
                raise too_deep(self.text, token.start, token.end)
        if self.open:
            bracket = self.open[-1].token
            self.fail(
                f"This '{bracket.written}' is never closed.",
                bracket,
                hint=f"Close it with '{_CLOSING[bracket.written]}'.",
            )
        if not self.complete:
            last = self.tokens[-1]
            self.fail(f"Something is missing after {cited(last.written)}.", last, hint="Complete the condition.")

    def value(self, token: Token) -> None:
        if token.kind == "name":
            self.refuse_reserved(token)
        if self.after("."):
            if token.kind != "name":
                self.fail("A name is missing after the point.", self.tokens[self.at - 1], token)
            self.complete = True
            return
        if self.complete:
            self.side_by_side(token)
        if (
            token.kind == "number"
            and len(token.written) > 1
            and token.written[0] == "0"
            and token.written[1] not in ".eE"
        ):
            self.leading_zero(token)
        self.refuse_positional(token)
        self.complete, self.prefixes = True, 0

    def joining(self, token: Token) -> None:
        following = self.tokens[self.at + 1].written if self.at + 1 < len(self.tokens) else ""
        if token.written == "not":
            if self.complete:
                if following != "in":
                    self.side_by_side(token)
            elif self.at and self.tokens[self.at - 1].written not in _BEFORE_NOT:
                self.fail(
                    "'not' stands before a whole comparison, never inside one.",
                    token,
                    hint="Put it in front, or in brackets with its comparison.",
                )
            else:
                self.prefixes += 1
            return
        if not self.complete:
            self.missing_before(token)
        self.complete = False

    def sign(self, token: Token) -> None:
        if self.after("."):
            self.fail("A name is missing after the point.", self.tokens[self.at - 1], token)
        match token.written:
            case "(" | "[":
                self.opens(token)
            case ")" | "]":
                self.closes(token)
            case ",":
                self.comma(token)
            case ".":
                if not self.complete or self.tokens[self.at - 1].kind not in ("name", "sign"):
                    self.fail("This point joins nothing.", token, hint="It stands in names such as trait.plan")
                self.complete = False
            case "=":
                self.equals(token)
            case "-" if not self.complete:
                self.prefixes += 1
            case "+" if not self.complete and (not self.at or self.tokens[self.at - 1].written != "+"):
                self.fail("A plus sign in front of a value has no meaning.", token, hint="Leave it out.")
            case _:
                if not self.complete:
                    self.missing_before(token)
                self.complete = False

    def opens(self, token: Token) -> None:
        before = self.tokens[self.at - 1] if self.at else None
        kind: Literal["call", "index", "list", "group"] = "group"
        if self.complete and before:
            called = token.written == "(" and before.written in (")", "]")
            if before.kind in {"number", "text"} or before.written in _LITERALS or called:
                self.side_by_side(token)
            kind = "call" if token.written == "(" else "index"
        elif (before and before.written == "in") or token.written == "[":
            kind = "list"
        if kind in ("list", "group"):
            self.refuse_positional(token)
        self.open.append(_Bracket(token, kind, self.prefixes))
        self.complete, self.prefixes = False, 0

    def closes(self, token: Token) -> None:
        if not self.open or _CLOSING[self.open[-1].token.written] != token.written:
            other = f" It closes no '{self.open[-1].token.written}'." if self.open else ""
            self.fail(
                f"This '{token.written}' was never opened.{other}",
                token,
                hint="Remove it, or open a bracket before it.",
            )
        before = self.tokens[self.at - 1]
        bracket = self.open.pop()
        empty = before is bracket.token and bracket.kind in ("call", "list")
        trailing = before.written == "," and bracket.kind in ("call", "list")
        if not self.complete and not empty and not trailing:
            self.missing_before(token)
        self.complete, self.prefixes = True, 0

    def comma(self, token: Token) -> None:
        bracket = self.open[-1] if self.open else None
        if not bracket or bracket.kind != "list":
            self.refuse_digit_groups(self.at)
        if not bracket or bracket.kind in ("group", "index"):
            self.fail(
                "A comma has no meaning here.",
                token,
                hint="Join conditions by 'and', 'or'; a list stands after in: in (1, 2)",
            )
        if not self.complete:
            self.missing_before(token)
        self.complete = False

    def equals(self, token: Token) -> None:
        bracket = self.open[-1] if self.open else None
        before = self.tokens[self.at - 1] if self.at else None
        setting = (
            bracket is not None
            and bracket.kind == "call"
            and before is not None
            and before.kind == "name"
            and self.tokens[self.at - 2].written in ("(", ",")
        )
        if not setting or bracket is None:
            self.slip(EQUALS, token)
        else:
            bracket.named = True
        self.complete = False

    def refuse_positional(self, token: Token) -> None:
        """Refuse a plain value after a named setting of the same call."""
        bracket = self.open[-1] if self.open else None
        following = self.tokens[self.at + 1].written if self.at + 1 < len(self.tokens) else ""
        if bracket and bracket.named and self.after(",") and following != "=":
            self.fail(
                "The event comes first, then the settings.", token, hint="Write it so: count(order, within=days(90))"
            )

    def leading_zero(self, token: Token) -> NoReturn:
        if self.after(","):
            self.refuse_digit_groups(self.at - 1)
        hint = "Leave the zero out; an id is a text and stands in quotes."
        self.fail(f"The number '{token.written}' begins with a zero.", token, hint=hint)

    def refuse_digit_groups(self, at: int) -> None:
        """Refuse `1,000` and `10,5`; the comma is the word at `at`."""
        comma = self.tokens[at]
        before = self.tokens[at - 1] if at else None
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        adjoining = before and after and before.end == comma.start and comma.end == after.start
        if before and after and adjoining and before.kind == after.kind == "number":
            grouped = len(after.written) == 3 and after.written.isdigit()
            hint = f"Write it so: {before.written}{'' if grouped else '.'}{after.written}"
            self.fail("A number has no comma.", before, after, hint=hint)

    def refuse_reserved(self, token: Token) -> None:
        word = token.written
        slip = RESERVED_WORDS.get(word.upper()) or RESERVED_WORDS.get(word.lower())
        if slip and word not in _LITERALS and not self.after(".") and word not in _JOINING:
            hint = slip.hint
            self.fail(slip.message.replace(f"'{slip.written}'", f"'{word}'"), token, hint=hint)
        if keyword.iskeyword(word) and (word not in _LITERALS or self.after(".")):
            hint = "Join conditions by 'and', 'or'." if word in ("if", "else") else ""
            message = f"'{word}' is a reserved word; as a name it needs quotes."
            self.fail(message, token, hint=hint or name_hint(word, self.tokens[: self.at]))

    def side_by_side(self, token: Token) -> NoReturn:
        before = self.tokens[self.at - 1]
        word = token.written.lower()
        if before.kind == "number" and token.kind == "name" and (word in UNITS or word in CALENDAR):
            message = f"'{before.written} {token.written}' is not a length of time."
            self.fail(message, before, token, hint=length_hint(before.written, word))
        if word in MISSING_WORDS:
            self.slip(MISSING_WORDS[word], token)
        if before.written.lower() in MISSING_WORDS:
            self.slip(MISSING_WORDS[before.written.lower()], before)
        if before.kind == "text" and token.kind == "name" and before.end == token.start:
            self.fail(
                "Letters follow a text.", before, token, hint="Put them inside its quotes, or an operator between."
            )
        if before.kind == "name" and before.written.lower() in FUNCTIONS and token.written not in ("(", "not"):
            function = FUNCTIONS[before.written.lower()]
            message = f"Brackets are missing after '{before.written}'."
            self.fail(message, before, token, hint=f"Write it so: {function.example}")
        if before.kind == token.kind == "text":
            self.fail("Two texts stand side by side.", before, token, hint="Join comparisons by 'and', 'or'.")
        if before.kind == token.kind == "name" and self.open and self.open[-1].kind == "call":
            self.name_with_blanks()
        message = f"An operator is missing before {cited(token.written)}."
        self.fail(message, before, token, hint="Write a comparison there, such as >=, or 'and', 'or'.")

    def name_with_blanks(self) -> NoReturn:
        """Refuse `count(Order Completed)`."""
        first = last = self.at
        while self.tokens[first - 1].kind == "name":
            first -= 1
        while last + 1 < len(self.tokens) and self.tokens[last + 1].kind == "name":
            last += 1
        name = " ".join(token.written for token in self.tokens[first : last + 1])
        hint = f"Write it so: event[{quoted(name)}]"
        self.fail("A name with blanks in it needs quotes.", self.tokens[first], self.tokens[last], hint=hint)

    def missing_before(self, token: Token) -> NoReturn:
        if not self.at:
            message = f"Something is missing before {cited(token.written)}."
        else:
            message = (
                f"Something is missing between {cited(self.tokens[self.at - 1].written)} and {cited(token.written)}."
            )
        self.fail(message, self.tokens[max(0, self.at - 1)], token, hint="Write a value there.")

    def after(self, sign: str) -> bool:
        return self.at > 0 and self.tokens[self.at - 1].written == sign

    def slip(self, slip: Slip, token: Token) -> NoReturn:
        self.fail(slip.message, token, hint=slip.hint)

    def fail(self, message: str, first: Token, last: Token | None = None, *, hint: str = "") -> NoReturn:
        raise ConditionError(message, text=self.text, start=first.start, end=(last or first).end, hint=hint)


def too_deep(text: str, start: int, end: int) -> ConditionError:
    """The error for a condition that is nested too deeply."""
    return ConditionError(
        f"The condition is nested more than {MAX_DEPTH} deep.",
        text=text,
        start=start,
        end=end,
        hint="Take it apart: give a part of it a segment or a stage of its own.",
    )
