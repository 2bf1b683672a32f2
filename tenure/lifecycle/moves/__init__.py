"""How people move through a lifecycle, read from the stored history: one analysis a file, one query each."""
