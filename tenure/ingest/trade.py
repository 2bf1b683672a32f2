"""What the rows of a purchase file are, orders or lines of orders, sales or cancellations, and what each is worth."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenure.ingest.column_facts import Facts, Looked, quoted
from tenure.ingest.columns_chosen import Chosen
from tenure.warehouse.source_sql import quote_text

_SAME = 0.01
_MOSTLY = 0.95
_FEW_GROUPS = 5
# letters before a number that mark a cancellation, a credit note or a return, in several languages
_CANCELLING = frozenset("C CN CR CM R RF REF RET RTN ST STORNO GS G AV NC".split())


@dataclass(slots=True, kw_only=True)
class Trade:
    """How rows become orders and refunds, as expressions that an author would write.

    `amount` is a row's worth, `told` the same in words; `group` puts lines together, `id` names a row; `refunds` is the
    condition of a row that takes an order back, `orders` that of all others (empty where there are none to tell apart).
    """

    amount: str
    told: str
    repeated: bool = False
    """Every line carries the total of its order, which counts once."""
    group: str | None = None
    id: str | None = None
    orders: str = ""
    refunds: str = ""
    cancelled: str = ""
    below_zero: bool = False
    """Rows that take an order back are worth less than nothing."""
    notes: list[str] = field(default_factory=list)

    def revenue(self, *, refund: bool = False) -> str:
        """The expression of what an order is worth, or of what a refund gives back, above zero."""
        value = f"-{self.amount}" if refund and self.below_zero else self.amount
        if self.group is None:
            return value
        return f"max({value})" if self.repeated else f"sum({value})"


def trade(looked: Looked, chosen: Chosen) -> Trade:
    """How the rows of the file become orders and refunds."""
    found, number = _worth(looked, chosen)
    _lines(looked, chosen, found, number)
    _cancellations(looked, chosen, found, number)
    return found


def _worth(looked: Looked, chosen: Chosen) -> tuple[Trade, str]:
    """A row's worth, and its SQL over `looked`."""
    amount, quantity, price = (chosen.get(role) for role in ("amount", "quantity", "price"))
    if amount is None:
        assert price is not None
        if quantity is None:
            note = f"{price.name} taken for the amount, since there is no quantity"
            return Trade(amount=price.written, told=price.name, notes=[note]), price.number
        product = f"({quantity.number}) * ({price.number})"
        return Trade(
            amount=f"{quantity.written} * {price.written}", told=f"{quantity.name} × {price.name}"
        ), product  # fmt: skip
    found = Trade(amount=amount.written, told=amount.name)
    if quantity is not None and price is not None:
        both, same = looked.numbers(
            f"count_if({amount.number} IS NOT NULL AND {quantity.number} * {price.number} IS NOT NULL)",
            f"count_if(abs({amount.number} - {quantity.number} * {price.number}) <= {_SAME})",
        )
        if same < _MOSTLY * both:
            found.notes.append(f"{amount.name} counts, though it is not always {quantity.name} × {price.name}")
    return found, amount.number


def _lines(looked: Looked, chosen: Chosen, found: Trade, number: str) -> None:
    """Whether several rows make one order."""
    invoice, customer = chosen.get("invoice"), chosen["customer"]
    assert chosen.time is not None
    if invoice is None:
        _without_invoice(looked, chosen, found)
        return
    groups, several, mixed, single_valued = looked.numbers(
        "count(*)", "count_if(n > 1)", "count_if(customers > 1)", "count_if(n > 1 AND low = high)",
        rows=f"(SELECT count(*) AS n, count(DISTINCT {customer.sql}) AS customers, min({number}) AS low, "
        f"max({number}) AS high FROM looked WHERE {invoice.sql} IS NOT NULL GROUP BY {invoice.sql})",
    )  # fmt: skip
    if not several:
        if looked.numbers(f"count({invoice.sql})")[0] == looked.rows:
            found.id = invoice.name
        return
    found.group = invoice.name
    if mixed > 0.02 * groups:
        found.group = f"concat_ws(' ', {quoted(invoice.name)}, {quoted(customer.name)})"
        found.notes.append(
            f"{invoice.name} returns with other customers: one of {invoice.name} and {customer.name} is an order"
        )
        return
    if "amount" in chosen.columns and several >= _FEW_GROUPS and single_valued >= _MOSTLY * several:
        found.repeated = True
        found.notes.append(f"{found.told} is the order's total, repeated on each line, and counted once")


