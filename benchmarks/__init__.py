"""What Tenure costs: a seeded company, two lifecycles, and the rivals that compute the same history otherwise."""

from __future__ import annotations
