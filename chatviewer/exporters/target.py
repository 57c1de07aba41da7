"""Where an export goes: a file that is whole or not there. It is written beside its target under another name and then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from chatviewer.errors import RefusedError
from chatviewer.paths import draft_of, take_name


@contextmanager
def export_file(path: Path, *, is_overwriting: bool = False) -> Iterator[TextIO]:
    """A text file for one export: UTF-8, line feeds, readable by its owner only. An error leaves nothing behind and the old file alone.

    Raises RefusedError where the file exists and may not be overwritten, and where the folder cannot be written to.
    """
    if path.is_dir():
        raise RefusedError(f"{path} is a folder; name a file in it.")
    if path.exists() and not path.is_file():  # a pipe or a device: written as it comes
        with path.open("w", encoding="utf-8", errors="replace", newline="\n") as out:
            yield out
        return
    if path.exists() and not is_overwriting:
        raise RefusedError(f"{path} exists; --force overwrites it.")
    target = path.resolve()
    draft = Path(draft_of(target))
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RefusedError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        # What cannot be said in UTF-8 (a lone surrogate) becomes "?"; formats that keep everything escape it before.
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        if is_overwriting:
            draft.replace(target)
        else:
            take_name(draft, target)
    except FileExistsError as error:
        raise RefusedError(f"{path} exists; --force overwrites it.") from error
    except OSError as error:
        raise RefusedError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
