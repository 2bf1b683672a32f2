"""The condition language: text becomes a checked tree, and a tree becomes text or an English phrase.

    condition = parse("since(order) >= days(90)")
    check(condition, Names(events=STANDARD), text="since(order) >= days(90)")      # the cautions; raises errors
    unparse(condition)                                                             # 'since(order) >= days(90)'
    in_words(condition)                                                            # 'no order for 90 days'

Nothing is ever evaluated; compilers walk the tree (`tenure.expressions.tree`).
"""

from __future__ import annotations

from tenure.expressions.check import Checked, check, check_where, examine, examine_where
from tenure.expressions.findings import Caution
from tenure.expressions.functions import FUNCTIONS, OPERATORS, Function, Operator
from tenure.expressions.parse import parse, parse_value, parse_where
from tenure.expressions.resolve import Names, binding_of
from tenure.expressions.slopes import constant, slope
from tenure.expressions.unparse import unparse
from tenure.expressions.words import in_words

__all__ = [
    "FUNCTIONS",
    "OPERATORS",
    "Caution",
    "Checked",
    "Function",
    "Names",
    "Operator",
    "binding_of",
    "check",
    "check_where",
    "constant",
    "examine",
    "examine_where",
    "in_words",
    "parse",
    "parse_value",
    "parse_where",
    "slope",
    "unparse",
]
