"""What serving people costs where no event tells it: the section `costs:` of tenure.yaml.

costs:
  order: 4.50          # or the property of orders that tells it, such as delivery_cost
  case: 6
  message: 0.02
  refund: 8
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import Field, WithJsonSchema, field_validator

from tenure.documents import DefinitionModel

Amount = Annotated[
    Decimal, Field(ge=0, lt=Decimal(10) ** 12, allow_inf_nan=False), WithJsonSchema({"type": "number", "minimum": 0})
]
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")


class CostsSpec(DefinitionModel):
    """What serving people costs where no event `Cost Recorded` of the kind tells it."""

    order: Annotated[str, WithJsonSchema({"type": ["number", "string"]})] | None = None
    """What delivering an order costs: an amount, or the property of orders that tells it (delivery_cost)."""
    case: Amount | None = None
    """What a case of the help desk costs."""
    message: Amount | None = None
    """What a message costs; what contacting somebody costs, too."""
    refund: Amount | None = None
    """What a return costs, besides what is given back."""

    @field_validator("order")
    @classmethod
    def _amount_or_property(cls, written: str | None) -> str | None:
        if written is not None and not (_NUMBER.fullmatch(written) or _PROPERTY.fullmatch(written)):
            raise ValueError(f"'order' must be an amount or a property of orders, not '{written}'. Write 4.50.")
        return written

    @property
    def order_amount(self) -> Decimal | None:
        """What every order costs; None where a property tells it, or nothing does."""
        return Decimal(self.order) if self.order is not None and _NUMBER.fullmatch(self.order) else None

    @property
    def order_property(self) -> str | None:
        """The property of orders that tells what each costs."""
        return self.order if self.order is not None and self.order_amount is None else None
