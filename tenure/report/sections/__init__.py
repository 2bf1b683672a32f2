"""The sections of a report, one file a subject: each gives the sketches that the figures can fill."""
