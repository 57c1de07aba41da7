"""Small libraries and queries made at random, for comparing a search with reading."""

from typing import Any

from hypothesis import strategies as st

from chatviewer.domain import Attachment, Message, Role, RunState, Session, SessionStatus, ToolCallStatus
from chatviewer.domain.identity import message_uid, session_uid
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.factories import at, fill, make_call
from tests.storage.plain_reader import Stored

WORDS = [
    *("cat", "cats", "category", "dog", "do", "Red", "green", "get_user", "user_name", "getUser", "getUserName", "userName", "user"),
    *("name", "src/app/user.py", "v1.2.3", "x1", "café", "cafe", "élan", "日本語", "日本", "本日", "🚀", "->", "!!", "—", "```"),
    *("OAuth2Client", "2026-03-01T10:15:30Z", "한국어", "ภาษาไทย", "σφάλμα", "ana@example.org", "ECONNREFUSED"),
    *("640px", "10ms", "10", "10 ms", "1.5GB", "1.0rc1", "x86_64", "user2name", "getHTTPServer2", "snake_case_name", "#1234", "C++"),
    *(
        "https://example.org/a/b?id=7",
        "550e8400-e29b-41d4-a716-446655440000",
        "Größe",
        "größe",
        "mañana",
        "テスト環境",
        "环境变量",
        "👍🏽",
        "日本cat",
    ),
    *("\x1b[32mcat\x1b[0m", "\x1b[1;31mgetUser:", "\x1b[m\x1b[Kdog"),
]
QUERY_WORDS = [
    *(word for word in WORDS if word not in ("```", "2026-03-01T10:15:30Z") and "\x1b" not in word),
    *("CAT", "ca*", "c*", "e*", "u*", "n*", "user*", "getUs*", "v1.2", "1.2.3", "app/user", "日本*", "get*", "do*", "1*", "É*"),
    *(
        "640",
        "64*",
        "10",
        "-10",
        "px",
        '"640"',
        "ms",
        "1.5",
        "1.5gb",
        "rc1",
        "10 px",
        "640 px",
        "x86",
        "64",
        "user2",
        "server2",
        "http",
        "case_name",
        "1234",
    ),
    *("example.org/a", "id=7", "550e8400*", "e29b", "grosse", "Groß*", "manana", "テス", "環境", "环境", "变量", "👍", "日本", "c++"),
    *("oauth2", "oauth", "Auth2", "client", "oauth*", "2026-03-01", "2026-03", "10:15", "econn*", "example.org", "ana@example", "o*"),
    *("한국", "국어", "ไทย", "ภาษา", "σφαλμα", "ΣΦΆΛΜΑ", "σφ*", "nothing", "nothing*"),
]
PHRASES = [
    '"cat dog"',
    '"red green"',
    '"get user"',
    '"dog do"*',
    '"user name"',
    '"cat c"*',
    '"日本 cat"',
    '"café élan"',
    '"cat ca"*',
    '"!! cat"',
    '"src app"',
    '"getUserName cat"',
    '"user name cat"',
    '"v1.2.3 dog"',
    '"example org"',
    '"user py"*',
    '"日本語 한국어"',
]
PATTERNS = [
    "/c.t/",
    "/user/",
    "/d.g|r.d/",
    "/日本/",
    "/^cat/",
    "/zz/",
    r"/\bdo\b/",
    "/[0-9]+/",
    "/(?-i:Red)/",
    "/name$/",
    r"/\./",
    "/a{2}/",
]
FIELDS = [
    *("source:codex", "source:claude", "project:api", "project:none", "project:/home/me/api-server", "model:opus", "model:none"),
    *("role:user", "role:assistant,tool", "tool:Bash", "tool:edit,read", "tag:release", "tag:none", "title:cat", "title:user"),
    *("rating:>=4", "rating:none", "rating:1..3,none", "before:2026-03-01", "after:2026-03-01", "on:2026-03-01", "on:2026"),
    *("is:active", "is:archived", "is:trashed,archived", "is:starred", "is:subagent", "is:branched", "is:rated", "is:any"),
    *("has:error", "has:image", "has:thinking", "has:tool", "has:note", "has:code", "has:code,note", "status:archived", "status:completed"),
    *("messages:>2", "messages:1..2", "tokens:>10", "tokens:0"),
    *(
        "source:codex,claude",
        "project:api,none",
        "project:API-S",
        "project:nowhere",
        "model:opus,gpt",
        "model:none,gpt",
        "role:system,user",
    ),
    *("tool:files", "tool:ba,none", "tag:release,later", "tag:none,later", "tag:#Later", 'title:"cat dog"', "title:user,cat", "title:é"),
    *("rating:<3", "rating:<=2", "rating:3", "rating:>5", "rating:2,4", "rating:..2", "messages:<3", "messages:>=2", "messages:1,3"),
    *("tokens:>=5", "tokens:<50", "tokens:5..50", "tokens:>1k", "before:2026-03", "before:7d", "after:400d", "after:2025", "on:today"),
    *("on:2025..2026", "on:2026-02-28..2026-03-01", "on:..2026-03-01", "on:>=2026-03-02", "on:2025,2026-03-02", "on:<=2025", "after:9y"),
    *("is:unread", "is:new", "is:starred,rated", "is:subagent,branched", "has:error,image", "has:thinking,tool", "status:paused,completed"),
    *(
        "status:active",
        "status:trashed,completed",
        "source:code",
        "source:ode,x",
        "project:me",
        "project:server",
        "project:rver",
        "tool:ile",
    ),
    *("tool:mcp", "tag:rel*", "tag:ease*,lat*", "tag:#L*"),
]
SCOPES = [
    "in:text,tools",
    "in:thinking,title",
    "-in:text",
    "in:all -in:text",
    "in:tools in:thinking",
    "in:text",
    "in:tools",
    "in:thinking",
    "in:title",
    "in:all",
    "in:tools,title",
    "-in:title",
    "-in:thinking",
]


