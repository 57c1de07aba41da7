-- The first schema. Times are integer milliseconds since 1970-01-01 UTC; an unknown time is NULL.
-- A CHECK of more than two words is written with OR: for IN, SQLite makes a table of the words anew for every row that is written.
-- Long texts come last in a row: SQLite reads a row from its start, and what lies behind a long text costs all of its pages.
-- What the user says (rating, note, star, tag, title_override, status_change, reading) is keyed by uid and references no imported row:
-- re-import, rebuild or a better importer never touches it. session.status, starred_at and rating repeat it for the list's sake.

CREATE TABLE user (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    source_id TEXT NOT NULL,
    project TEXT NOT NULL DEFAULT '',
    parent_id INTEGER REFERENCES session (id) ON DELETE SET NULL,
    parent_uid TEXT,  -- known before the parent itself is imported
    spawned_by TEXT,  -- the provider's id of the tool call in the parent
    is_subagent INTEGER NOT NULL DEFAULT 0 CHECK (is_subagent IN (0, 1)),
    title TEXT NOT NULL DEFAULT '',  -- what is shown: the user's own, else source_title
    source_title TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'active' CHECK (status = 'active' OR status = 'archived' OR status = 'trashed'),
    run_state TEXT CHECK (run_state = 'active' OR run_state = 'paused' OR run_state = 'completed'),
    model TEXT,
    branch TEXT NOT NULL DEFAULT '',
    current_uid TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    token_count INTEGER NOT NULL DEFAULT 0,  -- input + output, for sorting
    message_count INTEGER NOT NULL DEFAULT 0,
    first_row INTEGER,  -- the lowest and the highest id of its messages: a search takes sessions as stretches of rows
    last_row INTEGER,
    is_branched INTEGER NOT NULL DEFAULT 0 CHECK (is_branched IN (0, 1)),  -- whether two of its messages have the same parent
    read_count INTEGER NOT NULL DEFAULT 0,  -- the first so many messages are not new: read, or there since the first import
    tool_call_count INTEGER NOT NULL DEFAULT 0,
    rating INTEGER CHECK (rating BETWEEN 1 AND 5),  -- the highest effective rating of its messages
    started_at INTEGER,
    ended_at INTEGER,
    last_message_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    starred_at INTEGER,
    archived_at INTEGER,
    trashed_at INTEGER,
    source_gone_at INTEGER,
    trace_id TEXT,
    created_by TEXT,
    updated_by TEXT,
    checksum INTEGER,  -- of what the source says, see rows.CHECKED; NULL: not known
    context TEXT NOT NULL DEFAULT '{}',
    metadata TEXT NOT NULL DEFAULT '{}',
    terms TEXT,  -- of title and summary, as those of a message
    summary TEXT NOT NULL DEFAULT '',
    system_prompt TEXT NOT NULL DEFAULT '',
    UNIQUE (user_id, uid),
    UNIQUE (user_id, source, source_id, project)
) STRICT;

