"""`python -m tenure.cli`: the command line without its script."""

from __future__ import annotations

from tenure.cli import main

if __name__ == "__main__":
    main()
