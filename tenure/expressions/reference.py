"""The reference page of the condition language, written from the records that the parser and checker go by.

python -m tenure.expressions.reference            # writes docs/reference/conditions.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from tenure.errors import ConditionError
from tenure.expressions.functions import (
    FUNCTIONS,
    MAX_CHARACTERS,
    MAX_DAYS,
    MAX_DECIMALS,
    MAX_DEPTH,
    OPERATORS,
    Function,
)
from tenure.expressions.parse import parse
from tenure.expressions.slips import EQUALS, MISSING_WORDS, RESERVED_WORDS, SYMBOLS, Slip
from tenure.expressions.words import in_words

PAGE = Path("docs/reference/conditions.md")

_INTRODUCTION = """\
# Conditions

This page is written by `python -m tenure.expressions.reference`; do not edit it.

A condition says, for one customer at one moment, yes or no. Stages, segments, filters and plays all use this one
language. It reads like a sentence of arithmetic:

```
count(order, within=days(365)) >= 5 or last(nps) >= 9
```

*at least 5 orders within 365 days or the last NPS answer is at least 9*

`order` and `nps` are short names of events. Those of the event dictionary are there without being written; a workspace
or a lifecycle adds its own under `events:`, and there a name may stand for several events, carry a filter (`where`) and
a value. `event['Order Completed']` names an event by its full name.

At a moment, every event up to and including that moment counts. Events of one microsecond take effect together; where
order matters (`first`, `last`, `gap`) it is by `message_id`.
"""

_UNKNOWN = """\
## Unknown values

Most functions are unknown for some people: `since(order)` before the first order, `trait.plan` before a plan is set.

- A comparison with an unknown side **does not hold**; `!=` and `not in` neither.
- `not` turns what does not hold into what holds: `not since(order) >= days(90)` holds for whoever has never ordered.
- `is None` asks whether a value is unknown, `is not None` whether it is known. Both are never unknown themselves.
- Calculating with something unknown gives something unknown, and so does dividing by 0.
- `count`, `sum` and `distinct` of nothing are 0, not unknown.

The checker points out comparisons that leave people out without a word. `since(checkout) < since(order)` (a checkout
after the last order) does not hold for somebody who has never ordered; where they belong in, write
`since(checkout) < since(order) or since(order) is None`.
"""

_WINDOWS = """\
## Windows

`within=days(365)` counts the events later than 365 days ago, up to now: the oldest moment is left out, the present one
is counted. `after=checkout` counts the events later than the last checkout. The two do not stand together.

Lengths of time are exact: a day is 86,400 seconds, everywhere and always. There are no months and years, because their
lengths differ. A plain number beside a length of time counts as microseconds, which is hardly ever meant.
"""

_CLOCK = """\
## Values that change with the clock

`since`, `since_first` and `since_entered` grow as time passes, `until` shrinks; everything else stands still between
two events. That is how the moment of every future move is known beforehand. So these values are compared by `<`, `<=`,
`>`, `>=` only, they are not multiplied with each other, and nothing is divided by them. Differences such as
`since_first(order) - since(order)` stand still again, and may be used like any other value.
"""

_VALUES = """\
## Numbers, texts and names

- Numbers are exact decimals: no thousands separator, a point before decimals, below 10^15, at most {decimals} decimals.
- Texts stand in straight quotes, single or double. In a text, `\\\\` is a backslash and `\\'` a quotation mark.
- A trait or property may be a number or a text. Compared with a text it is read as a text, with `True` or `False` as
  that, otherwise as a number; numeric text counts as a number. Two of them are compared as texts by `==` and `!=`.
- Lists and nested values are read as unknown.
- Names of the letters a to z, digits and `_` are written bare; all others, and reserved words, in quotes:
  `event['class']`, `order['unit price']`, `trait['größe']`, `score['next order']`, `was('at risk')`.
- A trait alone asks whether it is true: `trait.vip` means `trait.vip == True`.
- A condition may run over several lines; `#` begins a comment. It has at most {characters:,} characters and is nested
  at most {depth} deep. A length of time is at most {days:,} days.

## Filters of events

The `where` of an event is a condition over that event's own properties: names are properties, a name alone asks
whether it is true, and there are no functions. A property that is no plain name is written `event['any name']`.

```yaml
events:
  nps: {{event: Survey Answered, where: "survey == 'nps'", value: score}}
  complaint: {{event: [Case Opened, Case Reopened], where: complaint}}
```
"""

_TIGHTNESS = """
From loose to tight: `or`; `and`; `not`; comparisons, `in`, `is`; `+` `-`; `*` `/`; the minus in front of a value.
Brackets group. `7 <= last(nps) <= 8` means `7 <= last(nps) and last(nps) <= 8`.
"""

_ERRORS = """\
## Errors

An error points at the characters at fault, says what is wrong there, and what to write instead:

```
{example}
```

Names that do not exist come with the nearest one that does. The usual slips:
"""


def page() -> str:
    """The reference page in Markdown."""
    parts = [
        _INTRODUCTION,
        "## Functions",
        *(_group(name, list(functions)) for name, functions in groupby(FUNCTIONS.values(), lambda each: each.group)),
        "## Operators",
        _table(("operator", "means", "example"), _operators()),
        _TIGHTNESS,
        _UNKNOWN,
        _WINDOWS,
        _CLOCK,
        _VALUES.format(characters=MAX_CHARACTERS, decimals=MAX_DECIMALS, depth=MAX_DEPTH, days=MAX_DAYS),
        _ERRORS.format(example=_shown("since(order) > 90 days")),
        _table(("not this", "what is said"), _slips()),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _group(name: str, functions: list[Function]) -> str:
    return "\n\n".join([f"### {name}", *(_function(function) for function in functions)])


def _function(function: Function) -> str:
    unknown = f"unknown {function.unknown}" if function.unknown else "never unknown"
    gives = "is a condition by itself" if function.gives == "yes or no" else f"gives a {function.gives}"
    return "\n".join(
        [
            f"#### {function.name}",
            "",
            f"`{function.signature}` {gives}; {unknown}.",
            "",
            function.means,
            "",
            f"`{function.example}`: *{in_words(parse(function.example))}*",
        ]
    )


def _operators() -> Iterable[tuple[str, str, str]]:
    for operator in OPERATORS:
        yield f"`{operator.symbol}`", operator.means, f"`{operator.example}`: *{in_words(parse(operator.example))}*"


def _slips() -> Iterable[tuple[str, str]]:
    slips: dict[tuple[str, str], Slip] = {}
    for slip in (EQUALS, *SYMBOLS.values(), *RESERVED_WORDS.values(), *MISSING_WORDS.values()):
        slips.setdefault((slip.message.replace(slip.written, ""), slip.hint), slip)
    written = [slip.example for slip in slips.values()]
    written += ["sum(order) >= 1,000", "since(order) > 90d", "trait.plan == 'pro' or 'team'", "trait.plan == None"]
    for example in written:
        yield f"`` {example} ``", _said(example)


def _said(text: str) -> str:
    """What the parser says of `text`."""
    try:
        parse(text)
    except ConditionError as error:
        return f"{error.message} {error.hint}".rstrip()
    raise AssertionError(f"nothing is wrong with {text}")


def _shown(text: str) -> str:
    try:
        parse(text)
    except ConditionError as error:
        return str(error)
    raise AssertionError(f"nothing is wrong with {text}")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(), encoding="utf-8")
