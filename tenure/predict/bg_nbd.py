"""BG/NBD: who bought once cannot have stopped; after each further purchase customers may.

P. S. Fader, B. G. S. Hardie and K. L. Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
Model, Marketing Science 24 (2005), 275-284.
"""

from __future__ import annotations

from tenure.predict.beta_geometric import BetaGeometric

BG_NBD = BetaGeometric(name="bg_nbd", title="BG/NBD", at_first=False)
