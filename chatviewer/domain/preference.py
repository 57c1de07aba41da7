"""Every preference, declared once. The screen, `chatviewer preferences`, the documentation and the checks are derived from this.

No knob without an effect: `effect` says what it does, and a test looks for the place that reads the key.
"""

from __future__ import annotations

from typing import Any

from chatviewer.domain.record import NamedTuple
from chatviewer.errors import UsageError


class Preference(NamedTuple):
    """`kind` is one of toggle, choice, number, text. A number of 0 means no limit where `effect` says so."""

    key: str
    group: str
    label: str
    kind: str
    default: Any
    effect: str
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 1_000_000_000

    def parse(self, text: str) -> Any:
        """The value that a typed text stands for. Raises UsageError, saying what would be right."""
        typed = text.strip()
        if self.kind == "toggle":
            value = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}.get(
                typed.lower()
            )
            if value is None:
                raise UsageError(f"{self.key} is on or off, not {typed!r}.")
            return value
        if self.kind == "choice":
            if typed not in self.choices:
                raise UsageError(f"{self.key} is one of {', '.join(self.choices)}, not {typed!r}.")
            return typed
        if self.kind == "number":
            try:
                number = int(typed)
            except ValueError:
                number = self.minimum - 1
            if not self.minimum <= number <= self.maximum:
                raise UsageError(f"{self.key} is a whole number from {self.minimum} to {self.maximum}, not {typed!r}.")
            return number
        return text

    def show(self, value: Any) -> str:
        """The value as a person types it; `parse(show(value)) == value`."""
        return ("on" if value else "off") if self.kind == "toggle" else str(value)

    def is_valid(self, value: Any) -> bool:
        """Whether a stored value can be used; else the default is."""
        try:
            return type(value) is type(self.default) and self.parse(self.show(value)) == value
        except UsageError:
            return False


