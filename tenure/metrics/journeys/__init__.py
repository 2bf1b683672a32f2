"""Journeys: what people go through, mined from the events of the log."""
