"""The program: `chatviewer` and `python -m chatviewer`. Whatever happens ends in one sentence and an exit code, never in a traceback.

0 done, 1 not everything could be done, 2 usage, 3 the database cannot be used, 130 stopped by Ctrl+C.
"""

import sys
from collections.abc import Sequence

from chatviewer.errors import ChatviewerError

TYPE_CHECKING = False  # `typing` itself would cost more than the answer to --version
if TYPE_CHECKING:
    from typing import NoReturn

STOPPED = 130
# Objects that are made before garbage is looked for: Python's 700 would look through all that a short command makes some fifty times, in
# vain, and a tenth of its time.
MOST_YOUNG = 50_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (by default the program's own) and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(words)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader has seen enough: `chatviewer list | head`
        _let_go_of_stdout()
        return 0
    except KeyboardInterrupt:
        _tell("Stopped.")
        return STOPPED
    except ChatviewerError as error:
        _tell(str(error))
        return error.exit_code
    except OSError as error:
        _let_go_of_stdout()
        _tell(_in_words(error))
        return 1
    except Exception as error:  # the last wall: a person gets a sentence, whoever mends it the log
        _let_go_of_stdout()
        from chatviewer.crash import record

        _tell(record(error))
        return 1


def _run(words: list[str]) -> int:
    if words == ["--version"]:
        from chatviewer import __version__

        if sys.stdout is not None:  # closed: there is nobody to tell
            sys.stdout.write(f"chatviewer {__version__}\n")
        return 0
    from chatviewer.cli import run

    try:
        return run(words)
    except SystemExit as stop:  # argparse printed the help of a command
        return stop.code if isinstance(stop.code, int) else 0


def _in_words(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return f"{reason}: {error.filename}" if error.filename is not None else f"{reason}."


def _tell(sentence: str) -> None:
    from chatviewer.cli.output import tell

    tell(f"chatviewer: {sentence}")


def _let_go_of_stdout() -> None:
    """What is still buffered goes nowhere, so that the interpreter's own flush at exit has nothing to complain about."""
    import os

    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # closed, replaced by a test, or never there
        return


def program() -> "NoReturn":
    """What the installed command runs: `main`, and out.

    Taking the interpreter apart costs a short command a fifth of its time, and everything is written and closed by then. Where a thread
    still runs (the viewer's), it is waited for as usual.
    """
    import gc

    gc.set_threshold(MOST_YOUNG)
    code = main()
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        sys.exit(code)
    import os

    if sys.stderr is not None:
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    program()
