"""Searches that were given names, as the preference `saved_searches` keeps them: `name = query; name = query`."""

from collections.abc import Mapping

SEPARATOR, SIGN = ";", "="


def read_searches(text: str) -> dict[str, str]:
    """Query by name, in order; what has no name or no query is left out."""
    found: dict[str, str] = {}
    for piece in text.split(SEPARATOR):
        name, sign, query = piece.partition(SIGN)
        if sign and name.strip() and query.strip():
            found[name.strip()] = query.strip()
    return found


def write_searches(searches: Mapping[str, str]) -> str:
    """The text of the preference; `read_searches` gives the same searches back."""
    return f"{SEPARATOR} ".join(f"{name} {SIGN} {query}" for name, query in searches.items())


def searches_with(searches: Mapping[str, str], name: str, query: str) -> dict[str, str]:
    """With the query under this name, in its old place if it had one; an empty name takes the query out."""
    name = name.strip()
    kept = {known: text for known, text in searches.items() if text != query or known == name}
    return {**kept, name: query} if name else kept


def renamed(searches: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    """With another name for a search, in its place; a search that had the new name already makes room. An empty one takes it out."""
    new = new.strip()
    kept = {name: query for name, query in searches.items() if name == old or name != new}
    return {new if name == old else name: query for name, query in kept.items() if name != old or new}


def moved(searches: Mapping[str, str], name: str, step: int) -> dict[str, str]:
    """With a search so many places further down; at the ends it stays."""
    names = list(searches)
    if name in names:
        place = names.index(name)
        names.insert(max(0, min(place + step, len(names) - 1)), names.pop(place))
    return {each: searches[each] for each in names}


def name_problem(name: str, query: str) -> str:
    """Why this cannot be saved, in words; "" if it can."""
    if SEPARATOR in name or SIGN in name:
        return f"A name holds no {SEPARATOR} and no {SIGN}"
    return f"A query with {SEPARATOR} in it cannot be saved" if SEPARATOR in query else ""
