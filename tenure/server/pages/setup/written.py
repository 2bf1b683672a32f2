"""Changed files on their way from one page to the next, and as a difference that people read."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.http import url_has_allowed_host_and_scheme

from tenure.errors import UsageError
from tenure.lifecycle import library

_AROUND = 2
MOST_LINES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Files as somebody wants them: name to text (None: gone), the marks of what they saw, and where they wrote it."""

    texts: Mapping[str, str | None]
    bases: Mapping[str, str]
    back: str = ""

    @property
    def carried(self) -> str:
        """The draft as a field of a form."""
        return json.dumps({"texts": dict(self.texts), "bases": dict(self.bases), "back": self.back})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference: `added`, `gone`, `same` or `place` (where in the file)."""

    kind: str
    text: str

    @property
    def sign(self) -> str:
        """What stands before the line."""
        return {"added": "+", "gone": "−", "same": " ", "place": ""}[self.kind]


def carried(field: str) -> Draft:
    """The draft of a form's field. Raises UsageError where it is none."""
    try:
        told = json.loads(field)
        texts = {str(name): None if text is None else str(text) for name, text in told["texts"].items()}
        bases = {str(name): str(base) for name, base in told["bases"].items()}
        back = str(told.get("back", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError("The form is not whole.", hint="Go back and send it again.") from None
    # only a page of this server is gone back to
    local = back.startswith("/") and url_has_allowed_host_and_scheme(back, None)
    return Draft(texts=texts, bases=bases, back=back if local else "")


def origin(name: str, before: str | None) -> tuple[str | None, bool]:
    """What a file is compared with, and whether that is the library's lifecycle of its name: it was copied then."""
    stem = name.removeprefix("lifecycles/").removesuffix(".yaml")
    if before is None and name == f"lifecycles/{stem}.yaml" and stem in library.names():
        return library.document(stem).text, True
    return before, False


def difference(before: str | None, after: str | None) -> list[Line]:
    """What differs between two texts of a file, with two lines around it."""
    found: list[Line] = []
    lines = difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), n=_AROUND, lineterm="")
    for number, line in enumerate(lines):
        if number < 2:
            continue
        if len(found) >= MOST_LINES:
            found.append(Line("place", "…"))
            break
        if line.startswith("@@"):
            first = line.split("+", 1)[1].split(",")[0].split(" ")[0]
            found.append(Line("place", first))
        else:
            found.append(Line({"+": "added", "-": "gone"}.get(line[:1], "same"), line[1:]))
    return found
