"""How wide library and list are beside the transcript: as the user wants them, as far as there is room for all."""

LIBRARY_WIDTHS = (16, 48)  # cells, border included: the least and the most
LIBRARY_WIDTH = 22
LEAST_LIST, LEAST_READING = 38, 40
LIST_SHARE, MOST_OF_ITSELF = 39, 72  # per cent of the window, and cells, while the user has not chosen


def pane_widths(window: int, wanted_library: int, wanted_list: int, *, has_library: bool) -> tuple[int, int]:
    """The widths of library and list in a window of so many columns; what is wanted is 0 where the user has not chosen."""
    least, most = LIBRARY_WIDTHS
    library = max(least, min(wanted_library or LIBRARY_WIDTH, most, window - LEAST_LIST - LEAST_READING)) if has_library else 0
    wanted_list = wanted_list or min(window * LIST_SHARE // 100, MOST_OF_ITSELF)
    return library, max(LEAST_LIST, min(wanted_list, window - library - LEAST_READING))
