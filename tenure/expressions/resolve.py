"""Whether the names in a condition mean something here: events, stages, lifecycles, traits, scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from tenure.documents.wording import did_you_mean, listing
from tenure.events import ALIASES, COMMON_PROPERTIES, EVENTS, EventBinding
from tenure.expressions.findings import Findings
from tenure.expressions.functions import FUNCTIONS
from tenure.expressions.names import quoted, written_event, written_part
from tenure.expressions.tree import Comparison, Constant, Measure, Membership, Node, Property, Span, Value, Was, walk

_NEAR = 0.8
_MOST_LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a condition may name.

    `events` are the short names, `stages` those of the condition's own lifecycle (called `lifecycle`; none in a
    segment), `lifecycles` the stages of the other ones by name. `traits` None: any name. Scores may stand where
    `scores_allowed`.
    """

    events: Mapping[str, EventBinding]
    stages: Sequence[str] = ()
    lifecycles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lifecycle: str = ""
    traits: frozenset[str] | None = None
    scores_allowed: bool = False


def binding_of(name: str, names: Names) -> EventBinding | None:
    """What an event's name stands for: a short name, or the full name of a known event; None where it is neither."""
    short = names.events.get(name)
    if short:
        return short
    if name in EVENTS:
        value = EVENTS[name].value
        return EventBinding(name=name, events=(name,), value=value[0] if len(value) == 1 else value or None)
    if any(name in binding.events for binding in names.events.values()):
        return EventBinding(name=name, events=(name,))
    return None


def resolve(node: Node, names: Names, findings: Findings) -> dict[str, EventBinding]:
    """The events that `node` names, by the names used; what is unknown is added to `findings`."""
    found: dict[str, EventBinding] = {}
    for part in walk(node):
        match part:
            case Measure():
                _resolve_measure(part, names, found, findings)
            case Was():
                _resolve_stage(part.stage, part.span, names, findings)
            case Comparison():
                _resolve_compared(part, names, findings)
            case Membership(operand=Measure(function="stage", name=str() as lifecycle)):
                for option in part.options:
                    _resolve_stage_text(lifecycle, option, names, findings)
            case _:
                pass
    return found


def check_property(name: str, events: Sequence[str], span: Span, findings: Findings) -> None:
    """Add a caution where `name` is probably a misspelt property of `events`, or one that has no single value.

    Only events of the dictionary are looked at; an event may carry properties that nobody has written down.
    """
    if not events or any(event not in EVENTS for event in events):
        return
    known = {each.name: each for event in events for each in EVENTS[event].properties.values()}
    if name in known:
        if known[name].type == "list":
            findings.caution(span, f"'{name}' is a list, and a list is read as unknown.", "Read another property.")
        return
    near = get_close_matches(name.casefold(), known, n=1, cutoff=_NEAR)
    if near and name not in COMMON_PROPERTIES:
        where = f"'{events[0]}'" if len(events) == 1 else "these events"
        findings.caution(span, f"The dictionary has no property '{name}' of {where}.", f"Did you mean '{near[0]}'?")


def check_pair(left: Value, right: Value, events: Sequence[str], findings: Findings) -> None:
    """Add a caution where a text without its quotes is read as a property: `survey == nps`."""
    if not isinstance(left, Property) or not isinstance(right, Property):
        return
    known = {name for event in events if event in EVENTS for name in EVENTS[event].properties}
    if not known.issuperset((left.name, right.name)):
        message = f"'{right.name}' is read as a property of the event."
        findings.caution(right.span, message, f"If it is a text, write {quoted(right.name)}")


def _resolve_measure(node: Measure, names: Names, found: dict[str, EventBinding], findings: Findings) -> None:
    name = node.name or ""
    match node.function:
        case "since_entered":
            _resolve_stage(name, node.span, names, findings)
        case "stage":
            _resolve_lifecycle(name, node.span, names, findings)
        case "trait" | "until":
            if names.traits is not None and name not in names.traits:
                hint = did_you_mean(name, names.traits) or _listed("The traits are", names.traits)
                findings.error(findings.place(node.span, name), f"There is no trait '{name}'.", hint)
        case "score":
            if not names.scores_allowed:
                message = "Scores cannot stand here: every new estimate would change what figures say."
                findings.error(node.span, message, "They may stand in segments, lifecycles, filters and plays.")
        case _:
            _resolve_events(node, names, found, findings)


