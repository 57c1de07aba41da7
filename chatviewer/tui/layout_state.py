"""How the viewer was left: a small JSON file in the state directory. Losing it costs nothing but comfort, so nothing here raises."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

from chatviewer import paths

FILE_NAME = "layout.json"


@dataclass(slots=True)
class LayoutState:
    """Widths in cells, 0 for the width that fits."""

    list_width: int = 0
    library_width: int = 0
    has_preview: bool = True
    sort: str = "recent"
    order: str = "recent"
    last_session: str = ""  # uid
    history: list[str] = field(default_factory=list)  # queries, the newest last

    @classmethod
    def load(cls) -> Self:
        """As it was left, field by field; what is missing or of the wrong type is as at the first start."""
        state = cls()
        try:
            stored = json.loads(_path().read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return state
        if isinstance(stored, dict):
            for each in fields(cls):
                value = stored.get(each.name)
                if type(value) is type(getattr(state, each.name)):
                    setattr(state, each.name, value)
        return state

    def save(self) -> None:
        with suppress(OSError):
            paths.write_state(_path(), json.dumps(asdict(self)))


def _path() -> Path:
    return paths.state_directory() / FILE_NAME