# libraries

texts = st.lists(st.one_of(st.sampled_from(WORDS[:10]), st.sampled_from(WORDS)), max_size=5).flatmap(
    lambda words: st.sampled_from([" ", ", ", "\n"]).map(lambda joint: joint.join(words))
)
arguments = st.one_of(
    st.fixed_dictionaries({"k": texts}),
    st.fixed_dictionaries({"k": st.integers(0, 3), "deep": st.lists(texts, max_size=2)}),
    texts,
)
calls = st.fixed_dictionaries(
    {
        "tool_name": st.sampled_from(["Bash", "mcp__files__Edit", "Read"]),
        "arguments": arguments,
        "result": st.none() | texts,
        "status": st.sampled_from([ToolCallStatus.COMPLETED, ToolCallStatus.FAILED]),
    }
)
names = st.just("") | st.just("") | texts
attachments = st.builds(Attachment, media_type=st.sampled_from(["image/png", "text/plain"]), name=names, text=st.none() | texts)
times = st.none() | st.sampled_from([0, 1, 2, 60, 1440, -1440, 60 * 24 * 400]).map(at)
messages = st.fixed_dictionaries(
    {
        "role": st.sampled_from(list(Role)),
        "content": texts,
        "thinking": st.just("") | texts,
        "created_at": times,
        "parent": st.integers(0, 5),
        "tool_calls": st.lists(calls, max_size=2),
        "attachments": st.just(()) | st.lists(attachments, max_size=1).map(tuple),
        "rating": st.none() | st.none() | st.integers(1, 5),
        "has_note": st.sampled_from([False, False, False, True]),
    }
)
sessions = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["claude-code", "codex"]),
        "project": st.sampled_from(["", "/home/me/api", "/home/me/api-server"]),
        "model": st.sampled_from([None, "claude-opus-4", "gpt-5"]),
        "title": texts.map(lambda text: text.replace("\n", " ") or "."),
        "own_title": st.none() | st.none() | texts,
        "summary": st.just("") | st.just("") | texts,
        "messages": st.lists(messages, min_size=1, max_size=5),
        "parent": st.none() | st.none() | st.integers(0, 3),
        "input_tokens": st.sampled_from([None, 5, 50]),
        "is_starred": st.booleans(),
        "run_state": st.sampled_from([None, RunState.COMPLETED]),
        "status": st.sampled_from([SessionStatus.ACTIVE, SessionStatus.ACTIVE, *SessionStatus]),
        "tags": st.sampled_from([[], [], ["release"], ["Release", "later"]]),
        "has_note": st.sampled_from([False, False, True]),
        "stored_first": st.integers(1, 5),  # messages that the first import finds; the rest comes after other sessions
    }
)
libraries = st.lists(sessions, min_size=1, max_size=8)


