"""Why a figure changed: boring causes first, then parts that add up to the change, and the people behind."""
