"""The tables as Peewee models. The schema's text in `migrations/` is the truth; a test compares the two.

The models are bound to no database, because one process may have several libraries open: run a query with
`query.execute(peewee_database(database))` (`get`, `scalar`, `exists`, ... take the database in the same way).
"""

import sqlite3
from typing import Any

from peewee import BigIntegerField, BlobField, CompositeKey, Field, ForeignKeyField, IntegerField, Model, SqliteDatabase, TextField

from chatviewer.storage.connection import Database


class _ThreadsDatabase(SqliteDatabase):
    """Peewee on the connections that `connection.Database` keeps: one transaction for SQL of both kinds."""

    def __init__(self, database: Database) -> None:
        self._connections = database
        super().__init__(str(database.path))

    def _connect(self) -> sqlite3.Connection:
        return self._connections.connection()

    def _close(self, conn: sqlite3.Connection) -> None:
        """The connection is its owner's to close."""


def peewee_database(database: Database) -> Any:
    """A Peewee database for the calling block of code; make it anew for each: it is cheap, and never outlives a connection."""
    return _ThreadsDatabase(database)


class Table(Model):
    class Meta:
        legacy_table_names = False


class UserRow(Table):
    id = IntegerField(primary_key=True)
    name = TextField(unique=True)
    created_at = BigIntegerField()

    class Meta:
        table_name = "user"


class SessionRow(Table):
    id = IntegerField(primary_key=True)
    uid = TextField()
    user = ForeignKeyField(UserRow, on_delete="CASCADE", backref="sessions", index=False)
    source = TextField()
    source_id = TextField()
    project = TextField(default="")
    parent = ForeignKeyField("self", null=True, on_delete="SET NULL", backref="children", index=False)
    parent_uid = TextField(null=True)
    spawned_by = TextField(null=True)
    is_subagent = IntegerField(default=0)
    title = TextField(default="")
    source_title = TextField(default="")
    summary = TextField(default="")
    status = TextField(default="active")
    run_state = TextField(null=True)
    model = TextField(null=True)
    system_prompt = TextField(default="")
    branch = TextField(default="")
    current_uid = TextField(null=True)
    context = TextField(default="{}")
    metadata = TextField(default="{}")
    input_tokens = BigIntegerField(null=True)
    output_tokens = BigIntegerField(null=True)
    token_count = BigIntegerField(default=0)
    message_count = IntegerField(default=0)
    first_row = BigIntegerField(null=True)
    last_row = BigIntegerField(null=True)
    is_branched = IntegerField(default=0)
    read_count = IntegerField(default=0)
    tool_call_count = IntegerField(default=0)
    rating = IntegerField(null=True)
    started_at = BigIntegerField(null=True)
    ended_at = BigIntegerField(null=True)
    last_message_at = BigIntegerField(null=True)
    created_at = BigIntegerField()
    updated_at = BigIntegerField()
    starred_at = BigIntegerField(null=True)
    archived_at = BigIntegerField(null=True)
    trashed_at = BigIntegerField(null=True)
    source_gone_at = BigIntegerField(null=True)
    trace_id = TextField(null=True)
    created_by = TextField(null=True)
    updated_by = TextField(null=True)
    terms = TextField(null=True)
    checksum = BigIntegerField(null=True)

    class Meta:
        table_name = "session"
        indexes = ((("user", "uid"), True), (("user", "source", "source_id", "project"), True))


class MessageRow(Table):
    id = IntegerField(primary_key=True)
    uid = TextField(unique=True)
    session = ForeignKeyField(SessionRow, on_delete="CASCADE", backref="messages", index=False)
    seq = IntegerField()
    parent = ForeignKeyField("self", null=True, on_delete="SET NULL", backref="children", index=False)
    role = TextField()
    content = TextField(default="")
    thinking = TextField(default="")
    terms = TextField(null=True)
    checksum = BigIntegerField(null=True)
    model = TextField(null=True)
    tool_name = TextField(null=True)
    tool_call_id = TextField(null=True)
    input_tokens = BigIntegerField(null=True)
    output_tokens = BigIntegerField(null=True)
    metadata = TextField(null=True)
    trace_id = TextField(null=True)
    created_at = BigIntegerField(null=True)

    class Meta:
        table_name = "message"
        indexes = ((("session", "seq"), True),)


