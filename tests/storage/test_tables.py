"""The models say what the schema says."""

import peewee
import pytest

from chatviewer.storage.library import Library
from chatviewer.storage.tables import TABLES, SessionRow, Table, peewee_database


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.table_name)
def test_a_model_has_the_columns_of_its_table(model: type[Table], library: Library) -> None:
    real = {row[1]: row for row in library.database.connection().execute(f'PRAGMA table_info("{model._meta.table_name}")')}
    fields = {field.column_name: field for field in model._meta.sorted_fields}
    assert set(fields) == set(real)
    keys = model._meta.primary_key
    key_columns = (
        {model._meta.fields[name].column_name for name in keys.field_names} if isinstance(keys, peewee.CompositeKey) else {keys.column_name}
    )
    assert key_columns == {name for name, row in real.items() if row[5]}
    for name, (_, _, kind, not_null, default, key) in real.items():
        if not key:
            assert fields[name].null == (not not_null), name
        expected = {"TEXT": peewee.TextField, "BLOB": peewee.BlobField, "INTEGER": peewee.IntegerField}[kind]
        field = fields[name]
        plain = field.rel_field if isinstance(field, peewee.ForeignKeyField) else field
        assert isinstance(plain, expected), name
        if default is not None:
            assert str(field.default) == default.strip("'"), name


def test_every_table_has_a_model(library: Library) -> None:
    rows = library.database.connection().execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_fts%' ESCAPE '\\'"
    )
    assert {name for (name,) in rows} == {model._meta.table_name for model in TABLES}


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.table_name)
def test_foreign_keys_point_where_the_schema_says(model: type[Table], library: Library) -> None:
    rows = library.database.connection().execute(f'PRAGMA foreign_key_list("{model._meta.table_name}")')
    real = {(row[3], row[2], row[4], row[6]) for row in rows}
    assert real == {
        (field.column_name, field.rel_model._meta.table_name, field.rel_field.column_name, field.on_delete or "NO ACTION")
        for field in model._meta.refs
    }


def test_peewee_shares_the_transaction_of_the_library(library: Library) -> None:
    database = peewee_database(library.database)
    with library.database.transaction() as connection:
        connection.execute(
            "INSERT INTO session (uid, user_id, source, source_id, created_at, updated_at) VALUES ('u', ?, 's', 'i', 1, 1)",
            (library.user.id,),
        )
        assert SessionRow.select().where(SessionRow.uid == "u").count(database) == 1
