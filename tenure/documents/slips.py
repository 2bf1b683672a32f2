"""The usual slips in YAML, each in one plain sentence with what to do."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

Slip = tuple[int, str, str]
_ENTRY = re.compile(r"[,{\[]\s*(?:[\w-]+:\s+)?")
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def comma_slip(text: str, start: int, stop: int) -> tuple[str, str] | None:
    """Message and hint where a comma inside brackets ended the unquoted text that begins at `start`.

    In `{when: count(order, within=days(365)) >= 5}` YAML reads `count(order` as the value: the comma separates
    entries. `stop` is the end of the list or mapping.
    """
    depth = 0
    cut = False
    for end in range(start, stop):
        character = text[end]
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and depth > 0:
            cut = True
        if character in "}]" or (character == "," and depth <= 0):
            break
    else:
        end = stop
    if not cut:
        return None
    condition = " ".join(text[start:end].split())
    quote = "'" if '"' in condition else '"'
    return (
        "The comma inside the brackets ends this text, because between { } or [ ] it separates entries.",
        "Put the whole text in quotes" + (f": {quote}{condition}{quote}" if quote not in condition else "."),
    )


def syntax_slip(text: str, error: MarkedYAMLError) -> Slip:
    """Where (index), what and what to do, for an error that the YAML parser raised."""
    mark = error.problem_mark or error.context_mark
    index = mark.index if mark else 0
    opened = error.context_mark.index if error.context_mark else index
    context, problem = error.context or "", error.problem or ""
    line = text[text.rfind("\n", 0, index) + 1 : index]
    character = text[index : index + 1]
    if "flow" in context:
        return _unclosed(text, index, opened)
    if "cannot start any token" in problem:
        if character == "\t":
            return index, "A tab stands here; YAML indents with blanks only.", "Replace it with blanks."
        return index, f"A text cannot begin with '{character}'.", "Put it in quotes."
    if "quoted scalar" in context:
        if "escape" in problem:
            return index, f"'\\{character}' means nothing in double quotes.", "Write '\\\\' for a backslash."
        return opened, "This quotation mark is never closed.", "Close it, or double it if it belongs to the text."
    if "block scalar" in context:
        return opened, f"A text cannot begin with '{text[opened]}'.", "Put it in quotes."
    if "anchor" in context or "alias" in context or "undefined alias" in problem or "tag" in context:
        return opened, f"A text cannot begin with '{text[opened : opened + 1]}'.", "Put it in quotes."
    if problem.startswith("mapping values"):
        if re.search(r":\s", _QUOTED.sub("", line)):
            return index, "A second ': ' stands in this line.", "Put the text after the first one in quotes."
        return index, "This line does not fit the one above it.", "Is its indentation right, and has that one a ': '?"
    if "sequence entries" in problem:
        return index, "A list item ('- ') cannot begin here.", "Begin the list on a line of its own, indented."
    if "could not find expected ':'" in problem:
        return opened, "This line has no ': ' after its key.", "Write 'key: value', or '- ' before a list item."
    if "single document" in context:
        return index, "A second document ('---') begins here; a definition file holds one.", "Remove the line."
    if "expected <block end>" in problem:
        return _misplaced(text, index, line)
    return index, f"YAML cannot be read here: {problem or context}.", "Look at quotes, brackets and indentation."


def _unclosed(text: str, index: int, opened: int) -> Slip:
    bracket = text[opened : opened + 1]
    for match in _ENTRY.finditer(text, opened, index):
        slip = comma_slip(text, match.end(), len(text))
        if slip:
            return (match.end(), *slip)
    if text[index : index + 1] == ":" and "\n" not in text[opened:index]:
        return index, "A second ': ' stands in this entry.", "Put the text after the first one in quotes."
    closing = "}" if bracket == "{" else "]"
    after_quote = re.search(r"['\"]\s*$", text[opened:index])
    if after_quote and text[index : index + 1] not in ("", ":", "\n"):
        return index, "Text follows a closing quotation mark.", "Put the whole text in quotes of the other kind."
    return opened, f"This '{bracket}' is never closed.", f"Close it with '{closing}', or mend a missing comma."


def _misplaced(text: str, index: int, line: str) -> Slip:
    character = text[index : index + 1]
    if re.search(r"['\"]\s*$", line):
        return index, "Text follows a closing quotation mark.", "Put the whole text in quotes of the other kind."
    if character in ("}", "]"):
        return index, f"This '{character}' closes nothing.", "Remove it, or put the text in quotes."
    return index, "The indentation of this line fits none of the lines above.", "Indent it like its neighbours."
