"""Conditions bound to what they read: short names become kinds of measures, stages become positions.

The tree of a condition speaks the workspace's names; two lifecycles may bind one short name to different events. The
bound form does not depend on names, so that equal questions of several lifecycles are asked once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tenure.events import EventBinding
from tenure.expressions import Names, binding_of, tree
from tenure.warehouse.measures import MeasureKind

TEXT_READERS = ("first", "last", "trait", "stage", "score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measure, bound: a function over a kind of measures, or over a lifecycle's history.

    `last_but` is the time left until the event `back` places before the last one leaves the window `within`.
    """

    function: str
    kind: MeasureKind | None = None
    within: int | None = None
    after: MeasureKind | None = None
    lifecycle: str | None = None
    stage: str | None = None
    text: bool = False
    back: int = 0


@dataclass(frozen=True, slots=True)
class Fixed:
    """A literal: a number (durations in microseconds) or a text."""

    value: Fraction | str


@dataclass(frozen=True, slots=True)
class Operation:
    """`left op right` with `op` one of + - * /."""

    op: str
    left: Operand
    right: Operand


Operand = Reading | Fixed | Operation


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right`, both sides numbers or, where `text`, both texts."""

    op: str
    left: Operand
    right: Operand
    text: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """Whether the operand is (not) among the options."""

    operand: Operand
    options: tuple[Fraction | str, ...]
    negated: bool
    text: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether the operand is (not) unknown."""

    operand: Operand
    negated: bool


@dataclass(frozen=True, slots=True)
class WasIn:
    """Whether the unit was in a stage at any earlier microsecond."""

    lifecycle: str
    stage: str


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether the unit has had at least `times` events of the kinds; once true, always true."""

    kinds: tuple[MeasureKind, ...]
    times: int


Atom = Compare | OneOf | Unknown | WasIn | Reached


@dataclass(frozen=True, slots=True)
class AllOf:
    """All operands hold."""

    operands: tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One operand holds."""

    operands: tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The operand does not hold."""

    operand: Truth


Truth = Atom | AllOf | AnyOf | Negated


def bind(node: tree.Condition, *, bindings: Mapping[str, EventBinding], unit: str, lifecycle: str) -> Truth:
    """The condition of `lifecycle`, whose histories are those of `unit`, bound to what it reads."""
    return _Binder(bindings, unit, lifecycle).truth(node)


def bind_value(node: tree.Value, *, bindings: Mapping[str, EventBinding], unit: str, lifecycle: str = "") -> Operand:
    """A value, such as the money of a workspace, bound to what it reads."""
    return _Binder(bindings, unit, lifecycle).operand(node, text=False)


def meaning(event: str, bindings: Mapping[str, EventBinding]) -> EventBinding:
    """What an event's name in a condition stands for: a short name, or the full name with what the dictionary knows."""
    return binding_of(event, Names(events=bindings)) or EventBinding(name=event, events=(event,))


@dataclass(frozen=True, slots=True)
class _Binder:
    bindings: Mapping[str, EventBinding]
    unit: str
    lifecycle: str

    def truth(self, node: tree.Condition) -> Truth:
        match node:
            case tree.And():
                return AllOf(tuple(self.truth(operand) for operand in node.operands))
            case tree.Or():
                return AnyOf(tuple(self.truth(operand) for operand in node.operands))
            case tree.Not():
                return Negated(self.truth(node.operand))
            case tree.Was():
                return WasIn(self.lifecycle, node.stage)
            case tree.Missing():
                text = _may_be_text(node.operand)
                return Unknown(self.operand(node.operand, text=text), node.negated)
            case tree.Membership():
                text = any(not isinstance(option.value, Decimal) for option in node.options)
                options = tuple(_literal(option.value) for option in node.options)
                if text:
                    options = tuple(option if isinstance(option, str) else _shortest(option) for option in options)
                return OneOf(self.operand(node.operand, text=text), options, node.negated, text)
            case tree.Comparison():
                text = _compares_text(node)
                return Compare(node.op, self.operand(node.left, text=text), self.operand(node.right, text=text), text)

    def operand(self, node: tree.Value, *, text: bool) -> Operand:
        match node:
            case tree.Constant():
                value = _literal(node.value)
                return Fixed(_shortest(value) if text and not isinstance(value, str) else value)
            case tree.Duration():
                return Fixed(Fraction(node.microseconds))
            case tree.Negative():
                return Operation("-", Fixed(Fraction(0)), self.operand(node.operand, text=False))
            case tree.Arithmetic():
                return Operation(node.op, self.operand(node.left, text=False), self.operand(node.right, text=False))
            case tree.Measure():
                return self.reading(node, text=text)
            case _:
                raise ValueError(f"{type(node).__name__} cannot be read from a history")

    def reading(self, node: tree.Measure, *, text: bool) -> Reading:
        function = node.function
        if function == "stage":
            return Reading(function="stage", lifecycle=node.name, text=True)
        if function == "since_entered":
            return Reading(function="since_entered", lifecycle=self.lifecycle, stage=node.name)
        if function in ("trait", "until", "score"):
            reads = {"trait": "trait", "until": "trait_date", "score": "score"}[function]
            kind = MeasureKind(unit=self.unit, reads=reads, name=node.name, text=text and function == "trait")  # type: ignore[arg-type]
            return Reading(function="last" if function != "until" else "until", kind=kind, text=text)
        keeps_text = text or function == "distinct"
        kind = self.kind(node.event or "", node.property, text=keeps_text)
        if function in ("count", "since", "since_first", "gap"):
            kind = self.kind(node.event or "", None, text=False)
        after = self.kind(node.after, None, text=False) if node.after else None
        return Reading(function=function, kind=kind, within=node.within, after=after, text=text)

    def kind(self, event: str, prop: str | None, *, text: bool) -> MeasureKind:
        binding = meaning(event, self.bindings)
        value = binding.values
        properties = (prop,) if prop else value
        return MeasureKind(
            unit=self.unit,
            events=binding.events,
            where=binding.where,
            properties=properties,
            text=text and bool(properties),
        )


def _literal(value: Decimal | str | bool) -> Fraction | str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else Fraction(value)


def _shortest(number: Fraction) -> str:
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _may_be_text(node: tree.Value) -> bool:
    return isinstance(node, tree.Measure) and node.function in TEXT_READERS and node.function != "score"


def _is_text(node: tree.Value) -> bool:
    if isinstance(node, tree.Measure):
        return node.function == "stage"
    return isinstance(node, tree.Constant) and not isinstance(node.value, Decimal)


def _compares_text(node: tree.Comparison) -> bool:
    if _is_text(node.left) or _is_text(node.right):
        return True
    return node.op in ("==", "!=") and _may_be_text(node.left) and _may_be_text(node.right)


def unify(truths: tuple[Truth, ...]) -> tuple[Truth, ...]:
    """The same conditions over as few kinds as will do: a count needs no kind of its own beside a value's."""
    kinds = {reading.kind for truth in truths for reading in readings(truth) if reading.kind}
    substitute: dict[MeasureKind, MeasureKind] = {}
    for kind in kinds:
        richer = [k for k in kinds if k != kind and _serves(k, kind)]
        if richer:
            substitute[kind] = min(richer, key=lambda k: (not k.text, k.key()))
    return tuple(_rebound(truth, substitute) for truth in truths)


def _serves(richer: MeasureKind, kind: MeasureKind) -> bool:
    """Whether rows of `richer` tell all that rows of `kind` tell."""
    if replace(richer, properties=(), text=False) != replace(kind, properties=(), text=False):
        return False
    if not kind.properties:
        return bool(richer.properties)
    return richer.properties == kind.properties and richer.text and not kind.text


def _rebound(node: Truth, substitute: Mapping[MeasureKind, MeasureKind]) -> Truth:
    def richest(kind: MeasureKind | None) -> MeasureKind | None:
        while kind is not None and kind in substitute:
            kind = substitute[kind]
        return kind

    def operand(value: Operand) -> Operand:
        match value:
            case Reading():
                return replace(value, kind=richest(value.kind), after=richest(value.after))
            case Operation():
                return Operation(value.op, operand(value.left), operand(value.right))
            case _:
                return value

    match node:
        case AllOf():
            return AllOf(tuple(_rebound(below, substitute) for below in node.operands))
        case AnyOf():
            return AnyOf(tuple(_rebound(below, substitute) for below in node.operands))
        case Negated():
            return Negated(_rebound(node.operand, substitute))
        case Compare():
            return Compare(node.op, operand(node.left), operand(node.right), node.text)
        case OneOf():
            return OneOf(operand(node.operand), node.options, node.negated, node.text)
        case Unknown():
            return Unknown(operand(node.operand), node.negated)
        case WasIn() | Reached():
            return node


def atoms(node: Truth) -> Iterator[Atom]:
    """The comparisons of a condition, left to right."""
    match node:
        case AllOf() | AnyOf():
            for operand in node.operands:
                yield from atoms(operand)
        case Negated():
            yield from atoms(node.operand)
        case _:
            yield node


def operands(atom: Atom) -> tuple[Operand, ...]:
    """The sides of an atom."""
    match atom:
        case Compare():
            return (atom.left, atom.right)
        case OneOf() | Unknown():
            return (atom.operand,)
        case WasIn() | Reached():
            return ()


def readings(node: Truth | Operand) -> Iterator[Reading]:
    """Every measure that a condition or value reads."""
    match node:
        case Reading():
            yield node
        case Operation():
            yield from readings(node.left)
            yield from readings(node.right)
        case Fixed():
            return
        case _:
            for atom in atoms(node):
                for operand in operands(atom):
                    yield from readings(operand)


def value_on_empty(node: Operand) -> Fraction | str | None:
    """The operand's value for somebody without any event; None where unknown."""
    match node:
        case Fixed():
            return node.value
        case Reading():
            counts = node.function in ("count", "sum", "distinct") and node.after is None
            return Fraction(0) if counts else None
        case Operation():
            left, right = value_on_empty(node.left), value_on_empty(node.right)
            if not isinstance(left, Fraction) or not isinstance(right, Fraction):
                return None
            if node.op == "/":
                return left / right if right else None
            return {"+": left + right, "-": left - right, "*": left * right}[node.op]


def holds_on_empty(node: Truth) -> bool:
    """Whether the condition holds for somebody without any event."""
    match node:
        case AllOf():
            return all(holds_on_empty(operand) for operand in node.operands)
        case AnyOf():
            return any(holds_on_empty(operand) for operand in node.operands)
        case Negated():
            return not holds_on_empty(node.operand)
        case WasIn() | Reached():
            return False
        case Unknown():
            return (value_on_empty(node.operand) is None) != node.negated
        case OneOf():
            value = value_on_empty(node.operand)
            return value is not None and (value in node.options) != node.negated
        case Compare():
            left, right = value_on_empty(node.left), value_on_empty(node.right)
            if left is None or right is None or isinstance(left, str) != isinstance(right, str):
                return False
            return _compare(node.op, left, right)


def _compare(op: str, left: Fraction | str, right: Fraction | str) -> bool:
    if op in ("==", "!="):
        return (left == right) == (op == "==")
    if isinstance(left, str) or isinstance(right, str):
        first, second = str(left).encode(), str(right).encode()
        return {"<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second}[op]
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]