PREFERENCES: tuple[Preference, ...] = (
    Preference(
        key="theme",
        group="Looks",
        label="Theme",
        kind="choice",
        default="chatviewer-dark",
        choices=(
            "chatviewer-dark",
            "chatviewer-light",
            "chatviewer-contrast",
            "textual-dark",
            "textual-light",
            "nord",
            "gruvbox",
            "tokyo-night",
            "solarized-light",
        ),
        effect="The colours of the viewer. With NO_COLOR set there are none, whatever this says.",
    ),
    Preference(
        key="list_density",
        group="Looks",
        label="Session list",
        kind="choice",
        default="two-line",
        choices=("two-line", "one-line"),
        effect="Two lines a session show the title above source, project, age and counts; one line shows twice as many.",
    ),
    Preference(
        key="list_groups",
        group="Looks",
        label="Groups in the list",
        kind="choice",
        default="day",
        choices=("day", "project", "source", "none"),
        effect="Headings by day while the list is sorted by time, or the sessions of a project or source together. The key s chooses, too.",
    ),
    Preference(
        key="date_style",
        group="Looks",
        label="Dates",
        kind="choice",
        default="relative",
        choices=("relative", "date"),
        effect="Ages such as 2 h in lists, or dates such as 2026-03-01.",
    ),
    Preference(
        key="library_pane",
        group="Looks",
        label="Library pane",
        kind="toggle",
        default=True,
        effect="Shows status, sources, projects and tags on the left when the window is at least 120 columns wide.",
    ),
    Preference(
        key="saved_searches",
        group="Looks",
        label="Saved searches",
        kind="text",
        default="",
        effect="Stand in the library pane: name = query, with ; between. ctrl+s in the search box saves what is searched for.",
    ),
    Preference(
        key="tool_calls",
        group="Reading",
        label="Tool calls",
        kind="choice",
        default="line",
        choices=("hidden", "line", "open", "full"),
        effect="How tool calls first appear in a transcript: not at all, one line each, with their first lines, or whole.",
    ),
    Preference(
        key="show_thinking",
        group="Reading",
        label="Thinking unfolded",
        kind="toggle",
        default=False,
        effect="On: what a model thought before it answered is unfolded from the start; off: it is one folded line.",
    ),
    Preference(
        key="save_history",
        group="Archive",
        label="Save history",
        kind="toggle",
        default=True,
        effect="Off: import adds nothing new, and says so. What is stored stays.",
    ),
    Preference(
        key="watch",
        group="Archive",
        label="Watch for new messages",
        kind="toggle",
        default=True,
        effect="While the viewer is open, what running sessions write appears within a few seconds. Off: R looks for it.",
    ),
    Preference(
        key="disabled_sources",
        group="Archive",
        label="Sources left out",
        kind="text",
        default="",
        effect="Sources (codex, chatgpt), comma between, that import does not look for on its own; a path that you name is still read.",
    ),
    Preference(
        key="trash_retention_days",
        group="Archive",
        label="Empty the trash after (days)",
        kind="number",
        default=0,
        maximum=36500,
        effect="Trashed sessions older than this are purged when the viewer starts. 0: never.",
    ),
    Preference(
        key="redact_exports",
        group="Privacy",
        label="Redact exports",
        kind="toggle",
        default=True,
        effect="Exports hide what looks like a key, token or password, and say how many; --no-redact overrides it once.",
    ),
    Preference(
        key="allow_training",
        group="Privacy",
        label="Allow training",
        kind="toggle",
        default=False,
        effect="Off: exporting rated replies as a training set (export --format training) is refused.",
    ),
    Preference(
        key="preferred_model",
        group="Continue",
        label="Preferred model",
        kind="text",
        default="",
        effect="Named at the head of the context pack (export --format context) that hands a session to a new chat.",
    ),
    Preference(
        key="default_system_prompt",
        group="Continue",
        label="Default system prompt",
        kind="text",
        default="",
        effect="Opens the context pack where the session has no system prompt of its own.",
    ),
    Preference(
        key="response_tone",
        group="Continue",
        label="Tone of replies",
        kind="choice",
        default="any",
        choices=("any", "neutral", "friendly", "formal", "direct"),
        effect="Asked for in the context pack, unless any.",
    ),
    Preference(
        key="response_length",
        group="Continue",
        label="Length of replies",
        kind="choice",
        default="any",
        choices=("any", "short", "medium", "long"),
        effect="Asked for in the context pack, unless any.",
    ),
    Preference(
        key="response_format",
        group="Continue",
        label="Format of replies",
        kind="choice",
        default="any",
        choices=("any", "markdown", "plain", "bullets"),
        effect="Asked for in the context pack, unless any.",
    ),
    Preference(
        key="context_memory",
        group="Continue",
        label="Context memory",
        kind="toggle",
        default=True,
        effect="Puts the session's unexpired context items into the context pack, by priority.",
    ),
    Preference(
        key="max_context_messages",
        group="Continue",
        label="Messages in the context",
        kind="number",
        default=50,
        minimum=1,
        maximum=100_000,
        effect="How many of the last messages the context pack holds.",
    ),
    Preference(
        key="daily_message_limit",
        group="Budget",
        label="Messages a day",
        kind="number",
        default=0,
        effect="stats shows how much of it the day has used, by what the sources recorded. 0: no limit.",
    ),
    Preference(
        key="monthly_token_limit",
        group="Budget",
        label="Tokens a month",
        kind="number",
        default=0,
        effect="stats shows how much of it the month has used, by what the sources recorded. 0: no limit.",
    ),
)

PREFERENCE_BY_KEY = {preference.key: preference for preference in PREFERENCES}


def find_preference(key: str) -> Preference:
    """Raises UsageError for an unknown key, naming the command that lists them."""
    found = PREFERENCE_BY_KEY.get(key)
    if found is None:
        raise UsageError(f"There is no preference {key!r}; `chatviewer preferences list` shows all.")
    return found
