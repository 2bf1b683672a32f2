from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from tenure.documents import DefinitionModel, condition_problem, did_you_mean, parse, problems_of, read, validate
from tenure.errors import ConditionError, DefinitionError

GOLDEN = Path(__file__).parent / "golden" / "yaml_slips.txt"


def cases() -> list[tuple[str, str]]:
    _, *found = GOLDEN.read_text(encoding="utf-8").split("====\n")
    return [(text, said) for text, _, said in (case.partition("----\n") for case in found if case)]


@pytest.mark.parametrize(("text", "said"), cases(), ids=lambda text: text.splitlines()[-1][:40])
def test_slip(text: str, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(text, file="file")
    assert str(caught.value) == said.rstrip("\n")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True), ("False", False), ("yes", "yes"), ("no", "no"), ("on", "on"), ("y", "y"),
        ("~", None), ("null", None), ("", None), ("''", ""), ("'true'", "true"), ('"5"', "5"),
        ("5", 5), ("-3", -3), ("+3", 3), ("0", 0), ("007", "007"), ("1_000", "1_000"), ("0x10", "0x10"),
        ("1:30", "1:30"),
        ("0.30", Decimal("0.30")), ("-.5", Decimal("-0.5")), ("1e3", Decimal("1e3")), (".inf", ".inf"),
        (".nan", ".nan"),
        ("2024-05-01", "2024-05-01"), ("1234567890123456789012", "1234567890123456789012"),
        ("count(order) >= 1", "count(order) >= 1"), ("Größe # text", "Größe"), ("a#b", "a#b"),
    ],
)  # fmt: skip
def test_scalars_are_as_written(written: str, meant: object) -> None:
    found = parse(f"x: {written}\n", file="file").data
    assert isinstance(found, dict)
    assert found == {"x": meant}
    assert type(found["x"]) is type(meant)
    assert str(found["x"]) == str(meant)


def test_keys_are_text() -> None:
    assert parse("1: a\ntrue: b\nnull: c\n", file="file").data == {"1": "a", "true": "b", "null": "c"}


def test_aliases_are_read_until_they_explode() -> None:
    assert parse("a: &x [1]\nb: *x\n", file="file").data == {"a": [1], "b": [1]}
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 9):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
    with pytest.raises(DefinitionError, match=r"^file: The file holds more than 100,000 values, aliases counted"):
        parse(bomb, file="file")


def test_depth_is_bounded() -> None:
    for levels in (41, 400):
        with pytest.raises(DefinitionError, match=r"^file: Lists and mappings are nested deeper than 40 levels\.$"):
            parse("a: " + "[" * levels + "]" * levels, file="file")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: \xff\n", "f:1: The file is not text in UTF-8. Save it as UTF-8."),
        (b"PK\x03\x04\x14\x00", "f:1:3: The character U+0003 cannot stand in a text file. Remove it."),
        (b"a" * 1_000_001, "f: The file is larger than 1 MB: too large for a definition. Is it the right file?"),
        (None, "f: There is no such file."),
    ],
)
def test_unreadable_files(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "f").write_bytes(content)
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path / "f", file="f")
    assert str(caught.value) == said


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"^f: The file cannot be read: is a directory\.$"):
        read(tmp_path, file="f")


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes("\ufeffname: Shop\r\nlist:\r\n  - ä\r\n  - b\r\n".encode())
    document = read(tmp_path / "f")
    assert document.data == {"name": "Shop", "list": ["ä", "b"]}
    assert document.place(("list", 1)) == (4, 5)
    assert document.line(4) == "  - b"


def test_places() -> None:
    document = parse("a: 1\nb:\n  - c: x\n    d:\n  - {e: y}\n", file="file")
    assert document.place() == (1, 1)
    assert document.place(("a",)) == (1, 4)
    assert document.place(("a",), key=True) == (1, 1)
    assert document.place(("b", 0, "c")) == (3, 8)
    assert document.place(("b", 0, "d")) == (4, 5)  # empty: where its key stands
    assert document.place(("b", 1, "e")) == (5, 9)
    assert document.place(("b", 1, "none")) == (5, 5)
    assert document.place(("b", 0, "c", "deeper")) == (3, 5)


class Part(DefinitionModel):
    kind: Literal["prospect", "customer", "former"]
    """Whether these people have bought."""
    size: int = Field(default=1, ge=1)
    share: Decimal | None = None


class Whole(DefinitionModel):
    name: str
    """What it is called."""
    side: bool = False
    parts: tuple[Part, ...] = ()
    by_name: dict[str, Part] = Field(default_factory=dict)
    either: str | list[str] = ""


def said(text: str) -> list[str]:
    return [str(problem) for problem in problems_of(Whole, parse(text, file="f"))]


