"""Webhooks: moves are sent to addresses that ask for them, signed, and again where they did not arrive."""