class ToolCallRow(Table):
    id = IntegerField(primary_key=True)
    message = ForeignKeyField(MessageRow, on_delete="CASCADE", backref="tool_calls", index=False)
    session = ForeignKeyField(SessionRow, on_delete="CASCADE", backref="tool_calls")
    position = IntegerField()
    tool_name = TextField()
    tool_call_id = TextField(null=True)
    input_arguments = TextField(default="null")
    output_result = TextField(null=True)
    status = TextField(default="pending")
    error_message = TextField(null=True)
    started_at = BigIntegerField(null=True)
    completed_at = BigIntegerField(null=True)
    duration_ms = BigIntegerField(null=True)
    child_uid = TextField(null=True)
    child_session = ForeignKeyField(SessionRow, null=True, on_delete="SET NULL", backref="spawning_calls", index=False)
    terms = TextField(null=True)
    checksum = BigIntegerField(null=True)

    class Meta:
        table_name = "tool_call"
        indexes = ((("message", "position"), True),)


class AttachmentDataRow(Table):
    sha256 = TextField(primary_key=True)
    data = BlobField()

    class Meta:
        table_name = "attachment_data"


class AttachmentRow(Table):
    id = IntegerField(primary_key=True)
    message = ForeignKeyField(MessageRow, on_delete="CASCADE", backref="attachments", index=False)
    position = IntegerField()
    media_type = TextField(default="")
    name = TextField(default="")
    byte_count = BigIntegerField(null=True)
    stored = ForeignKeyField(AttachmentDataRow, field="sha256", column_name="sha256", null=True, backref="uses", index=False)
    text = TextField(null=True)
    terms = TextField(null=True)
    checksum = BigIntegerField(null=True)

    class Meta:
        table_name = "attachment"
        indexes = ((("message", "position"), True),)


class ContextItemRow(Table):
    id = IntegerField(primary_key=True)
    session = ForeignKeyField(SessionRow, on_delete="CASCADE", backref="context_items", index=False)
    type = TextField()
    key = TextField()
    value = TextField()
    priority = IntegerField(default=0)
    expires_at = BigIntegerField(null=True)
    checksum = BigIntegerField(null=True)

    class Meta:
        table_name = "context_item"
        indexes = ((("session", "type", "key"), True),)


def _owner(backref: str) -> Field:
    return ForeignKeyField(UserRow, on_delete="CASCADE", backref=backref, index=False)


class RatingRow(Table):
    user = _owner("ratings")
    uid = TextField()
    origin = TextField(default="user")
    value = IntegerField()
    text = TextField(default="")
    created_at = BigIntegerField()

    class Meta:
        table_name = "rating"
        primary_key = CompositeKey("user", "uid", "origin")


class NoteRow(Table):
    user = _owner("notes")
    uid = TextField()
    text = TextField()
    updated_at = BigIntegerField()

    class Meta:
        table_name = "note"
        primary_key = CompositeKey("user", "uid")


class StarRow(Table):
    user = _owner("stars")
    uid = TextField()
    is_starred = IntegerField()
    changed_at = BigIntegerField()

    class Meta:
        table_name = "star"
        primary_key = CompositeKey("user", "uid")


class TagRow(Table):
    id = IntegerField(primary_key=True)
    user = _owner("tags")
    name = TextField(collation="NOCASE")
    created_at = BigIntegerField()

    class Meta:
        table_name = "tag"
        indexes = ((("user", "name"), True),)


