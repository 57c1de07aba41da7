"""The last wall before the terminal: no control character leaves in a segment, whatever a widget let through.

Text is made harmless where it enters a view (`domain.safe`); this filter holds for what was forgotten there.
"""

import re
from collections.abc import Sequence

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class ControlFilter(LineFilter):
    """Replaces every control character by U+FFFD. Segments that Textual marks as control codes are its own and stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same list where nothing was wrong; that is the usual case and costs a few microseconds a line."""
        for segment in segments:
            text = segment.text
            if not (text.isascii() and text.isprintable()) and segment.control is None and _CONTROLS.search(text):
                return [self._without_controls(segment) for segment in segments]
        return segments

    @staticmethod
    def _without_controls(segment: Segment) -> Segment:
        if segment.control is not None:
            return segment
        return Segment(_CONTROLS.sub("\ufffd", segment.text), segment.style)


def with_control_filter(filters: Sequence[LineFilter]) -> Sequence[LineFilter]:
    """What `App.get_line_filters` returns: the app's own filters and, last, the wall."""
    return [*filters, CONTROL_FILTER]


CONTROL_FILTER = ControlFilter()