def test_every_problem_at_once_in_the_order_of_the_file() -> None:
    text = """\
sid: true
side: yes
parts:
  - kind: custommer
    size: many
  - {size: 0, kind: former, colour: red}
  - former
by_name:
  x: {share: half, sise: 3}
either: {a: 1}
"""
    assert said(text) == [
        "f:1:1: 'name' is missing. (What it is called.)",
        "f:1:1: There is no key 'sid' here. Did you mean 'side'?",
        "f:2:7: 'side' must be true or false, not the text 'yes'. Write true.",
        "f:4:11: 'kind' must be prospect, customer or former, not the text 'custommer'. Did you mean 'customer'?",
        "f:5:11: 'size' must be a whole number, not the text 'many'.",
        "f:6:12: 'size' must be at least 1, not the number 0.",
        "f:6:29: There is no key 'colour' here. Keys: kind, share and size.",
        "f:7:5: Item 3 of 'parts' must be a mapping (key: value), not the text 'former'.",
        "f:9:3: 'kind' is missing. (Whether these people have bought.)",
        "f:9:14: 'share' must be a number, not the text 'half'.",
        "f:9:20: There is no key 'sise' here. Did you mean 'size'?",
        "f:10:9: 'either' must be text or a list, not a mapping.",
    ]


def test_files_of_the_wrong_shape() -> None:
    assert said("") == ["f:1:1: 'name' is missing. (What it is called.)"]
    assert said("- name\n") == ["f:1:1: This must be a mapping (key: value), not a list."]
    assert said("name:\n") == ["f:1:1: 'name' must be text, not empty."]
    assert said("name: true\n") == ["f:1:7: 'name' must be text, not true. Put it in quotes."]


def test_numbers_are_taken_as_written_where_text_belongs() -> None:
    document = parse("name: 2024\nparts: [{kind: former, share: 0.10}]\n", file="f")
    whole = validate(Whole, document)
    assert (whole.name, str(whole.parts[0].share)) == ("2024", "0.10")
    assert validate(Part, document, at=("parts", 0)).kind == "former"


def test_did_you_mean() -> None:
    assert did_you_mean("at-risk", ["at_risk", "lapsed"]) == "Did you mean 'at_risk'?"
    assert did_you_mean("Order completed", ["Order Completed"]) == "Did you mean 'Order Completed'?"
    assert did_you_mean("zebra", ["at_risk"]) == ""


def condition_error(text: str, word: str) -> ConditionError:
    start = text.index(word)
    return ConditionError(f"There is no '{word}'.", text=text, start=start, end=start + len(word), hint="Look.")


@pytest.mark.parametrize(
    ("text", "place", "caret"),
    [
        (
            "when: count(order) > 1 and foo(x)\n", "1:28",
            "    when: count(order) > 1 and foo(x)\n                               ^^^",
        ),
        ("when: count(order) > 1\n  and foo(x)\n", "2:7", "      and foo(x)\n          ^^^"),
        (
            "when: 'plan == ''a'' and foo(x)'\n", "1:26",
            "    when: 'plan == ''a'' and foo(x)'\n                             ^^^",
        ),
        ('when: "p == \\"\\u00e4\\" \\\n  or foo(x)"\n', "2:6", '      or foo(x)"\n         ^^^'),
        ("when: |\n  a > 1\n  and foo(x)\n", "3:7", "      and foo(x)\n          ^^^"),
        ("when: >-\n  a > 1\n\n  and foo(x)\n", "4:7", "      and foo(x)\n          ^^^"),
    ],
)  # fmt: skip
def test_errors_of_conditions_point_into_the_file(text: str, place: str, caret: str) -> None:
    document = parse(text, file="f")
    value = document.value(("when",))
    assert isinstance(value, str)
    problem = condition_problem(condition_error(value, "foo"), document, ("when",))
    assert str(problem) == f"f:{place}: There is no 'foo'. Look.\n{caret}"


def test_a_condition_that_was_changed_before_parsing_keeps_its_own_caret() -> None:
    document = parse("when: count( order )\n", file="f")
    problem = condition_problem(condition_error("count(order)", "order"), document, ("when",))
    assert str(problem) == "f:1:7: There is no 'order'. Look.\n    count(order)\n          ^^^^^"


def test_the_end_of_a_condition_and_long_lines() -> None:
    document = parse("when: ab\n", file="f")
    assert str(condition_problem(ConditionError("Unfinished.", text="ab", start=2), document, ("when",))) == (
        "f:1:9: Unfinished.\n    when: ab\n            ^"
    )
    text = "x or " * 60 + "foo" + " and b" * 50
    message = str(condition_problem(condition_error(text, "foo"), parse(f"when: {text}\n", file="f"), ("when",)))
    _, line, caret = message.split("\n")
    assert len(line) <= 120
    assert line[caret.index("^") :].startswith("foo")


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(DefinitionError):
        parse(text, file="f")


YAMLISH = st.lists(st.sampled_from([*"ab:-,[]{}'\"|>#&*!%@`?~\\ \n\t()=", "when: ", "- ", "count(a, b)"]), max_size=25)


@given(YAMLISH.map("".join))
def test_no_slip_raises_anything_else(text: str) -> None:
    with suppress(DefinitionError):
        parse(text, file="f")