class SessionTagRow(Table):
    tag = ForeignKeyField(TagRow, on_delete="CASCADE", backref="sessions", index=False)
    uid = TextField(index=True)
    created_at = BigIntegerField()

    class Meta:
        table_name = "session_tag"
        primary_key = CompositeKey("tag", "uid")


class TitleOverrideRow(Table):
    user = _owner("title_overrides")
    uid = TextField()
    title = TextField()
    changed_at = BigIntegerField()

    class Meta:
        table_name = "title_override"
        primary_key = CompositeKey("user", "uid")


class StatusChangeRow(Table):
    user = _owner("status_changes")
    uid = TextField()
    status = TextField()
    changed_at = BigIntegerField()

    class Meta:
        table_name = "status_change"
        primary_key = CompositeKey("user", "uid")


class ReadingRow(Table):
    user = _owner("readings")
    uid = TextField()
    message_count = IntegerField()
    changed_at = BigIntegerField()

    class Meta:
        table_name = "reading"
        primary_key = CompositeKey("user", "uid")


class CaughtUpRow(Table):
    user = _owner("caught_up")
    source = TextField()
    at = BigIntegerField()

    class Meta:
        table_name = "caught_up"
        primary_key = CompositeKey("user", "source")


class TombstoneRow(Table):
    user = _owner("tombstones")
    uid = TextField()
    purged_at = BigIntegerField()

    class Meta:
        table_name = "tombstone"
        primary_key = CompositeKey("user", "uid")


class PreferenceRow(Table):
    user = _owner("preferences")
    key = TextField()
    value = TextField()
    updated_at = BigIntegerField()

    class Meta:
        table_name = "preference"
        primary_key = CompositeKey("user", "key")


class JournalRow(Table):
    id = IntegerField(primary_key=True)
    user = _owner("journal")
    step = IntegerField()
    at = BigIntegerField()
    action = TextField()
    target = TextField()
    before = TextField()
    after = TextField()
    undone_at = BigIntegerField(null=True)

    class Meta:
        table_name = "journal"
        indexes = ((("user", "step"), False),)


class SourceFileRow(Table):
    id = IntegerField(primary_key=True)
    user = _owner("source_files")
    path = TextField()
    source = TextField()
    size = BigIntegerField()
    mtime_ns = BigIntegerField()
    ctime_ns = BigIntegerField()
    offset = BigIntegerField(default=0)
    line = BigIntegerField(default=0)
    head_hash = TextField(default="")
    state = TextField(default="{}")
    skipped = TextField(default="{}")
    imported_at = BigIntegerField()
    gone_at = BigIntegerField(null=True)

    class Meta:
        table_name = "source_file"
        indexes = ((("user", "path"), True),)


class BeginningRow(Table):
    user = ForeignKeyField(UserRow, on_delete="CASCADE", backref="beginning", primary_key=True)
    file_count = IntegerField()
    total_count = IntegerField()

    class Meta:
        table_name = "beginning"


class DiscoveryRow(Table):
    user = ForeignKeyField(UserRow, on_delete="CASCADE", backref="discovery", primary_key=True)
    fingerprint = TextField()
    folders = TextField()
    skipped = TextField()

    class Meta:
        table_name = "discovery"


class SessionFileRow(Table):
    session = ForeignKeyField(SessionRow, on_delete="CASCADE", backref="files", index=False)
    source_file = ForeignKeyField(SourceFileRow, on_delete="CASCADE", backref="sessions")

    class Meta:
        table_name = "session_file"
        primary_key = CompositeKey("session", "source_file")


class ImportProblemRow(Table):
    id = IntegerField(primary_key=True)
    source_file = ForeignKeyField(SourceFileRow, on_delete="CASCADE", backref="problems")
    path = TextField()
    line = BigIntegerField()
    reason = TextField()
    at = BigIntegerField()

    class Meta:
        table_name = "import_problem"


TABLES: tuple[type[Table], ...] = tuple(Table.__subclasses__())
"""Every table of the schema; the full-text indexes, which Peewee does not write, are left out."""
