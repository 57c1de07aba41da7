"""What FTS5's unicode61 tokenizer alone would not find, as words in a column of their own.

unicode61 splits at everything that is no letter or digit, and folds case and accents. So `snake_case`, `a/b/c.py:42`, `1.2.3`,
UUIDs and addresses are found by their parts and, as phrases, by their whole. What it keeps in one piece is split here, the same way
for the text that is indexed and for the text that is searched:

* `getUserName` and `HTTPServer2`: at changes of case, and between letters and digits; names such as `OAuth2Client`, `SQLite3` and
  `iOSApp`, whose capitals are no borders to a person, a second time: between letters and digits only, or behind the first letter
* a run of Chinese, Japanese, Korean or Thai: into pairs of neighbours, and the last character alone, so that any two characters
  that stand side by side are found, and any single one as the beginning of a pair
* emoji, which it drops: as a word such as u1f389
* what a terminal showed in colour: `ESC[31merror` is the word 31merror to it
* letters that have no accent to fold, or one that it knows nothing of: ß, ø, ł, æ, full width letters, Greek, and the vowel points of
  Hebrew and Arabic
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from chatviewer.domain.long_text import Text, cut
from chatviewer.domain.record import pattern

_MAX_KNOWN = 1 << 16  # names whose parts are remembered
_MAX_RUN = 64  # characters; longer ones are data, not identifiers
_MAX_TERMS = 200_000  # characters for one text: a pasted dictionary must not double the index
LONG = 1 << 20  # characters; a longer text is worked on in pieces, so that the copies made on the way are small
_BATCH = 1 << 17  # characters of texts that are searched together
_GAP_WITHIN = 4096  # characters before the end of a piece, in which a gap between two words is looked for
_GAP = pattern(r"[\s。、，！？]")

# A place inside a run of letters and digits where a new word begins.
_TRIGGER = pattern(r"(?<=[a-z])[A-Z]|(?<=[A-Za-z])[0-9]|(?<=[A-Z])[A-Z](?=[a-z])")
# The same in the shape of a text, with what is left of the identifier. Each begins with a letter that is rare, so that most of the
# shape is stepped over by memchr.
_BORDERS = (pattern(rb"A(?:(?<=aA)|0|Aa)[aA0.]*"), pattern(rb"0(?<=a0)[aA0.]*"))
_ASCII = bytes(range(128))
_ORDINARY = "–—‘’“”…•·→←─│├└┌┐┘×§°äöüÄÖÜáàâçéèêíñóôú"  # beyond ASCII, most texts hold nothing else; none of it needs words
_SHAPES = b".".join((b" " * 46, b" " + b"0" * 10 + b" " * 7 + b"A" * 26 + b" " * 6 + b"a" * 26 + b" " * 133))
# The same where identifiers end at a dot: there is none in such a shape.
_RUN_SHAPES = _SHAPES.replace(b".", b" ")
_RUN = pattern(r"[A-Za-z0-9]+")
_DOTTED = pattern(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*")
_PART = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAMED = pattern(r"[A-Za-z]+|[0-9]+")
_MOST_NAMED, _LONGEST_NAMED = 4, 32  # parts, characters; what has more is data
_COLOURED = pattern(r"\x1b\[[0-9;:?]*[A-Za-z]([^\s\x1b]{1,64})")  # what stands right behind a sequence
_WORD = pattern(r"[^\W_]+")
_SUFFIXED = pattern(r"(?=[0-9a-f]*[g-z])[0-9]+[a-z]{2,}[0-9]+")  # 1.0rc1, 0ubuntu1


def extra_terms(text: Text, second: Text = "") -> str | None:
    """The words to index beside one or two texts, in their order, each name once; None when there are none."""
    names: dict[str, None] = {}
    special: list[str] = []
    for piece in chain(pieces(text), pieces(second)):
        for parts, others in _terms_in([piece]):
            names |= parts
            if len(special) < _MAX_TERMS:
                special += others
    return _joined([*names, *special])


def extra_terms_of(texts: Sequence[str]) -> list[str | None]:
    """The same of each of several texts. To begin with a text takes more than to search a short one, so they are searched together."""
    found: list[str | None] = []
    for batch in _batches(texts):
        if len(batch) == 1:
            found.append(extra_terms(batch[0]))
        else:
            found += [_joined([*names, *special]) for names, special in _terms_in(batch)]
    return found


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    first = length = 0
    for number, text in enumerate(texts):
        length += len(text)
        if length > _BATCH and number > first:
            yield texts[first:number]
            first, length = number, len(text)
    if texts:
        yield texts[first:]


def pieces(text: Text) -> Iterable[str]:
    """A long text in pieces that end between two words, where there are words; any other as it is. One in UTF-8 is long."""
    if isinstance(text, str):
        return (text,) if len(text) <= LONG else _cut(text)
    return cut(text, LONG)


def _cut(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > LONG:
        end = start + LONG
        gaps = [gap.end() for gap in _GAP.finditer(text, end - _GAP_WITHIN, end)]
        end = gaps[-1] if gaps else end
        yield text[start:end]
        start = end
    yield text[start:]


def unordered_terms(data: bytes) -> str | None:
    """The same words of a text in UTF-8, in lower case, each once: for an index without positions, to which dots do not matter."""
    return _joined(_unordered(data))


def unordered_terms_of(texts: Collection[Text]) -> str | None:
    """The same of several texts, any of which may be long."""
    terms: dict[str, None] = {}
    for text in texts:
        for piece in pieces(text):
            terms |= _unordered(piece.encode("utf-8", "replace"))
    return _joined(terms)


def _unordered(data: bytes) -> dict[str, None]:
    shape = data.translate(_RUN_SHAPES)
    find_back = shape.rfind
    found = [data[find_back(b" ", 0, match.start()) + 1 : match.end()] for border in _BORDERS for match in border.finditer(shape)]
    terms = dict.fromkeys(chain.from_iterable(map(_run_parts.__getitem__, dict.fromkeys(found))))
    if not data.isascii():
        terms |= dict.fromkeys(_special_terms(data))
    if b"\x1b" in data:
        terms |= dict.fromkeys(" ".join(_coloured_words(data.decode("utf-8", "replace"))).lower().split())
    return terms


def _terms_in(texts: Sequence[str]) -> Iterator[tuple[dict[str, None], list[str]]]:
    """For each text the parts of its names, and the other words. The texts are not longer than `LONG` together.

    Names are found in the shape of the texts, where every letter is one of two and every digit the same: searching that for two rare
    letters takes a fifth of the time of a search in the text itself, and this is done for every byte that is imported.
    """
    joined = "\n".join(texts)
    shape = joined.encode("ascii", "replace").translate(_SHAPES)
    find_back = shape.rfind
    spans = {find_back(b" ", 0, match.start()) + 1: match.end() for border in _BORDERS for match in border.finditer(shape)}
    starts = sorted(spans)
    parts = [_name_parts[joined[start : spans[start]]] for start in starts]
    starts.append(len(joined) + 1)
    first = last = end = 0
    for text in texts:
        end += len(text) + 1
        while starts[last] < end:
            last += 1
        names = dict.fromkeys(parts[first:last])
        names.pop("", None)
        first = last
        special = [] if text.isascii() else _special_terms(text.encode("utf-8", "surrogatepass"))
        yield names, [*special, *_coloured_words(text)] if "\x1b" in text else special


def _special_terms(data: bytes) -> list[str]:
    """The words for characters beyond ASCII that need them, of a text in UTF-8."""
    # what is left without the ASCII characters: little, mostly, and so quickly searched
    others = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if not others.strip(_ORDINARY):
        return []
    # in a module of its own: what meets plain words does not wait for its tables
    from chatviewer.storage.scripts import chunk_parts, chunks, find_special

    if find_special(others) < 0:
        return []
    text = data.decode("utf-8", "surrogatepass")
    distinct = dict.fromkeys(text[start:end] for start, end in chunks(text))
    return [part for chunk in distinct for part in chunk_parts(chunk, is_end_open=False)]


def _coloured_words(text: str) -> list[str]:
    """The words that cling to the colours of a terminal, and what those stand for in turn."""
    return [word for found in dict.fromkeys(_COLOURED.findall(text)) for word in _coloured_parts[found]]


def _joined(terms: Collection[str]) -> str | None:
    if not terms:
        return None
    joined = " ".join(terms)
    return joined if len(joined) <= _MAX_TERMS else joined[:_MAX_TERMS].rpartition(" ")[0]


def query_terms(word: str) -> tuple[list[str], bool] | None:
    """The words in the column of terms that a typed word stands for, as a phrase, and whether the last one is a beginning only.

    None when the tokenizer alone reads the word as it was meant.
    """
    if word.isascii():
        runs = _RUN.findall(word)
        split = [part for run in runs for part in _PART.findall(run)]
        return (split, False) if len(split) > len(runs) else None
    from chatviewer.storage.scripts import query_parts

    return query_parts(word)


class _NameParts(dict[str, str]):
    """By the name: the same ones come again and again. A dict's own look costs half of `lru_cache`'s, which matters for what is
    done a million times; where it would hold too many, it forgets all."""

    def __missing__(self, name: str) -> str:
        parts = _parts_of_name(name)
        if len(name) <= _MAX_RUN:
            if len(self) >= _MAX_KNOWN:
                self.clear()
            self[name] = parts
        return parts


class _RunParts(dict[bytes, list[str]]):
    """The same for letters and digits that stand together, in UTF-8; the parts in lower case."""

    def __missing__(self, run: bytes) -> list[str]:
        parts = _parts_of_run(run)
        if len(run) <= _MAX_RUN:
            if len(self) >= _MAX_KNOWN:
                self.clear()
            self[run] = parts
        return parts


class _ColouredParts(dict[str, list[str]]):
    """The same for what clings to a colour."""

    def __missing__(self, found: str) -> list[str]:
        words = _WORD.findall(found)
        for names, special in _terms_in([found]):
            words += [*names, *special]
        if len(self) >= _MAX_KNOWN:
            self.clear()
        self[found] = words
        return words


_name_parts = _NameParts()
_run_parts = _RunParts()
_coloured_parts = _ColouredParts()


def _parts_of_name(name: str) -> str:
    """The parts of the identifiers that a name with dots is, or that stand between dots which belong to the sentence."""
    if name[0] != "." and name[-1] != "." and ".." not in name:
        return _parts_of_identifier(name) if len(name) <= _MAX_RUN else ""
    identifiers = [piece for piece in _DOTTED.findall(name) if len(piece) <= _MAX_RUN and _TRIGGER.search(piece)]
    return " ".join(filter(None, map(_parts_of_identifier, dict.fromkeys(identifiers))))


def _parts_of_identifier(identifier: str) -> str:
    """The parts of an identifier, or "" where it is a number with its unit, a hash or encoded data."""
    runs = identifier.split(".")
    parts = [(run, *_parts(run)) for run in runs]
    split_up = [split or run for run, split, _ in parts]
    if split_up == runs:
        return ""
    as_seen = [named or split or run for run, split, named in parts]
    return " ".join(split_up if as_seen == split_up else split_up + as_seen)


def _parts_of_run(run: bytes) -> list[str]:
    split, named = _parts(run.decode()) if len(run) <= _MAX_RUN else ("", "")
    return f"{split} {named}".lower().split()


def _parts(run: str) -> tuple[str, str]:
    """The parts of letters and digits that stand together, "" where they are one; and those that a person sees."""
    is_number = run[:2] in ("0x", "0X") and len(run) > 3
    if not is_number and (_is_hexadecimal(run) or (run[0].isdigit() and not _SUFFIXED.fullmatch(run))):
        return "", ""
    split = _PART.findall(run)
    if is_number:
        return run[2:], _named(run, split)
    is_data = len(run) >= 10 and len(split) * 2.4 > len(run)
    return ("", "") if is_data or len(split) < 2 else (" ".join(split), _named(run, split))


def _is_hexadecimal(run: str) -> bool:
    return len(run) >= 6 and not (run.strip("0123456789abcdef") and run.strip("0123456789ABCDEF"))


def _named(run: str, split: list[str]) -> str:
    """The parts of a run as a person sees them who takes its capitals for a habit: `OAuth 2 Client`; "" where that is the same."""
    if run.isalpha():
        return " ".join([split[0] + split[1], *split[2:]]) if len(split) > 2 and len(split[0]) == 1 else ""
    named = _NAMED.findall(run)
    is_data = len(named) > _MOST_NAMED or len(run) > _LONGEST_NAMED
    return "" if is_data or len(named) in (1, len(split)) else " ".join(named)
