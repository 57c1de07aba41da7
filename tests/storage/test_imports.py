"""Commands that answer in milliseconds must not load what they do not use."""

import subprocess
import sys
from pathlib import Path

from chatviewer.storage.library import Library
from tests.factories import fill, make_session

SCRIPT = """
import sys
from pathlib import Path
from chatviewer.storage.library import Library
with Library.open(Path(sys.argv[1])) as library:
    rows = library.summaries(library.session_ids(limit=10))
    assert len(rows) == 1 and library.stubs(rows[0].id) and library.summary(rows[0].uid) and not library.is_empty
print(*sorted({name.split(".")[0] for name in sys.modules} & {"peewee", "dataclasses", "textual", "orjson", "platformdirs", "uuid"}))
"""


def test_opening_a_library_and_reading_lists_loads_neither_peewee_nor_dataclasses(library: Library, database_path: Path) -> None:
    fill(library, make_session("a"))
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(database_path)], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == ([], "")
