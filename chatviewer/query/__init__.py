"""The search language: typed text to a `Query`. Knows no SQL and never raises."""
