"""Functions and dotted names of a condition: `count(order, within=days(365))`, `trait.plan`."""

from __future__ import annotations

import ast
from decimal import Decimal
from typing import cast

from tenure.documents.wording import did_you_mean, listing
from tenure.expressions.functions import FUNCTIONS, MAX_DAYS, MICROSECONDS, Function
from tenure.expressions.names import cited, is_plain, quoted, written_event, written_part
from tenure.expressions.scan import length_hint
from tenure.expressions.slips import CALENDAR, SYNONYMS, UNITS
from tenure.expressions.source import Source
from tenure.expressions.tree import Duration, Measure, MeasureName, Was

_OWNERS = ("trait", "score")


def called(source: Source, node: ast.Call) -> Measure | Duration | Was:
    """What a call means."""
    function = _function(source, node)
    if function.takes == "amount":
        return duration(source, node)
    argument = _argument(source, node, function)
    span = source.span(node)
    name = cast("MeasureName", function.name)
    match function.takes:
        case "stage":
            stage = _name(source, argument, function)
            return (
                Was(stage=stage, span=span) if function.name == "was" else Measure(function=name, name=stage, span=span)
            )
        case "lifecycle":
            return Measure(function=name, name=_name(source, argument, function), span=span)
        case "date":
            trait = part(source, argument)
            if not trait or trait[0] != "trait":
                raise source.error(argument, f"{function.name} takes a trait.", f"Write it so: {function.signature}")
            return Measure(function=name, name=trait[1], span=span)
        case _:
            event, prop = _event(source, argument, function)
            within, after = _settings(source, node, function)
            return Measure(function=name, event=event, property=prop, within=within, after=after, span=span)