-- With all that a query's fields commonly ask for, so that a search steps through it without reading the sessions themselves.
CREATE INDEX session_by_time ON session (
    user_id, status, is_subagent, last_message_at, id,
    project, source, model, message_count, token_count, tool_call_count, rating, starred_at, started_at, first_row, last_row
);
-- whose a message is, without reading it
CREATE INDEX session_by_rows ON session (first_row, last_row, message_count, user_id, status, last_message_at);
CREATE INDEX session_by_start ON session (user_id, status, is_subagent, started_at);
CREATE INDEX session_by_title ON session (user_id, status, is_subagent, title COLLATE NOCASE);
CREATE INDEX session_by_size ON session (user_id, status, is_subagent, message_count);
CREATE INDEX session_by_tokens ON session (user_id, status, is_subagent, token_count);
CREATE INDEX session_by_rating ON session (user_id, status, is_subagent, rating, last_message_at);
CREATE INDEX session_by_source ON session (user_id, source, status, is_subagent, last_message_at);
CREATE INDEX session_by_project ON session (user_id, project, status, is_subagent, last_message_at);
CREATE INDEX session_by_model ON session (user_id, model, status, is_subagent);
CREATE INDEX session_unread ON session (user_id, status, is_subagent, last_message_at) WHERE message_count > read_count;
CREATE INDEX session_starred ON session (user_id, starred_at) WHERE starred_at IS NOT NULL;
CREATE INDEX session_branched ON session (user_id, status, is_subagent, last_message_at) WHERE is_branched = 1;
CREATE INDEX session_by_parent ON session (parent_id) WHERE parent_id IS NOT NULL;
-- those that wait for their parent
CREATE INDEX session_by_parent_uid ON session (parent_uid) WHERE parent_uid IS NOT NULL AND parent_id IS NULL;

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL,
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL CHECK (seq >= 0),
    parent_id INTEGER REFERENCES message (id) ON DELETE SET NULL,
    role TEXT NOT NULL CHECK (role = 'user' OR role = 'assistant' OR role = 'system' OR role = 'tool'),
    model TEXT,
    tool_name TEXT,
    tool_call_id TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    trace_id TEXT,
    created_at INTEGER,
    metadata TEXT,
    terms TEXT,  -- what the tokenizer alone would not find: parts of identifiers, CJK bigrams; NULL: nothing
    checksum INTEGER,  -- of texts, facts and place, see rows.CHECKED, by which `doctor` finds what no index shows; NULL: not known
    thinking TEXT NOT NULL DEFAULT '',
    content TEXT NOT NULL DEFAULT '',
    UNIQUE (session_id, seq)
) STRICT;

CREATE UNIQUE INDEX message_by_uid ON message (uid);
CREATE INDEX message_by_parent ON message (parent_id) WHERE parent_id IS NOT NULL;

-- Its uid is made of the message's and the position.
CREATE TABLE tool_call (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    tool_name TEXT NOT NULL,
    tool_call_id TEXT,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status = 'pending' OR status = 'running' OR status = 'completed' OR status = 'failed'),
    error_message TEXT,
    started_at INTEGER,
    completed_at INTEGER,
    duration_ms INTEGER,
    child_uid TEXT,
    child_session_id INTEGER REFERENCES session (id) ON DELETE SET NULL,
    terms TEXT,
    checksum INTEGER,  -- of arguments, result, name, terms, facts and place
    input_arguments TEXT NOT NULL DEFAULT 'null',  -- JSON
    output_result TEXT,
    UNIQUE (message_id, position)
) STRICT;

CREATE INDEX tool_call_by_session ON tool_call (session_id);
CREATE INDEX tool_call_by_name ON tool_call (tool_name, session_id);
CREATE INDEX tool_call_failed ON tool_call (session_id) WHERE status = 'failed';
CREATE INDEX tool_call_by_child ON tool_call (child_session_id) WHERE child_session_id IS NOT NULL;
-- those that wait for the session they started
CREATE INDEX tool_call_by_child_uid ON tool_call (child_uid) WHERE child_uid IS NOT NULL AND child_session_id IS NULL;

CREATE TABLE attachment (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    media_type TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL DEFAULT '',
    byte_count INTEGER,
    sha256 TEXT REFERENCES attachment_data (sha256),
    terms TEXT,
    checksum INTEGER,  -- of all but its terms
    text TEXT,
    UNIQUE (message_id, position)
) STRICT;

