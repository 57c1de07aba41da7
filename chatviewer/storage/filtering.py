"""A query as an SQL condition, with every typed value bound.

The condition speaks of the table `session`, and at the levels below also of `message` and of what hangs on it. Fields speak of the
session; only `role:` and the dates speak of the message where there is one.
"""

from collections.abc import Callable

from chatviewer.domain.surrogates import storable
from chatviewer.query.nodes import Absent, AllOf, AnyOf, Names, Node, Not, Pattern, Query, Span, Word, positive_leaves
from chatviewer.storage.matching import is_exact, tree_match, word_match

SqlParts = tuple[str, list[object]]

MESSAGE_FIELDS = ("role", "date")

# The tables that hold text: by level the index, its row's column, and the columns that a pattern reads, by scope.
_INDEXES: dict[str, tuple[str, str, dict[str, tuple[str, ...]]]] = {
    "message": ("message_fts", "message.id", {"text": ("message.content",), "thinking": ("message.thinking",)}),
    "tool": ("tool_fts", "tool_call.id", {"tools": ("tool_call.tool_name", "tool_call.input_arguments", "tool_call.output_result")}),
    "attachment": ("attachment_fts", "attachment.id", {"text": ("attachment.text", "attachment.name")}),
    "session": ("session_fts", "session.id", {"title": ("session.title", "session.summary")}),
}
# Where a session's words may stand, from the session's point of view.
_WITHIN = {
    "message": "SELECT message.session_id FROM message",
    "tool": "SELECT tool_call.session_id FROM tool_call",
    "attachment": "SELECT message.session_id FROM attachment CROSS JOIN message ON message.id = attachment.message_id",
}
_STATES = {
    "active": "session.status = 'active'",
    "archived": "session.status = 'archived'",
    "trashed": "session.status = 'trashed'",
    "starred": "session.starred_at IS NOT NULL",
    "subagent": "session.is_subagent = 1",
    "rated": "session.rating IS NOT NULL",
    "unread": "session.message_count > session.read_count",
    "new": "(session.message_count > session.read_count AND session.read_count = 0)",
    "any": "1",
    "branched": "session.is_branched = 1",
}
_CONTENTS = {
    "error": "EXISTS (SELECT 1 FROM tool_call AS failed WHERE failed.session_id = session.id AND failed.status = 'failed')",
    "tool": "session.tool_call_count > 0",
    "thinking": "EXISTS (SELECT 1 FROM message AS part WHERE part.session_id = session.id AND part.thinking <> '')",
    "code": "EXISTS (SELECT 1 FROM message AS part WHERE part.session_id = session.id AND instr(part.content, '```'))",
    "image": (
        "session.id IN (SELECT part.session_id FROM attachment AS image CROSS JOIN message AS part ON part.id = image.message_id "
        "WHERE image.media_type LIKE 'image/%')"
    ),
    "note": (
        "(session.uid IN (SELECT note.uid FROM note WHERE note.user_id = session.user_id) OR session.id IN ("
        "SELECT part.session_id FROM note CROSS JOIN message AS part ON part.uid = note.uid WHERE note.user_id = session.user_id))"
    ),
}
_TAGGED = (
    "session.uid IN (SELECT session_tag.uid FROM session_tag JOIN tag ON tag.id = session_tag.tag_id WHERE tag.user_id = session.user_id"
)
# Of the names in a column those that what was typed stands for (`query.naming`). Each name once, by leaps in an index: there are fifty
# tools on a million calls.
_FITTING = (
    "WITH RECURSIVE leap (name) AS (SELECT min(each.{column}) FROM {table} AS each WHERE {own} UNION ALL SELECT (SELECT min(each.{column}) "
    "FROM {table} AS each WHERE {own} AND each.{column} > leap.name) FROM leap WHERE leap.name IS NOT NULL), "
    "known (name, fit) AS (SELECT leap.name, fits(?, leap.name) FROM leap WHERE leap.name IS NOT NULL) "
    "SELECT known.name FROM known WHERE known.fit > 0 AND known.fit = (SELECT max(known.fit) FROM known)"
)
_PLACES = {"source": ("source", "session"), "project": ("project", "session"), "tool": ("tool_name", "tool_call"), "tag": ("name", "tag")}
_COLUMNS = {"rating": "session.rating", "messages": "session.message_count", "tokens": "session.token_count"}
_ABSENT = {
    "rating": "session.rating IS NULL",
    "project": "session.project = ''",
    "model": "session.model IS NULL",
    "tag": f"NOT {_TAGGED})",
}