def part(source: Source, node: ast.expr) -> tuple[str, str] | None:
    """The owner and name of `trait.plan`, `score['x']` or `order.revenue`; None for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return node.value.id, _key(source, node)
    return None


def dotted(source: Source, node: ast.Attribute | ast.Subscript) -> Measure:
    """The trait or score that `node` names."""
    found = part(source, node)
    if found and found[0] in _OWNERS:
        return Measure(function=cast("MeasureName", found[0]), name=found[1], span=source.span(node))
    if found and found[0].lower() in _OWNERS:
        owner = found[0].lower()
        raise source.error(
            node, f"'{owner}' is written in small letters.", f"Write it so: {written_part(owner, found[1])}"
        )
    if found and found[0] in ("traits", "scores", "customer", "customers", "user", "person", "people", "contact"):
        owner = "score" if found[0] == "scores" else "trait"
        raise source.error(
            node, f"'{found[0]}' is no part of the language.", f"Write it so: {written_part(owner, found[1])}"
        )
    if isinstance(node.value, ast.Attribute | ast.Subscript):
        inner = part(source, node.value)
        if inner and inner[0] in _OWNERS:
            raise source.error(
                node, f"A {inner[0]} has no parts.", f"{inner[0].capitalize()}s are single numbers or texts."
            )
    if not isinstance(node.value, ast.Name | ast.Subscript):
        message = f"{cited(source.shown(node.value))} has no parts."
        raise source.error(node, message, "Parts have only trait, score and events: trait.plan")
    shown = source.shown(node)
    raise source.error(
        node,
        f"{cited(shown)} is no value: there may have been many.",
        f"Say which one: last({shown}), first({shown}), sum({shown}); a trait is written trait.name",
    )


def duration(source: Source, node: ast.expr) -> Duration:
    """The length of time that `days(90)` means."""
    function = _function(source, node) if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or not function or function.takes != "amount":
        written = source.value(node) if isinstance(node, ast.Constant) else None
        shown = source.shown(node)
        hint = f"days({shown})" if isinstance(written, Decimal) else "days(90)"
        raise source.error(node, f"A length of time is needed here, not {cited(shown)}.", f"Write it so: {hint}")
    argument = _argument(source, node, function)
    if node.keywords:
        raise source.error(node.keywords[0], f"{function.name} has no settings.", f"Write it so: {function.name}(90)")
    negative = isinstance(argument, ast.UnaryOp) and isinstance(argument.op, ast.USub)
    literal = argument.operand if isinstance(argument, ast.UnaryOp) and negative else argument
    value = source.value(literal) if isinstance(literal, ast.Constant) else None
    if not isinstance(value, Decimal):
        raise source.error(
            argument,
            f"{function.name} takes a plain number.",
            f"A length that is worked out is a product: {source.shown(argument)} * {function.name}(1)"
            if isinstance(argument, ast.Call | ast.Attribute | ast.BinOp)
            else f"Write it so: {function.name}(90)",
        )
    microseconds = value * MICROSECONDS[function.name]
    if microseconds != int(microseconds):
        raise source.error(argument, "A length of time is whole microseconds.", "Round it.")
    if microseconds > MAX_DAYS * MICROSECONDS["days"]:
        raise source.error(node, f"A length of time is at most {MAX_DAYS:,} days.")
    return Duration(microseconds=-int(microseconds) if negative else int(microseconds), span=source.span(node))


def _function(source: Source, node: ast.Call) -> Function:
    if not isinstance(node.func, ast.Name):
        raise source.error(
            node.func, f"{cited(source.shown(node.func))} cannot be called.", "Functions are single words: count(order)"
        )
    name = node.func.id
    function = FUNCTIONS.get(name)
    if function and function.takes not in _OWNERS:
        return function
    if function:
        inside = source.shown(node.args[0]) if node.args else "name"
        raise source.error(
            node.func, f"A {name} is not called.", f"Write it so: {name}.{inside if is_plain(inside) else 'name'}"
        )
    if name.lower() in CALENDAR:
        raise source.error(node, f"There is no function '{name}'.", length_hint("", name.lower()))
    if name.lower() in UNITS and name not in FUNCTIONS:
        amount = source.shown(node.args[0]) if node.args else ""
        raise source.error(node, f"There is no function '{name}'.", length_hint(amount, name.lower()))
    callable_names = [each.name for each in FUNCTIONS.values() if each.takes not in _OWNERS]
    hint = (
        did_you_mean(SYNONYMS.get(name.lower(), name), callable_names) or f"There are {listing(callable_names, 'and')}."
    )
    raise source.error(node.func, f"There is no function '{name}'.", hint)


def _argument(source: Source, node: ast.Call, function: Function) -> ast.expr:
    hint = f"Write it so: {function.signature}"
    if not node.args:
        needed = {"stage": "a stage", "lifecycle": "a lifecycle", "date": "a trait", "amount": "a number"}
        raise source.error(node, f"{function.name} needs {needed.get(function.takes, 'an event')}.", hint)
    if len(node.args) > 1:
        second = node.args[1]
        span = source.shown(second)
        if isinstance(second, ast.Call) and isinstance(second.func, ast.Name) and second.func.id in MICROSECONDS:
            if "within" in function.settings:
                raise source.error(second, "A window needs its name.", f"Write it so: within={span}")
        elif "after" in function.settings and isinstance(second, ast.Name | ast.Subscript):
            raise source.error(second, "A second event needs its name.", f"Write it so: after={span}")
        raise source.error(second, f"{function.name} takes one thing.", hint)
    return node.args[0]


def _settings(source: Source, node: ast.Call, function: Function) -> tuple[int | None, str | None]:
    """The window and the restarting event of a call."""
    within: int | None = None
    after: str | None = None
    seen: set[str | None] = set()
    for setting in node.keywords:
        if setting.arg not in function.settings:
            allowed = f"It has {listing(function.settings, 'and')}." if function.settings else "It has none."
            if setting.arg in ("within", "after"):
                allowed = f"It belongs to {_with_setting(setting.arg)}."
            raise source.error(setting, f"{function.name} has no setting '{setting.arg}'.", allowed)
        if setting.arg in seen:
            raise source.error(setting, f"'{setting.arg}' is given twice.", "Keep one.")
        seen.add(setting.arg)
        if setting.arg == "within":
            window = duration(source, setting.value)
            if window.microseconds <= 0:
                raise source.error(setting.value, "A window is longer than nothing.", "Write it so: within=days(365)")
            within = window.microseconds
        else:
            after = _event_name(source, setting.value)
            if after is None:
                raise source.error(setting.value, "after takes an event.", "Write it so: after=order")
    if within is not None and after is not None:
        raise source.error(node, "within and after cannot stand together.", "Count with one of them.")
    return within, after


def _with_setting(setting: str) -> str:
    return listing([each.name for each in FUNCTIONS.values() if setting in each.settings], "and")


def _name(source: Source, node: ast.expr, function: Function) -> str:
    """The stage or lifecycle that `node` names."""
    if isinstance(node, ast.Name):
        return node.id
    text = source.string(node)
    if not text:
        raise source.error(node, f"{function.name} takes a {function.takes}.", f"Write it so: {function.signature}")
    return text


def _event(source: Source, node: ast.expr, function: Function) -> tuple[str, str | None]:
    """The event that `node` names, and the property of it."""
    found = _event_name(source, node)
    if not found and isinstance(node, ast.Attribute | ast.Subscript):
        owner = _event_name(source, node.value)
        if owner in ("trait", "score") and isinstance(node.value, ast.Name):
            raise source.error(
                node, f"{function.name} takes an event, not a {owner}.", f"A {owner} stands alone: {source.shown(node)}"
            )
        if owner:
            prop = node.attr if isinstance(node, ast.Attribute) else _key(source, node)
            if function.takes == "event":
                hint = f"Write it so: {function.name}({written_event(owner)})"
                raise source.error(node, f"{function.name} takes an event, not a property.", hint)
            return owner, prop
    if found:
        return found, None
    raise source.error(node, f"{function.name} takes an event.", _event_hint(source, node, function))


def _event_name(source: Source, node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "event":
        return _key(source, node)
    return None


def _event_hint(source: Source, node: ast.expr, function: Function) -> str:
    text = source.string(node)
    match node:
        case ast.Constant() if text:
            return f"Write it so: {function.name}({written_event(text)})"
        case ast.Compare():
            left = source.shown(node.left)
            return (
                f"A comparison stands behind the brackets, {function.name}({left}) >= 5; a filter belongs to the event."
            )
        case ast.BoolOp():
            return "Name one event; a short name may stand for several."
        case ast.BinOp() if isinstance(node.op, ast.Add):
            first, second = source.shown(node.left), source.shown(node.right)
            return f"Write it so: {function.name}({first}) + {function.name}({second})"
        case _:
            return f"Write it so: {function.example}"


def _key(source: Source, node: ast.Subscript) -> str:
    """The text between square brackets."""
    text = source.string(node.slice)
    if text is None:
        owner, key = source.shown(node.value), source.shown(node.slice)
        raise source.error(
            node.slice, "A name between square brackets stands in quotes.", f"Write it so: {owner}[{quoted(key)}]"
        )
    if not text:
        raise source.error(node.slice, "A name cannot be empty.")
    return text
