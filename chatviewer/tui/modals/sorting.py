"""What the menu of orders and groups offers. A value says in one text whether it is an order or a group, and which."""

from chatviewer.tui.grouping import GROUPS
from chatviewer.tui.listing import ORDERS, SORTS, Listing
from chatviewer.tui.modals.menu import Choice

_SORT, _GROUP = "sort:", "group:"
_DETAILS = {"recent": "last message", "started": "start", "messages": "messages", "tokens": "tokens", "rating": "rating"}


def sort_choices(listing: Listing, *, is_brief: bool = False) -> list[Choice]:
    """Each order both ways, then the groups; of search results their orders alone. `is_brief`: there is no room to say by what."""
    if listing.is_search:
        return [Choice(_sentence(words), "", f"{_SORT}{key}", "Sort   ") for key, words in ORDERS.items()]
    details = {} if is_brief else _DETAILS
    sorts = [Choice(_sentence(words), details.get(key.lstrip("-"), ""), f"{_SORT}{key}", "Sort   ") for key, words in SORTS.items()]
    return sorts + [Choice(_sentence(words), "", f"{_GROUP}{key}", "Group  ") for key, words in GROUPS.items()]


def current_sort(listing: Listing) -> tuple[str, ...]:
    """The values that hold now."""
    if listing.is_search:
        return (f"{_SORT}{listing.order}",)
    return f"{_SORT}{listing.sort}", f"{_GROUP}{listing.group}"


def chosen_sort(value: str) -> str | None:
    """The order that was chosen; None when it is a group."""
    return value.removeprefix(_SORT) if value.startswith(_SORT) else None


def chosen_group(value: str) -> str | None:
    """The group that was chosen; None when it is an order."""
    return value.removeprefix(_GROUP) if value.startswith(_GROUP) else None


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]
