"""The one door to what is stored: screens, commands and the import hold a `Library` and know no SQL."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chatviewer.domain.user import User
from chatviewer.storage.connection import Database
from chatviewer.storage.opening import open_database

if TYPE_CHECKING:
    from chatviewer.domain.importing import Problem, SourceFile
    from chatviewer.storage.files import Stamp


class Library:
    """Everything one user has. Thread-safe: each thread has its own connection."""

    def __init__(self, database: Database, user: User) -> None:
        self.database = database
        self.path = database.path
        self.user = user

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open and bring up to date. Without `create`, a missing file reads as an empty library and none is made.

        Raises DatabaseError and its kinds.
        """
        return cls(*open_database(path, create=create))

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def is_empty(self) -> bool:
        """No session and no file was ever imported."""
        from chatviewer.storage.files import is_empty

        return is_empty(self.database, self.user.id)

    # importing

    def source_files(self) -> "dict[str, SourceFile]":
        """What is known about the files imported so far, by path."""
        from chatviewer.storage.files import source_files

        return source_files(self.database, self.user.id)

    def source_file(self, path: str) -> "SourceFile | None":
        """One of `source_files`; None for a file that was never imported."""
        from chatviewer.storage.files import source_file

        return source_file(self.database, self.user.id, path)

    def file_stamps(self) -> "dict[str, Stamp]":
        """What tells whether a file changed since its import, by path: the cheap part of `source_files`."""
        from chatviewer.storage.files import file_stamps

        return file_stamps(self.database, self.user.id)

    def mark_gone(self, paths: Collection[str]) -> None:
        """These files are not there any more; what they gave stays."""
        from chatviewer.storage.files import mark_gone

        mark_gone(self.database, self.user.id, paths)

    def mark_back(self, paths: Collection[str]) -> None:
        """These files, marked as gone, are there again."""
        from chatviewer.storage.files import mark_back

        mark_back(self.database, self.user.id, paths)

    def problems(self) -> "list[Problem]":
        """What could not be stored of the files as they were last read."""
        from chatviewer.storage.files import problems

        return problems(self.database, self.user.id)
