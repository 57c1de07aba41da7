"""A command line in its common form, read without argparse, whose import and work cost as much as the answer to a short command.

Known options in full, each with its value behind it, and words in one row: whatever else stands there (help, an abbreviation, `--`,
`--option=value`, a value that is wrong) is left to argparse, so that there is one place that explains and complains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Values:
    """What was given, an attribute for each."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


class PlainParser:
    """Takes the same `add_argument` as argparse's parser, as far as the quick commands use it."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._words: str | None = None  # the name of the free words
        self._flags: set[str] = set()
        self._options: dict[str, tuple[Callable[[str], Any], Sequence[str] | None]] = {}

    def add_argument(
        self,
        name: str,
        *,
        action: str | None = None,
        default: Any = None,
        type: Callable[[str], Any] = str,  # noqa: A002 (argparse's name)
        choices: Sequence[str] | None = None,
        **told: Any,
    ) -> None:
        """`told` is for the help, and `nargs`, which is `*`."""
        if not name.startswith("-"):
            self._words, self._values[name] = name, []
        elif action == "store_true":
            self._flags.add(name)
            self._values[name[2:]] = False
        else:
            self._options[name] = type, choices
            self._values[name[2:]] = default

    def read(self, words: Sequence[str]) -> Values | None:
        """The values by name; None for what only argparse can read or complain about."""
        values = dict(self._values)
        free: list[str] = []
        ended = False  # argparse takes the free words of some commands in one row only
        waiting = iter(words)
        for word in waiting:
            if word in self._flags:
                values[word[2:]] = True
            elif word in self._options:
                kind, choices = self._options[word]
                value = next(waiting, "-")
                try:
                    values[word[2:]] = kind(value)
                except ValueError:
                    return None
                if value.startswith("-") or (choices is not None and value not in choices):
                    return None
            elif word.startswith("-") or ended:
                return None
            else:
                free.append(word)
                continue
            ended = bool(free)
        if self._words is not None:
            values[self._words] = free
        return Values(values)
