"""Writes docs/search.md: the words around it are here, the fields come from the table that the parser reads.

`python assets/search_docs.py` after a change of either; a test holds the file to it.
"""

from pathlib import Path

from chatviewer.query.fields import FIELDS, FieldSpec

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "search.md"

HEAD = """\
# Searching

One language for the search box, the filter of the list, `chatviewer search` and `chatviewer list`, and for commands that act on a whole
result. Nothing that you type is an error: what is no field is a word, and what is wrong with a field is said in words and left out.

## Words

| typed | finds |
|---|---|
| `flaky test` | both words; messages that hold both come first, then sessions where one message holds the one and another the other |
| `"import test"` | the words side by side, in this order |
| `pre*` | words that begin with it |
| `-word`, `NOT word` | what does not hold the word |
| `error OR warning` | one of them. `OR` binds closer than words side by side: `api error OR warning` is `api (error OR warning)` |
| `(read timeout) OR slow` | parentheses group, eight deep |
| `/time(d )?out/` | a regular expression, in any case of letters; it ends at a space. Such that could take for ever are refused |
| `->`, `!=` | signs, where nothing else is asked for |

Upper and lower case are the same, and so are letters with and without accents. Identifiers are found by their whole and by their parts:
`getUserName` by `getUserName`, `userName` and `user`; `src/models/user.py:42` by `user.py` and `models/user.py`; `v1.2.3` by `1.2.3`;
`OAuth2Client` by `oauth2`; `2026-03-01T10:15:30Z` by `2026-03-01`; `640px` by `640`, as other numbers without their units, and by
`640 px`; a UUID by its beginning with a star; words that a terminal showed in colour as if they were plain, though not in a phrase with
what stands beside the colour. Chinese, Japanese, Korean and
Thai are found by any two characters that stand side by side, emoji by themselves. With `in:text` or `in:thinking`, parts of identifiers
and such scripts are the message's, wherever in it they stand.
Of one very long text the first 200,000 characters of such parts are known: some 66,000 of Chinese.

Words are looked for in what was said and thought, in pasted text and the names of attached files, in titles and in the summaries that
some sources give (`in:title` means both of these). What tools were given and returned is searched when asked: `in:tools`, or `in:all`
for everything. The words around a hit are shown without Markdown's marks (stars of emphasis, hashes of headings, fences, targets of links,
rules of tables), unless these were searched for; what stands in code is shown as it is.

## In the search box

The word that you are typing is taken for the beginning of one: `flak` finds `flaky`, and half a tag the tag (as `tag:rel*` does). A space
ends the word. A field whose value is yet to come narrows nothing. The line under the box offers the fields and their values with the
number of sessions (`Tab` takes the first and a space behind it, in whose place a comma goes on with one more value; also in the middle of
a query and within a list), points at what is wrong or was probably meant for a field, and says how long a search for words took and what
else there is: hits in archive and trash (`ctrl+o` takes them into the search and out again) and in tool output (`ctrl+t` likewise). When
chats were last imported stands in the bottom line, in a narrow window here.

Behind a field that was chosen (in the filter menu, in the library pane, by a digit) what is typed begins a new word.

A field looks like a chip. Backspace behind the space that closes it, or `ctrl+w`, takes it out as a whole. At the top of the list `↑`
brings back earlier queries, `↓` returns.

Where nothing is found, the ways out stand in the list, each with its key: for a word that nothing holds those that begin so (`data*`),
else the nearest one that the library holds, one letter away, else what stands within words (`/base/`), all with `ctrl+y` or `Tab`; archive
and trash; tool output; and the word or field without which there are most hits, or else the one word that says most (`ctrl+w`).
`chatviewer search` says the same.

## Narrowing a result

While something is searched for, the library pane shows what its result could be narrowed to, with the number of sessions that would
be left: sources, projects, times (a session stands under that of its newest hit), tags, who said it, models, ratings. In a narrow window
the first of them stand in a line above the list. `Tab` leaves the search box for the list; there a digit adds what it stands beside to the
query, or takes it out again. A source beside `source:codex` takes its place. In the pane (`shift+Tab`), Enter does the same, space adds
one more value that will do (`source:codex,chatgpt`), `-` leaves out what is under the cursor, and `o` searches for it only. `All` clears
the search.

What stands in the search box is always the whole query: a digit only writes it. Of a result too large to be counted in a quarter of
a second, what was stored last is counted; the title of the list then says `12,000+ hits`.

## Saved searches

`ctrl+s` saves a search under a name. It then stands in the library pane, in the filter menu (`f`) and in the preference `saved_searches`;
while nothing is searched for, digits run the first nine. In the pane `r` renames it, `J` and `K` move it, `d` forgets it, `u` undoes.

## Fields

Several values of one field are separated by commas: one of them must fit. `-` before a field turns it round. A value with spaces stands in
quotes: `project:"my site"`. Different fields must all fit.

Of the name of a source, a project or a tool the beginning of any word is enough: `project:kit` finds `my-kit` and `kitchen`. Where no name
has a word that begins so, any part of one is: `toolkit`. The same counts in lists, searches and commands that change sessions.

"""

TAIL = """
Numbers take `4`, `>=4`, `>4`, `<=4`, `<4`, `10..20`, `10k` and `2m`. Dates take `2026`, `2026-03`, `2026-03-01`, `today`, `yesterday`,
the name of a weekday (the last one), and an age: `12h`, `7d`, `3w`, `2mo`, `1y`. Days are those of your clock. In a search a date is that
of the message, in a list that of the session's last message.

Archived and trashed sessions are left out unless the query asks for them (`is:archived`, `is:trashed`, `is:any`); the result says how many
hits that hid, or that there may be some where it had no time to count. Lists also leave out sub-agents unless asked (`is:subagent`,
`is:any`); a search looks into them.

## Order

Newest first: the session with the newest message first, its own hits together. Best first weighs how rare the words are and how often they
stand in the text, the exact phrase, the title, your own words above replies and replies above tool output, ratings, stars and age. For
words that stand in more than 10,000 messages it weighs those stored last, and says so; the others follow, newest first.

Sessions that hold the words apart come last, newest first. Of those that hold the rarest word the 2,000 newest are looked at; where there
are more, it is said.
"""


def document() -> str:
    """The whole file."""
    rows = "\n".join(map(_row, FIELDS.values()))
    return f"{HEAD}| field | what | values | examples |\n|---|---|---|---|\n{rows}\n{TAIL}"


def _row(spec: FieldSpec) -> str:
    values = {
        "choice": ", ".join(f"`{choice}`" for choice in spec.choices),
        "number": "a number",
        "date": "a date",
        "name": "any text",
    }[spec.kind]
    examples = ", ".join(f"`{example}`" for example in spec.examples)
    return f"| `{spec.name}:` | {spec.help} | {values}{', `none`' if spec.has_none else ''} | {examples} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
