"""A lifecycle as the compiler sees it: conditions bound and reduced, stages in their order of precedence."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.lifecycle.bits import Bits
from tenure.lifecycle.bound import AllOf, AnyOf, Negated, Truth, holds_on_empty

# the columns of a stay that begins with the change at `moment`, among the changes of one lifecycle
STAY = "moment AS entered_at, lead(moment) OVER (PARTITION BY unit ORDER BY moment) AS left_at"


@dataclass(frozen=True, slots=True)
class BoundStage:
    """A stage as the compiler sees it: its condition bound and reduced."""

    name: str
    condition: Truth | None
    side: bool
    otherwise: bool


@dataclass(frozen=True, slots=True)
class BoundLifecycle:
    """A lifecycle as the compiler sees it; `code` is its number in the store."""

    name: str
    code: int
    stages: tuple[BoundStage, ...]
    forward: bool
    clear: Truth | None
    hand_set: bool

    @property
    def settled(self) -> bool:
        """Whether the stage depends on more than the conditions of the moment: a mark, or a stage set by hand."""
        return self.forward or self.hand_set

    def ranked(self) -> list[tuple[int, BoundStage]]:
        """Stages with their positions in the order of precedence: main stages in list order, then side stages."""
        numbered = [(place, stage) for place, stage in enumerate(self.stages) if not stage.otherwise]
        return [pair for pair in numbered if not pair[1].side] + [pair for pair in numbered if pair[1].side]

    @property
    def otherwise(self) -> int | None:
        """The position of the stage for when no other holds."""
        return next((place for place, stage in enumerate(self.stages) if stage.otherwise), None)

    @property
    def needs_birth(self) -> bool:
        """Whether somebody without any counted event may be in a stage."""
        return self.otherwise is not None or any(holds_on_empty(condition) for condition in self.conditions())

    def conditions(self) -> tuple[Truth, ...]:
        """Every condition of the lifecycle."""
        found = [stage.condition for stage in self.stages if stage.condition is not None]
        return (*found, self.clear) if self.clear is not None else tuple(found)


def holds(node: Truth, bits: Bits, mask: str) -> str:
    """SQL of the condition over the words of a mask (`m0` or, with mask 'before', what stood before the moment)."""
    match node:
        case AllOf(operands=()):
            return "TRUE"
        case AnyOf(operands=()):
            return "FALSE"
        case AllOf():
            return "(" + " AND ".join(holds(operand, bits, mask) for operand in node.operands) + ")"
        case AnyOf():
            return "(" + " OR ".join(holds(operand, bits, mask) for operand in node.operands) + ")"
        case Negated():
            return f"NOT {holds(node.operand, bits, mask)}"
        case _:
            op = "=" if holds_on_empty(node) else "<>"
            return f"({mask}{bits.word(node)} & {bits.bit(node)} {op} 0)"
