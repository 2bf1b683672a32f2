"""One place of a definition file written anew: what else stands there stays, byte for byte."""

from __future__ import annotations

import difflib

import pytest

from tenure.documents import parse
from tenure.documents.document import Data, Path
from tenure.documents.editing import scalar, with_item, with_order, with_value
from tenure.lifecycle import library

FILE = """\
name: x # what it is called
lifecycles: [classic] # these
segments:
  one: "count(purchase) == 1" # once
  two: {when: "count(visit) > 1", title: Two}
sources:
  - name: a # first
    files: a.csv
    # within
# the end
targets: []
"""


def changed(before: str, after: str) -> list[str]:
    """The lines that differ, with their signs."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:2] not in ("--", "++", "@@")]


@pytest.mark.parametrize(
    ("path", "value", "lines"),
    [
        (("segments", "one"), "count(purchase) == 2",
         ['-  one: "count(purchase) == 1" # once', "+  one: count(purchase) == 2 # once"]),
        (("segments", "two", "when"), "count(visit, within=days(3)) > 1",
         ['-  two: {when: "count(visit) > 1", title: Two}',
          "+  two: {when: 'count(visit, within=days(3)) > 1', title: Two}"]),
        (("segments", "two", "means"), "well, yes",
         ['-  two: {when: "count(visit) > 1", title: Two}',
          '+  two: {when: "count(visit) > 1", title: Two, means: \'well, yes\'}']),
        (("segments", "two"), None, ['-  two: {when: "count(visit) > 1", title: Two}']),
        (("segments", "three"), "count(visit) == 3", ["+  three: count(visit) == 3"]),
        (("name",), "a: b # c", ["-name: x # what it is called", "+name: 'a: b # c' # what it is called"]),
        (("currency",), "EUR", ["+currency: EUR"]),
    ],
)  # fmt: skip
def test_nothing_else_changes(path: Path, value: Data, lines: list[str]) -> None:
    assert changed(FILE, with_value(parse(FILE, file="x"), path, value)) == lines


def test_items_are_added_at_the_end() -> None:
    document = parse(FILE, file="x")
    assert changed(FILE, with_item(document, ("lifecycles",), "saas")) == [
        "-lifecycles: [classic] # these", "+lifecycles: [classic, saas] # these"
    ]  # fmt: skip
    item: Data = {"name": "b", "files": "b.csv"}
    lines = "- name: b  # second\n  files: b.csv\n"
    added = ["+  - name: b  # second", "+    files: b.csv"]
    assert changed(FILE, with_item(document, ("sources",), item, lines)) == added
    assert changed(FILE, with_item(document, ("targets",), item, lines)) == ["-targets: []", "+targets:", *added]
    assert changed(FILE, with_item(document, ("fresh",), item, lines)) == ["+fresh:", *added]


@pytest.mark.parametrize(
    "value",
    ["count(purchase) >= 7", "count(a, within=days(3)) > 1 or " * 8 + "last(nps) >= 9", "a\n  and b # why\n and c",
     "- x", "yes", "12", "it's", 'say "x"', "'\"", "x: y", "#", "", " padded ", "naïve – ünï", "a\tb", None,
     ["a", "b, c"]],
)  # fmt: skip
def test_a_stage_of_the_library(value: Data) -> None:
    # its condition is folded over two lines
    document = parse(library.document("classic").text, file="x")
    for key in ("when", "owner"):
        path: Path = ("stages", 4, "loyalty", key)
        text = with_value(document, path, value)
        assert parse(text, file="y").value(path) == value
        rest = with_value(parse(text, file="y"), path, document.value(path))
        assert parse(rest, file="z").data == document.data


@pytest.mark.parametrize("text", ["plain", "a, b", "{x}", "[", "it's", "#no", "no: yes", "true", "1.5", "", " "])
def test_scalars_mean_what_they_say(text: str) -> None:
    assert parse(f"a: {scalar(text)}\n", file="x").data == {"a": text}
    assert parse(f"{{a: {scalar(text, flow=True)}, b: 1}}\n", file="x").data == {"a": text, "b": 1}


LISTED = """\
stages: # all
  # first
  - a:
      when: count(visit) >= 1 # in it
  # about b
  - b: {when: count(signup) >= 1}

  - c: >-
      folded
      text
    # still c
# the end
title: X
"""


def test_items_change_places_with_their_comments() -> None:
    text = with_order(parse(LISTED, file="x"), ("stages",), [2, 0, "- n: 1\n", 1])
    assert text.splitlines() == [
        "stages: # all", "  - c: >-", "      folded", "      text", "    # still c", "  # first", "  - a:",
        "      when: count(visit) >= 1 # in it", "  - n: 1", "  # about b", "  - b: {when: count(signup) >= 1}", "",
        "# the end", "title: X",
    ]  # fmt: skip
    assert with_order(parse(LISTED, file="x"), ("stages",), [0, 1, 2]) == LISTED


@pytest.mark.parametrize("name", library.names())
def test_turned_round_twice_a_list_is_as_it_was(name: str) -> None:
    document = library.document(name)
    stages = document.value(("stages",))
    assert isinstance(stages, list)
    turned = with_order(document, ("stages",), list(reversed(range(len(stages)))))
    assert sorted(turned.splitlines()) == sorted(document.text.splitlines()), "nothing is written anew"
    again = with_order(parse(turned, file="x"), ("stages",), list(reversed(range(len(stages)))))
    assert again == document.text