def session_where(query: Query, user_id: int) -> tuple[str, tuple[object, ...]]:
    """The condition for a list of sessions: words stand in any of their messages or in the title.

    Sub-agents, archived and trashed sessions are left out unless the query asks for them.
    """
    conditions = Conditions(user_id, scopes_of(query), "session")
    conditions.add_sql("session.user_id = ?", user_id)
    if query.node is not None:
        conditions.add(query.node)
    if not asks_for_status(query):
        conditions.add_sql("session.status = 'active'")
    if not query.asks("is", "subagent", "any"):
        conditions.add_sql("session.is_subagent = 0")
    return conditions.sql, tuple(conditions.parameters)


def scopes_of(query: Query) -> tuple[str, ...]:
    """Where words are looked for: those of the query, and with `tool:` in calls as well, unless the query itself says where."""
    if query.has_scopes or not any(isinstance(leaf, Names) and leaf.field == "tool" for leaf in positive_leaves(query.node)):
        return query.scopes
    return (*query.scopes, "tools")


def asks_for_status(query: Query) -> bool:
    """Whether the query itself says which of active, archived and trashed sessions it wants."""
    return query.asks("is", "active", "archived", "trashed", "any") or query.asks("status", "active", "archived", "trashed")


class Conditions:
    """Nodes that must all hold, at a level: a session, or a message, tool call or attachment in it."""

    def __init__(self, user_id: int, scopes: tuple[str, ...], level: str, within: str = "", dense: frozenset[Node] = frozenset()) -> None:
        """`within`: the first and last row that will be asked for as SQL (`a AND b`), so that the index is not read beyond them.

        `dense`: beginnings of so many words that a message is better read than the index.
        """
        self.user_id = user_id
        self.scopes = scopes
        self.level = level
        self._within = within
        self._dense = dense
        self.parameters: list[object] = []
        self._parts: list[str] = []

    @property
    def sql(self) -> str:
        return " AND ".join(self._parts) or "1"

    @property
    def parts(self) -> SqlParts:
        return self.sql, self.parameters

    def add_sql(self, sql: str, *parameters: object) -> None:
        self._parts.append(sql)
        self.parameters.extend(parameters)

    def add(self, node: Node) -> None:
        sql, parameters = self._node(node)
        self.add_sql(sql, *parameters)

    def _node(self, node: Node) -> SqlParts:
        if isinstance(node, Not):
            sql, parameters = self._node(node.node)
            # what there was no time to read is unknown (NULL), and what is unknown does not lack a text
            return f"NOT ({sql})" if _is_text_alone(node.node) else f"({sql}) IS NOT TRUE", parameters
        if isinstance(node, AllOf | AnyOf):
            if self.level != "session" and isinstance(node, AllOf) and tree_match(node) is not None:
                return self._matched(node)
            pieces = [self._node(each) for each in node.nodes]
            operator = " AND " if isinstance(node, AllOf) else " OR "
            return f"({operator.join(sql for sql, _ in pieces)})", [each for _, parameters in pieces for each in parameters]
        if isinstance(node, Word):
            return self._word(node)
        if isinstance(node, Pattern):
            return self._text("regexp(?, {})", storable(node.source))
        if isinstance(node, Absent):
            return _ABSENT[node.field], []
        if isinstance(node, Span):
            return self._span(node)
        return self._names(node)

    def _word(self, word: Word) -> SqlParts:
        if word_match(word) is None:
            return self._text("instr({1}, {0})", storable(word.text))
        if self.level == "message" and word in self._dense:
            from chatviewer.storage.snippets import fold

            text = fold(word.text)
            sql, parameters = self._text("begins(?, {})", text)
            if word.number:
                joined, more = self._text("begins(?, {})", word.number + text)
                sql, parameters = f"{sql} OR {joined}", [*parameters, *more]
            return f"({sql} OR begins(?, message.terms))", [*parameters, text]
        if self.level == "tool" and word in self._dense:
            return said(word)
        return self._matched(word)

    def _matched(self, node: Node) -> SqlParts:
        """Words that the index knows; where it has no positions, their text is read as well."""

        def in_index(level: str) -> SqlParts:
            match = level_match(level, node)
            assert match is not None
            within = f" AND {_INDEXES[level][0]}.rowid BETWEEN {self._within}" if self._within else ""
            sql = f"{_INDEXES[level][1]} IN ({index_rows(level)}{within})"
            found: list[object] = [scoped(level, self.scopes, match)]
            if is_known(level, node):
                return sql, found
            text, parameters = said(node)
            return f"({sql} AND {text})", [*found, *parameters]

        return self._anywhere(in_index)

    def _text(self, template: str, value: str) -> SqlParts:
        """A condition on the text itself, in each column of the scopes. `{}` and `{1}` are the column, `{0}` the value."""

        def in_columns(level: str) -> SqlParts:
            columns = [column for scope, names in _INDEXES[level][2].items() if scope in self.scopes for column in names]
            if "{1}" in template:
                pieces = [template.format("?", f"coalesce({column}, '')") for column in columns]
            else:
                pieces = [template.format(column) for column in columns]
            return f"({' OR '.join(pieces)})" if pieces else "0", [value] * len(pieces)

        return self._anywhere(in_columns)

    def _anywhere(self, condition: Callable[[str], SqlParts]) -> SqlParts:
        """At this level; for a session, in its title or in anything within it that the scopes name."""
        if self.level != "session":
            return condition(self.level)
        pieces: list[str] = []
        parameters: list[object] = []
        for level in levels_of(self.scopes):
            sql, values = condition(level)
            if level == "session":
                pieces.append(sql)
            else:
                pieces.append(f"session.id IN ({_WITHIN[level]} WHERE {sql})")
            parameters.extend(values)
        return f"({' OR '.join(pieces)})", parameters

    def _span(self, node: Span) -> SqlParts:
        if node.field == "date":
            column = "coalesce(session.last_message_at, session.started_at)"
            if self.level != "session":
                column = "coalesce(message.created_at, session.last_message_at)"
        else:
            column = _COLUMNS[node.field]
        pieces = [(f"{column} >= ?", node.low)] if node.low is not None else []
        if node.high is not None:
            pieces.append((f"{column} < ?", node.high))
        return f"({' AND '.join(sql for sql, _ in pieces) or '1'})", [value for _, value in pieces]

    def _names(self, node: Names) -> SqlParts:
        if node.field in ("is", "has"):
            known = _STATES if node.field == "is" else _CONTENTS
            return f"({' OR '.join(known[value] for value in node.values)})", []
        if node.field == "status":
            states = [f"session.{'run_state' if value in ('paused', 'completed') else 'status'} = ?" for value in node.values]
            return f"({' OR '.join(states)})", list(node.values)
        if node.field == "role":
            marks = ", ".join("?" * len(node.values))
            if self.level == "session":
                sql = f"EXISTS (SELECT 1 FROM message AS part WHERE part.session_id = session.id AND part.role IN ({marks}))"
                return sql, list(node.values)
            return f"message.role IN ({marks})", list(node.values)
        pieces = [self._named(node.field, value) for value in node.values]
        return f"({' OR '.join(sql for sql, _ in pieces)})", [each for _, parameters in pieces for each in parameters]

    def _named(self, field: str, value: str) -> SqlParts:
        """One value of a field that takes any text."""
        if field == "title" and not value.isascii():  # of which LIKE knows no upper and lower case
            return "fits(?, session.title)", [storable(value)]
        if field in ("model", "title"):
            return f"session.{field} LIKE ? ESCAPE '\\'", [f"%{escaped(value)}%"]
        if field == "tag":
            name = storable(value).removeprefix("#")
            if name[-1:] != "*":
                return f"{_TAGGED} AND tag.name = ?)", [name]
            sql, parameters = self._fitting(field, name[:-1])
            return f"{_TAGGED} AND tag.name IN ({sql}))", parameters
        sql, parameters = self._fitting(field, value.rstrip("/") or value)
        if field != "tool":
            return f"+session.{field} IN ({sql})", parameters
        if self.level == "tool":
            return f"tool_call.tool_name IN ({sql})", parameters
        return (
            f"EXISTS (SELECT 1 FROM tool_call AS called WHERE called.session_id = session.id AND called.tool_name IN ({sql}))",
            parameters,
        )

    def _fitting(self, field: str, value: str) -> SqlParts:
        """The statement that gives the names which a typed one stands for."""
        column, table = _PLACES[field]
        own, parameters = ("1", []) if table == "tool_call" else ("each.user_id = ?", [self.user_id])
        return _FITTING.format(column=column, table=table, own=own), [*parameters, *parameters, storable(value)]


