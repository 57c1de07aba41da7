"""Characters that need care in the index: what is looked up says the same as an expression would."""

import re
import sys

from chatviewer.storage import scripts

EVERY = "".join(map(chr, range(sys.maxunicode + 1)))


def test_the_first_special_character_of_a_text_is_found_among_all() -> None:
    special = re.compile(f"[{scripts._UNSPACED}{scripts._EMOJI}{scripts._LETTERS}{scripts._AMONG}]")
    places = []
    at = scripts.find_special(EVERY)
    while at >= 0:
        places.append(at)
        at = scripts.find_special(EVERY, at + 1)
    assert places == [found.start() for found in special.finditer(EVERY)]


def test_each_character_has_the_kind_of_its_range() -> None:
    unspaced, emoji = re.compile(f"[{scripts._UNSPACED}]"), re.compile(f"[{scripts._EMOJI}]")
    for character in EVERY:
        is_unspaced = unspaced.match(character) is not None
        kind = "unspaced" if is_unspaced else "emoji" if emoji.match(character) else "word" if character.isalnum() else ""
        assert (scripts.has_unspaced(character), scripts._kinds[character]) == (is_unspaced, kind), ascii(character)


def test_a_chunk_goes_on_with_every_character_of_an_unspaced_script() -> None:
    clinging = scripts._clinging()
    assert [ascii(found) for found in re.findall(f"[{scripts._UNSPACED}]", EVERY) if not clinging.fullmatch(found)] == []