def session_of(number: int, given: dict[str, Any]) -> Session:
    source = given["source"]
    uids = [message_uid(source, "", f"{number}-{seq}") for seq in range(len(given["messages"]))]
    made = []
    for seq, each in enumerate(given["messages"]):
        fields = {key: value for key, value in each.items() if key not in ("parent", "rating", "has_note", "tool_calls")}
        made_calls = tuple(make_call(uids[seq], position, **fields_) for position, fields_ in enumerate(each["tool_calls"]))
        parent = uids[min(each["parent"], seq - 1)] if seq else None
        made.append(
            Message(uid=uids[seq], parent_uid=parent, seq=seq, tool_calls=made_calls, **{**fields, "content": fields["content"] or "."})
        )
    known = [message.created_at for message in made if message.created_at]
    fields = {key: given[key] for key in ("project", "model", "title", "summary", "input_tokens", "is_starred", "run_state")}
    return Session(
        uid=session_uid(source, f"s{number}"),
        source=source,
        source_id=f"s{number}",
        messages=tuple(made),
        started_at=min(known, default=None),
        last_message_at=max(known, default=None),
        **fields,
    )


def store(library: Library, given: list[dict[str, Any]]) -> list[Stored]:
    """Store sessions in two imports, so that rows of one lie between those of another, and what the user said of them."""
    whole: list[Session] = []
    for number, each in enumerate(given):
        session = session_of(number, each)
        parent = each["parent"]
        if parent is not None and parent < number:
            session = session._replace(parent_uid=whole[parent].uid)
        whole.append(session)
    for cut in (True, False):
        parts = []
        for session, each in zip(whole, given, strict=True):
            some = session.messages[: each["stored_first"]] if cut else session.messages
            parts.append(session._replace(messages=some))
        fill(library, *parts)
    notes: dict[str, set[str]] = {session.uid: set() for session in whole}
    for session, each in zip(whole, given, strict=True):
        if each["own_title"]:
            library.rename(session.uid, each["own_title"])
        if each["tags"]:
            library.add_tags([session.uid], each["tags"])
        if each["status"] != SessionStatus.ACTIVE:
            library.set_status([session.uid], each["status"])
        for uid, facts in [
            (session.uid, each),
            *((message.uid, facts) for message, facts in zip(session.messages, each["messages"], strict=True)),
        ]:
            if facts["has_note"]:
                library.set_note(uid, "remember")
                notes[session.uid].add(uid)
            if facts.get("rating"):
                library.rate(uid, facts["rating"])
    summaries = {each.uid: each for each in library.summaries(library.session_ids(parse("is:any")))}
    return [Stored(session, summaries[session.uid], frozenset(notes[session.uid])) for session in whole]


# queries

leaves = st.one_of(*[st.sampled_from(QUERY_WORDS)] * 4, *[st.sampled_from(FIELDS)] * 2, st.sampled_from(PHRASES), st.sampled_from(PATTERNS))
negated = st.tuples(st.sampled_from(["", "", "", "NOT ", "-"]), leaves).map("".join).filter(lambda text: text[1:2] not in ("-", "!", "—"))
alternatives = st.lists(negated, min_size=1, max_size=3).map(" OR ".join)


def grouped(some: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """What stands in parentheses, wanted or not."""
    inner = st.lists(some, min_size=1, max_size=2).map(" ".join)
    return st.tuples(st.sampled_from(["(", "(", "-(", "NOT ("]), inner, st.sampled_from([")", ")", ") OR dog", ") OR NOT cat"])).map(
        "".join
    )


groups = grouped(alternatives) | grouped(alternatives | grouped(alternatives))
terms = st.one_of(negated, negated, negated, alternatives, groups)
queries = st.tuples(st.lists(terms, min_size=1, max_size=4), st.lists(st.sampled_from(SCOPES), max_size=1)).map(
    lambda both: " ".join([*both[0], *both[1]])
)
