"""Where events come from: tables and files (`tables`), Arrow batches (`arrow`), and what a source says (`source`)."""
