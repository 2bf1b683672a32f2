"""BdW: everybody has a chance of their own to renew, and it grows or falls with time."""

from __future__ import annotations

from tenure.predict.contract import Contract

BDW = Contract(name="bdw", title="BdW", parameters=("alpha", "beta", "c"))
