"""MBG/NBD: customers may stop after every purchase, the first among them.

E. P. Batislam, M. Denizel and A. Filiztekin, Empirical Validation and Comparison of Models for Customer Base Analysis,
International Journal of Research in Marketing 24 (2007), 201-209.
"""

from __future__ import annotations

from tenure.predict.beta_geometric import BetaGeometric

MBG_NBD = BetaGeometric(name="mbg_nbd", title="MBG/NBD", at_first=True)
