"""The command line: one small file a command, and only the one that runs is imported. The viewer is loaded when it is opened."""

from collections.abc import Sequence


def run(words: Sequence[str]) -> int:
    """Run one command line and return its exit code. Raises ChatviewerError."""
    from chatviewer.cli.output import say, write_utf8
    from chatviewer.cli.parser import overview, parse

    write_utf8()
    parsed = parse(words)
    if parsed.command is None:
        if parsed.is_help:
            say(overview().rstrip("\n"))
            return 0
        from chatviewer.cli.viewing import open_viewer

        return open_viewer(parsed.database)
    return parsed.command.run(parsed.arguments)
