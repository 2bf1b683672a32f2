"""Where events live: the store in a DuckDB file, its tables and measures, and the sandbox that sources' SQL runs in."""
