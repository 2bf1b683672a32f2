"""What customers are worth: how value is spread, what it costs to win, keep and serve them, and which products help."""
