"""The arguments of a tool call: JSON in its table, the words in it in the index, where escapes such as \\n would glue themselves to the
next word. `words_in` gives what the view `tool_text` gives."""

from typing import Any


def words_in(value: Any) -> str:
    """All strings among the values of arguments, in their order."""
    if type(value) is dict:
        try:
            return "\n".join(value.values())
        except TypeError:  # not only strings
            pass
    words: list[str] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            waiting.extend(reversed(list(here.values())))
        elif isinstance(here, list | tuple):
            waiting.extend(reversed(here))
        elif isinstance(here, str):
            words.append(here)
    return "\n".join(words)


def words_in_json(arguments: str | bytes | bytearray) -> str:
    """The same for arguments as they are stored; what is no JSON is text as it stands."""
    from chatviewer.domain.plain_json import loads  # a search without calls among its hits does without

    text = arguments if isinstance(arguments, str) else arguments.decode()
    try:
        value = loads(text)
    except (ValueError, RecursionError):
        return text
    return words_in(value)
