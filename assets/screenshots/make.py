"""Takes the pictures of the README: the real viewer on the demo library. `python assets/screenshots/make.py`"""

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
os.environ.pop("NO_COLOR", None)

# file, columns, rows, keys
PICTURES = (("main", 150, 38, ["enter"]),)


async def take(name: str, columns: int, rows: int, keys: list[str]) -> None:
    """Open the viewer, type the keys, save the screen."""
    from chatviewer import demo
    from chatviewer.storage.library import Library
    from chatviewer.tui.app import ChatviewerApp

    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHATVIEWER_HOME"] = folder
        with Library.open(Path(folder) / "chatviewer.db") as library:
            demo.fill(library)
            app = ChatviewerApp(library)
            async with app.run_test(size=(columns, rows)) as pilot:
                await pilot.pause(1.5)
                for key in keys:
                    await pilot.press(key)
                    await pilot.pause(0.5)
                picture = app.export_screenshot(title="chatviewer")
                # the font is not fetched from the net: any monospace one will do
                picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
                (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    for picture in PICTURES:
        asyncio.run(take(*picture))
