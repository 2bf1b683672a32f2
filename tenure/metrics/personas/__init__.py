"""Personas: groups of people who behave alike, found in the events of the log, and described in words."""