def _is_text_alone(node: Node) -> bool:
    """Whether a tree asks for text and for no field."""
    return all(isinstance(leaf, Word | Pattern) for each in (node, Not(node)) for leaf in positive_leaves(each))


def level_match(level: str, node: Node) -> str | None:
    """What the index of a level is asked for; where not `is_known`, it finds rows that `said` has to look at."""
    return tree_match(node, is_loose=level == "tool")


def is_known(level: str, node: Node) -> bool:
    """Whether the index of a level alone tells which rows hold the words of a tree."""
    return level != "tool" or is_exact(node)


def said(node: Node) -> SqlParts:
    """A tree of words in the text of a tool call. Unknown (NULL) where there was no time to read it."""
    if isinstance(node, Not):
        sql, parameters = said(node.node)
        return f"NOT {sql}", parameters
    if isinstance(node, AllOf | AnyOf):
        pieces = [said(each) for each in node.nodes]
        operator = " AND " if isinstance(node, AllOf) else " OR "
        return f"({operator.join(sql for sql, _ in pieces)})", [each for _, parameters in pieces for each in parameters]
    assert isinstance(node, Word)
    if word_match(node) is None:  # punctuation beside words
        return "1", []
    from chatviewer.storage.phrases import encoded

    columns = "tool_call.tool_name, tool_call.input_arguments, tool_call.output_result, tool_call.terms"
    return f"says(?, {columns})", [storable(encoded(node))]


def escaped(value: str) -> str:
    """As a LIKE pattern that stands for itself."""
    return storable(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def levels_of(scopes: tuple[str, ...]) -> list[str]:
    """What is looked through: the levels whose index holds text of these scopes."""
    return [level for level, (_, _, columns) in _INDEXES.items() if not set(columns).isdisjoint(scopes)]


def index_rows(level: str) -> str:
    """The statement that gives the rows of a level's index, with one parameter: a match made by `scoped`."""
    index = _INDEXES[level][0]
    return f"SELECT {index}.rowid FROM {index} WHERE {index} MATCH ?"


def scoped(level: str, scopes: tuple[str, ...], match: str) -> str:
    """The expression in the columns of the scopes only."""
    if level == "message" and ("text" in scopes) != ("thinking" in scopes):
        return f"{{{'content' if 'text' in scopes else 'thinking'} terms}} : {match}"
    return match
