"""sBG: everybody has a chance of their own to renew, and it stays what it is."""

from __future__ import annotations

from tenure.predict.contract import Contract

SBG = Contract(name="sbg", title="sBG", parameters=("alpha", "beta"))
