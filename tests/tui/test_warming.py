"""What is imported in idle time: all of it exists, a thread does it, leaving ends it."""

import gc
import subprocess
import sys
import threading
from importlib.util import find_spec

from chatviewer.tui.warming import MODULES, warm_up


def test_every_module_exists() -> None:
    assert all(find_spec(name) is not None for name in MODULES)


def test_after_warming_the_first_keys_import_nothing_more() -> None:
    code = """
import sys, threading
from chatviewer.tui.warming import warm_up
import chatviewer.tui.app
assert "peewee" not in sys.modules and "markdown_it" not in sys.modules
stopped = threading.Event(); stopped.set()
warm_up(stopped)()
assert "peewee" not in sys.modules
warm_up(threading.Event())()
before = set(sys.modules)
import chatviewer.storage.annotations, chatviewer.storage.tables, chatviewer.tui.modals.note, chatviewer.tui.screens.help
from chatviewer.tui.rendering.chunk import markdown_chunks
[chunk.layout(80) for chunk in markdown_chunks("# words")]
print(sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_leaving_ends_it_at_once() -> None:
    stop = threading.Event()
    stop.set()
    frozen = gc.get_freeze_count()
    warm_up(stop)()
    assert gc.get_freeze_count() == frozen
