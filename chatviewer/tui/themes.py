"""The viewer's own colours: a calm ground and one accent. Everything else that is said by colour is said by words or signs too.

What is written in the accent is written in `$text-accent`: other themes' accents are made for grounds, and may not be readable as text.
"""

from textual.theme import Theme

_QUIET = {"footer-background": "transparent", "input-selection-background": "#e0af68 35%", "scrollbar-corner-color": "transparent"}

DARK = Theme(
    name="chatviewer-dark",
    primary="#e0af68",
    secondary="#8fa9c9",
    accent="#e0af68",
    warning="#e5c07b",
    error="#ec7c85",
    success="#9cc58a",
    foreground="#d9dce3",
    background="#15171b",
    surface="#1a1d22",
    panel="#272b33",
    dark=True,
    variables={
        **_QUIET,
        "text-accent": "#e0af68",
        "border": "#e0af68",
        "border-blurred": "#363b45",
        "scrollbar": "#363b45",
        "scrollbar-hover": "#4a505d",
        "scrollbar-active": "#e0af68",
        "scrollbar-background": "#15171b",
        "scrollbar-background-hover": "#15171b",
        "scrollbar-background-active": "#15171b",
    },
)

LIGHT = Theme(
    name="chatviewer-light",
    primary="#8f4e0b",
    secondary="#3b5878",
    accent="#8f4e0b",
    warning="#8a6100",
    error="#b3261e",
    success="#2f6b2f",
    foreground="#26282d",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e6e2da",
    dark=False,
    variables={
        **_QUIET,
        "text-accent": "#8f4e0b",
        "border": "#8f4e0b",
        "border-blurred": "#cfcac0",
        "input-selection-background": "#8f4e0b 25%",
        "scrollbar": "#cfcac0",
        "scrollbar-hover": "#b5afa3",
        "scrollbar-active": "#8f4e0b",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
    },
)

CONTRAST = Theme(
    name="chatviewer-contrast",
    primary="#ffd700",
    secondary="#7fdbff",
    accent="#ffd700",
    warning="#ffd700",
    error="#ff8080",
    success="#80ff80",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    dark=True,
    text_alpha=1.0,
    variables={
        **_QUIET,
        "text-accent": "#ffd700",
        "border": "#ffd700",
        "border-blurred": "#a0a0a0",
        "scrollbar": "#a0a0a0",
        "scrollbar-hover": "#ffffff",
        "scrollbar-active": "#ffd700",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
    },
)

THEMES = (DARK, LIGHT, CONTRAST)
