"""The errors that chatviewer raises on purpose. Each text is one plain sentence with a way out, fit for a person.

ChatviewerError            exit code 1
├── UsageError             exit code 2: the words of a command are off
├── NotFoundError          exit code 1: no session, message or tag of that id
├── RefusedError           exit code 1: asked for, but a preference or a promise forbids it
├── InterruptedSearchError exit code 1: a search was stopped by a newer one; nobody waits for its result
└── DatabaseError          exit code 3: the database cannot be used
    ├── DatabaseLockedError    another program writes and did not finish in time
    ├── DatabaseDamagedError   not a database, or a damaged one
    ├── DatabaseNewerError     written by a newer chatviewer
    └── DatabaseUnwritableError  read-only, no room, no permission
"""

ASK_DOCTOR = "`chatviewer doctor` says more."
"""The way out of a database that cannot be used, at the end of a sentence; `doctor` itself puts others in its place."""


class ChatviewerError(Exception):
    """Base of all; `str(error)` is the sentence to show."""

    exit_code = 1


class UsageError(ChatviewerError):
    """The words of a command or the value of a preference are off."""

    exit_code = 2


class NotFoundError(ChatviewerError):
    """Nothing has that id, or more than one thing begins with it."""


class RefusedError(ChatviewerError):
    """What was asked for is forbidden by a preference or a promise; the sentence names it."""


class InterruptedSearchError(ChatviewerError):
    """`Library.interrupt` stopped the search."""


class DatabaseError(ChatviewerError):
    """The database cannot be used."""

    exit_code = 3


class DatabaseLockedError(DatabaseError):
    """Another program holds the write lock."""


class DatabaseDamagedError(DatabaseError):
    """The file is no database, not ours, or damaged."""


class DatabaseNewerError(DatabaseError):
    """The schema was written by a newer version; the file was not touched."""


class DatabaseUnwritableError(DatabaseError):
    """Read-only file or directory, full disk, or missing permission."""