def _resolve_events(node: Measure, names: Names, found: dict[str, EventBinding], findings: Findings) -> None:
    for name, last in ((node.event, False), (node.after, True)):
        if name is None:
            continue
        binding = binding_of(name, names)
        if binding is None:
            span = findings.place(node.span, name, last=last)
            findings.error(span, *_unknown_event(name, names))
        else:
            found[name] = binding
    if node.after is not None and node.after == node.event:
        message = f"No '{node.event}' is later than the last one, so this is always 0."
        findings.caution(node.span, message, "Count with within= instead.")
    binding = found.get(node.event or "")
    if binding is None or FUNCTIONS[node.function].takes != "value":
        return
    if node.property is not None:
        check_property(node.property, binding.events, findings.place(node.span, node.property, last=True), findings)
    elif not binding.value:
        event = written_event(binding.name)
        example = f"{node.function}({written_part(event, _example_property(binding, node.function))})"
        findings.error(
            node.span,
            f"'{binding.name}' has no value of its own.",
            f"Name a property, such as {example}, or give it a value under events.",
        )


def _example_property(binding: EventBinding, function: str) -> str:
    """A property that `function` could read of the event."""
    known = [each for event in binding.events if event in EVENTS for each in EVENTS[event].properties.values()]
    fitting = ("text",) if function == "distinct" else ("number", "money")
    return next((each.name for each in known if each.type in fitting), "amount")


def _unknown_event(name: str, names: Names) -> tuple[str, str]:
    """What to say of an event's name that is none."""
    message = f"There is no event '{name}'."
    if name in ALIASES:
        return message, f"Events of that name are read as '{ALIASES[name]}': event[{quoted(ALIASES[name])}]"
    if name in names.stages:
        return message, f"'{name}' is a stage: was({name}), since_entered({name})"
    full = {event for binding in names.events.values() for event in binding.events} | set(EVENTS)
    short, long = did_you_mean(name, names.events), did_you_mean(name, full)
    near = long or short if " " in name or not name.islower() else short or long
    return message, near or "Give it a short name under events."


def _resolve_stage(name: str, span: Span, names: Names, findings: Findings) -> None:
    if name in names.stages:
        return
    span = findings.place(span, name, last=True)
    other = next((lifecycle for lifecycle, stages in names.lifecycles.items() if name in stages), "")
    if not names.stages:
        hint = f"Ask for the stage of a lifecycle: stage({quoted(other or 'classic')}) == {quoted(name)}"
        findings.error(span, "Here is no lifecycle of which to ask for a stage.", hint)
        return
    near = did_you_mean(name, names.stages)
    if other and not near:
        near = f"Ask for that of {other!r} so: stage({quoted(other)}) == {quoted(name)}"
    hint = near or _listed("The stages are", names.stages)
    findings.error(span, f"This lifecycle has no stage '{name}'.", hint)


def _resolve_lifecycle(name: str, span: Span, names: Names, findings: Findings) -> None:
    if name in names.lifecycles:
        return
    span = findings.place(span, name, last=True)
    if names.lifecycle and name == names.lifecycle:
        message = "A lifecycle cannot ask for its own present stage: the answer would depend on itself."
        findings.error(span, message, "Ask whether it was in a stage: was(stage)")
        return
    hint = did_you_mean(name, names.lifecycles) or _listed("There are", names.lifecycles)
    findings.error(span, f"There is no lifecycle or segment '{name}'.", hint)


def _resolve_compared(node: Comparison, names: Names, findings: Findings) -> None:
    """Check the text that a stage is compared with."""
    for asked, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(asked, Measure) and asked.function == "stage" and asked.name is not None:
            _resolve_stage_text(asked.name, other, names, findings)


def _resolve_stage_text(lifecycle: str, value: Value, names: Names, findings: Findings) -> None:
    stages = names.lifecycles.get(lifecycle)
    text = value.value if isinstance(value, Constant) else None
    if stages is not None and isinstance(text, str) and text not in stages:
        hint = did_you_mean(text, stages) or _listed("The stages are", stages)
        findings.error(value.span, f"'{lifecycle}' has no stage '{text}'.", hint)


def _listed(words: str, names: Iterable[str]) -> str:
    """`The stages are a, b and c.`; empty where there are none or too many."""
    names = list(names)
    return f"{words} {listing(names, 'and')}." if 0 < len(names) <= _MOST_LISTED else ""
