"""Metrics: what to count, divide and compare, as data; compiled into few queries over measures and histories."""
