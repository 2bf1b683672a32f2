"""The outlook: how many people will be in each stage, what must convert for a target, and what would help most."""