CREATE TABLE attachment_data (
    sha256 TEXT PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

CREATE INDEX attachment_by_sha256 ON attachment (sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE context_item (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,  -- JSON
    priority INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER,
    checksum INTEGER,  -- of all of it
    UNIQUE (session_id, type, key)
) STRICT;

CREATE TABLE rating (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,  -- of the message
    origin TEXT NOT NULL DEFAULT 'user' CHECK (origin IN ('user', 'source')),
    value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 5),
    text TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, uid, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,  -- of a session or message
    text TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE star (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,  -- of a session
    is_starred INTEGER NOT NULL CHECK (is_starred IN (0, 1)),  -- 0 takes a star away that the source holds
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE tag (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    created_at INTEGER NOT NULL,
    UNIQUE (user_id, name)
) STRICT;

CREATE TABLE session_tag (
    tag_id INTEGER NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,  -- of a session
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tag_id, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_tag_by_uid ON session_tag (uid);

CREATE TABLE title_override (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,  -- of a session
    title TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_change (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,  -- of a session
    status TEXT NOT NULL CHECK (status = 'active' OR status = 'archived' OR status = 'trashed'),
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, uid)
) STRICT, WITHOUT ROWID;

-- How far the user has read. No step of undo: it is written in passing, whenever something is read.
CREATE TABLE reading (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,  -- of a session
    message_count INTEGER NOT NULL,  -- the first so many are read; 0: marked as unread
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, uid)
) STRICT, WITHOUT ROWID;

-- The sources whose first import is over: only what comes after that is new to the user.
CREATE TABLE caught_up (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (user_id, source)
) STRICT, WITHOUT ROWID;

-- What the user purged for ever: it does not come back with the next import.
CREATE TABLE tombstone (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,  -- of a session
    purged_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE preference (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,  -- JSON
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,  -- the changes of one action share it
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT NOT NULL,  -- JSON
    after TEXT NOT NULL,  -- JSON
    undone_at INTEGER
) STRICT;

CREATE INDEX journal_by_step ON journal (user_id, step);

CREATE TABLE source_file (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    source TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    "offset" INTEGER NOT NULL DEFAULT 0,
    line INTEGER NOT NULL DEFAULT 0,
    head_hash TEXT NOT NULL DEFAULT '',
    imported_at INTEGER NOT NULL,
    gone_at INTEGER,
    skipped TEXT NOT NULL DEFAULT '{}',  -- JSON: records skipped by kind
    state TEXT NOT NULL DEFAULT '{}',  -- JSON, the importer's own
    UNIQUE (user_id, path)
) STRICT;

-- All that a refresh asks, without the rows' long `state`.
CREATE INDEX source_file_stamp ON source_file (user_id, path, size, mtime_ns, ctime_ns, gone_at);

-- There while only the newest files of a first import are in the library: they are shown while all of them are loaded.
CREATE TABLE beginning (
    user_id INTEGER PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    file_count INTEGER NOT NULL,  -- that are here
    total_count INTEGER NOT NULL  -- that were found
) STRICT;

-- What the last look at the default places saw: while no folder and no file changed since, there is nothing to look for.
CREATE TABLE discovery (
    user_id INTEGER PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,  -- of program, preferences and environment, which decide where chats are looked for
    folders TEXT NOT NULL,  -- a line for each: mtime in nanoseconds, or -1 where there was none, a tab, the path
    skipped TEXT NOT NULL  -- a line for each kind: how many files were left out, a tab, the kind
) STRICT;

CREATE TABLE session_file (
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    source_file_id INTEGER NOT NULL REFERENCES source_file (id) ON DELETE CASCADE,
    PRIMARY KEY (session_id, source_file_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_file_by_file ON session_file (source_file_id);

CREATE TABLE import_problem (
    id INTEGER PRIMARY KEY,
    source_file_id INTEGER NOT NULL REFERENCES source_file (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    line INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX import_problem_by_file ON import_problem (source_file_id);

-- The JSON arguments of a call as the words in them: escapes such as \n would glue themselves to the next word. Never an error:
-- what SQLite cannot read as JSON (nested too deep, say) is text as it stands.
CREATE VIEW tool_text AS
SELECT
    tool_call.id AS id,
    tool_call.tool_name AS tool_name,
    CASE WHEN json_valid(tool_call.input_arguments) THEN (
        SELECT group_concat(leaf.atom, char(10))
        FROM json_tree(tool_call.input_arguments) AS leaf
        WHERE leaf.type = 'text'
    ) ELSE tool_call.input_arguments END AS input_arguments,
    tool_call.output_result AS output_result,
    tool_call.terms AS terms
FROM tool_call;

CREATE VIRTUAL TABLE message_fts USING fts5 (
    content, thinking, terms, content = 'message', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

-- Without positions, which are three quarters of an index over tool output: it knows the words of a call, not their order.
CREATE VIRTUAL TABLE tool_fts USING fts5 (
    tool_name, input_arguments, output_result, terms,
    content = 'tool_text', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', detail = none
);

CREATE VIRTUAL TABLE attachment_fts USING fts5 (
    text, name, terms, content = 'attachment', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE VIRTUAL TABLE session_fts USING fts5 (
    title, summary, terms, content = 'session', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

-- The index follows its content. New rows are indexed by the writer, a batch at a time (a trigger per row costs 3 to 5 times as much);
-- changes and deletions, cascades too, must hand FTS5 the exact old values, so triggers do it.
CREATE TRIGGER message_unindex BEFORE DELETE ON message BEGIN
    INSERT INTO message_fts (message_fts, rowid, content, thinking, terms) VALUES ('delete', old.id, old.content, old.thinking, old.terms);
END;

CREATE TRIGGER message_reindex AFTER UPDATE OF content, thinking, terms ON message
WHEN old.content IS NOT new.content OR old.thinking IS NOT new.thinking OR old.terms IS NOT new.terms BEGIN
    INSERT INTO message_fts (message_fts, rowid, content, thinking, terms) VALUES ('delete', old.id, old.content, old.thinking, old.terms);
    INSERT INTO message_fts (rowid, content, thinking, terms) VALUES (new.id, new.content, new.thinking, new.terms);
END;

CREATE TRIGGER tool_call_unindex BEFORE DELETE ON tool_call BEGIN
    INSERT INTO tool_fts (tool_fts, rowid, tool_name, input_arguments, output_result, terms)
    SELECT 'delete', id, tool_name, input_arguments, output_result, terms FROM tool_text WHERE id = old.id;
END;

CREATE TRIGGER tool_call_reindex_before BEFORE UPDATE OF tool_name, input_arguments, output_result, terms ON tool_call BEGIN
    INSERT INTO tool_fts (tool_fts, rowid, tool_name, input_arguments, output_result, terms)
    SELECT 'delete', id, tool_name, input_arguments, output_result, terms FROM tool_text WHERE id = old.id;
END;

CREATE TRIGGER tool_call_reindex_after AFTER UPDATE OF tool_name, input_arguments, output_result, terms ON tool_call BEGIN
    INSERT INTO tool_fts (rowid, tool_name, input_arguments, output_result, terms)
    SELECT id, tool_name, input_arguments, output_result, terms FROM tool_text WHERE id = new.id;
END;

CREATE TRIGGER attachment_unindex BEFORE DELETE ON attachment BEGIN
    INSERT INTO attachment_fts (attachment_fts, rowid, text, name, terms) VALUES ('delete', old.id, old.text, old.name, old.terms);
END;

CREATE TRIGGER attachment_reindex AFTER UPDATE OF text, name, terms ON attachment
WHEN old.text IS NOT new.text OR old.name IS NOT new.name OR old.terms IS NOT new.terms BEGIN
    INSERT INTO attachment_fts (attachment_fts, rowid, text, name, terms) VALUES ('delete', old.id, old.text, old.name, old.terms);
    INSERT INTO attachment_fts (rowid, text, name, terms) VALUES (new.id, new.text, new.name, new.terms);
END;

CREATE TRIGGER session_unindex BEFORE DELETE ON session BEGIN
    INSERT INTO session_fts (session_fts, rowid, title, summary, terms) VALUES ('delete', old.id, old.title, old.summary, old.terms);
END;

CREATE TRIGGER session_reindex AFTER UPDATE OF title, summary, terms ON session
WHEN old.title IS NOT new.title OR old.summary IS NOT new.summary OR old.terms IS NOT new.terms BEGIN
    INSERT INTO session_fts (session_fts, rowid, title, summary, terms) VALUES ('delete', old.id, old.title, old.summary, old.terms);
    INSERT INTO session_fts (rowid, title, summary, terms) VALUES (new.id, new.title, new.summary, new.terms);
END;