def _without_invoice(looked: Looked, chosen: Chosen, found: Trade) -> None:
    """Without a number, what one customer buys at one moment is one order where the rows name products."""
    customer, time = chosen["customer"], chosen.time
    assert time is not None
    if "product" not in chosen.columns:
        return
    rows, moments = looked.numbers("count(*)", f"count(DISTINCT concat_ws(' ', {customer.sql}, {time.sql}))")
    if moments < _MOSTLY * rows:
        found.group = f"concat_ws(' ', {quoted(customer.name)}, {quoted(time.facts.name)})"
        unit = "on one day" if time.days_only else "at one moment"
        found.notes.append(f"no invoice column: what a customer bought {unit} is one order")


def _cancellations(looked: Looked, chosen: Chosen, found: Trade, number: str) -> None:
    """Which rows take an order back."""
    quantity, amount, invoice = chosen.get("quantity"), chosen.get("amount"), chosen.get("invoice")
    if quantity is not None:
        negative, zero = looked.numbers(f"count_if({quantity.number} < 0)", f"count_if({quantity.number} = 0)")
        if negative:
            found.refunds, found.orders = f"{quantity.written} < 0", f"{quantity.written} > 0"
            found.cancelled = f"{quantity.name} below zero"
            below, above = looked.numbers(
                f"count_if({number} < 0)", f"count_if({number} > 0)", rows=f"looked WHERE {quantity.number} < 0"
            )
            found.below_zero = below >= above
            return
        if zero:
            found.orders = f"{quantity.written} > 0"
    priced = amount or (chosen.get("price") if quantity is None else None)
    if priced is not None and _negative_amounts(looked, chosen, found, priced):
        return
    if invoice is not None and not found.refunds:
        _by_letter(looked, invoice, found)


def _negative_amounts(looked: Looked, chosen: Chosen, found: Trade, amount: Facts) -> bool:
    negative = looked.numbers(f"count_if({amount.number} < 0)")[0]
    if not negative:
        return False
    invoice = chosen.get("invoice")
    if invoice is not None and found.group is not None:
        beside = looked.numbers(
            "sum(below)", rows=f"(SELECT count_if({amount.number} < 0) AS below, count_if({amount.number} > 0) "
            f"AS above FROM looked GROUP BY {invoice.sql}) WHERE above > 0",
        )[0]  # fmt: skip
        if beside * 2 >= negative:
            found.notes.append(
                f"lines with {amount.name} below zero stand beside others of their order: taken for discounts"
            )
            return False
    found.refunds, found.cancelled, found.below_zero = f"{amount.written} < 0", f"{amount.name} below zero", True
    found.orders = " and ".join(filter(None, [found.orders, f"{amount.written} >= 0"]))
    return True


def _by_letter(looked: Looked, invoice: Facts, found: Trade) -> None:
    """Numbers with a letter before them, where most have none."""
    text = f"trim(CAST({invoice.sql} AS VARCHAR))"
    table = looked.sandbox.table(
        f"SELECT upper(regexp_extract({text}, '^([A-Za-z]{{1,6}})[-_ ]?[0-9]+$', 1)) AS letters, count(*) AS n "
        f"FROM looked WHERE {text} <> '' GROUP BY 1 ORDER BY n DESC, 1"
    )
    counts = dict(zip(table["letters"].to_pylist(), table["n"].to_pylist(), strict=True))
    total = sum(counts.values())
    marked = sorted(letters for letters, n in counts.items() if letters in _CANCELLING and n < 0.3 * total)
    if not marked or counts.get("", 0) < 0.5 * total:
        return
    pattern = quote_text(f"(?i)^({'|'.join(marked)})[-_ ]?[0-9]")
    condition = f"regexp_matches({quoted(invoice.name)}, {pattern})"
    found.refunds, found.orders = condition, " and ".join(filter(None, [found.orders, f"not {condition}"]))
    found.cancelled = f"{invoice.name} with {' or '.join(marked)} before the number"
