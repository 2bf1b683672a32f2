"""Documents checked against pydantic models; what pydantic finds is told in plain words, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError, PydanticKnownError

from tenure.documents.document import Data, Document, Path, holds
from tenure.documents.wording import described, did_you_mean, listing
from tenure.errors import DefinitionError, Problem

M = TypeVar("M", bound=BaseModel)


class DefinitionModel(BaseModel):
    """The base of what definition files hold: frozen, without unknown keys.

    A number where text belongs is taken as written. The text below a field describes it, in messages and to editors.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _only_true_and_false(cls, value: object, info: ValidationInfo) -> object:
        """Keeps pydantic from taking the texts `yes` and `on`, or the number 1, for true."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        if annotation in (bool, bool | None) and isinstance(value, str | int) and not isinstance(value, bool):
            raise PydanticKnownError("bool_type")
        return value


def _as_texts(written: object) -> object:
    if isinstance(written, list | tuple):
        return written
    if isinstance(written, str | int | Decimal) and not isinstance(written, bool):
        return (written,)
    raise PydanticCustomError("texts_type", "a text or a list of texts is expected")


Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_texts),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
"""A text, or a list of them; read as a tuple either way."""


def validate(model: type[M], document: Document, *, at: Path = ()) -> M:
    """The part of `document` at path `at` (default: all of it) as a `model`.

    Raises DefinitionError with every problem found, in the order of the file.
    """
    try:
        return model.model_validate(_data(document, at))
    except ValidationError as error:
        raise DefinitionError(_problems(error, model, document, at)) from None


def problems_of(model: type[BaseModel], document: Document, *, at: Path = ()) -> list[Problem]:
    """Everything that keeps the part of `document` at `at` from being a `model`; empty where nothing does."""
    try:
        validate(model, document, at=at)
    except DefinitionError as error:
        return list(error.problems)
    return []


def problem_at(document: Document, path: Path, message: str, hint: str = "", *, key: bool = False) -> Problem:
    """A problem at the value at `path` (or at its key)."""
    line, column = document.place(path, key=key)
    return Problem(file=document.file, line=line, column=column, message=message, hint=hint)


def _data(document: Document, at: Path) -> Data:
    data = document.value(at)
    return {} if data is None and not at else data


def _problems(error: ValidationError, model: type[BaseModel], document: Document, at: Path) -> list[Problem]:
    found: dict[tuple[Path, bool], list[Problem]] = {}
    for detail in error.errors(include_url=False):
        path = _path(document, at, detail)
        key = detail["type"] == "extra_forbidden"
        message, hint = _told(detail, model, document, at, path)
        found.setdefault((path, key), []).append(problem_at(document, path, message, hint, key=key))
    problems = [_joined(same) for same in found.values()]
    return sorted(problems, key=lambda problem: (problem.line, problem.column))


def _joined(problems: list[Problem]) -> Problem:
    """One problem for one place: where each of several forms was tried, what each would have taken."""
    first, *others = problems
    starts = {problem.message.split(" must be ")[0] for problem in problems}
    if not others or len(starts) > 1 or any(" must be " not in problem.message for problem in problems):
        return first
    subject = starts.pop()
    wanted, _, found = first.message.split(" must be ")[1].rpartition(", not ")
    forms = [problem.message.split(" must be ")[1].rpartition(", not ")[0] for problem in others]
    return Problem(
        file=first.file, line=first.line, column=first.column, hint=first.hint,
        message=f"{subject} must be {listing(dict.fromkeys([wanted, *forms]))}, not {found}",
    )  # fmt: skip


def _path(document: Document, at: Path, detail: ErrorDetails) -> Path:
    """Where in the document pydantic's location points; labels that it adds for the forms it tried are left out."""
    path = at
    for part in detail["loc"]:
        if holds(document.value(path), part):
            path = (*path, part)
    return (*path, detail["loc"][-1]) if detail["type"] == "missing" else path


def _told(detail: ErrorDetails, model: type[BaseModel], document: Document, at: Path, path: Path) -> tuple[str, str]:
    kind = detail["type"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    name = _name(path, at)
    if kind == "extra_forbidden":
        known = sorted({field for owner in _models(model, path[len(at) : -1]) for field in _keys(owner)})
        guess = did_you_mean(str(path[-1]), known)
        return f"There is no key '{path[-1]}' here.", guess or f"Keys: {listing(known, 'and')}."
    if kind == "missing":
        return f"'{path[-1]}' is missing.", _description(model, path[len(at) :])
    if kind in ("value_error", "assertion_error"):
        return _sentences(str(context.get("error", detail["msg"])))
    if kind in ("literal_error", "enum"):
        options = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        value = document.value(path)
        return f"{name} must be {listing(options)}, not {described(value)}.", did_you_mean(str(value), options)
    if kind in ("too_short", "string_too_short"):
        return f"{name} must not be empty.", ""
    wanted = _wanted(kind, context)
    if wanted is None:
        return f"{name}: {detail['msg'].removeprefix('Input ')}.", ""
    found = document.value(path)
    hint = "Put it in quotes." if kind == "string_type" and isinstance(found, bool) else ""
    if kind == "bool_type":
        hint = _TRUTH.get(str(found).lower(), "")
    return f"{name} must be {wanted}, not {described(found)}.", hint


_SHAPES: dict[str, str] = {
    "string_type": "text",
    "texts_type": "text or a list of texts",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dataclass_type": "a mapping (key: value)",
    "none_required": "empty",
}
_TRUTH = dict.fromkeys(("yes", "y", "on", "1"), "Write true.") | dict.fromkeys(("no", "n", "off", "0"), "Write false.")
_BOUNDS: dict[str, tuple[str, str]] = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
    "string_too_long": ("a text of at most this many characters:", "max_length"),
    "string_pattern_mismatch": ("a text of the form", "pattern"),
}


def _wanted(kind: str, context: Mapping[str, Any]) -> str | None:
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"{words} {context.get(key)}"
    return _SHAPES.get(kind)


def _sentences(text: str) -> tuple[str, str]:
    """A validator's own words: the first sentence says what is wrong, the rest what to do."""
    first, stop, rest = text.strip().partition(". ")
    return (first + stop).strip() if stop else first.rstrip(".") + ".", rest.strip()


def _name(path: Path, at: Path) -> str:
    if path == at:
        return "This"
    last = path[-1]
    if isinstance(last, int):
        owner = next((part for part in reversed(path[:-1]) if isinstance(part, str)), "")
        return f"Item {last + 1} of '{owner}'" if owner else f"Item {last + 1}"
    return f"'{last}'"


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def _description(model: type[BaseModel], path: Path) -> str:
    for owner in _models(model, path[:-1]):
        for name, field in owner.model_fields.items():
            if path[-1] in (name, field.alias) and field.description:
                return f"({' '.join(field.description.split())})"
    return ""


def _models(annotation: Any, path: Sequence[str | int]) -> Iterator[type[BaseModel]]:
    """The models that may stand at `path` below what is annotated."""
    for form in _forms(annotation):
        is_model = isinstance(form, type) and issubclass(form, BaseModel)
        if not path:
            if is_model:
                yield form
            continue
        head, rest = path[0], path[1:]
        if is_model:
            for name, field in form.model_fields.items():
                if head in (name, field.alias):
                    yield from _models(field.annotation, rest)
        elif get_args(form):
            yield from _models(get_args(form)[0 if isinstance(head, int) else -1], rest)


def _forms(annotation: Any) -> Iterator[Any]:
    """What an annotation allows: the members of a union, the type inside Annotated."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _forms(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for member in get_args(annotation):
            yield from _forms(member)
    else:
        yield annotation
