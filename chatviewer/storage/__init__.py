"""The only package that knows SQL and Peewee. `Library` is its one door."""
