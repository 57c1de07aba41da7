"""`domain.Session` to text, one file a format."""
