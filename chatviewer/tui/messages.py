"""What widgets, screens and workers tell each other. Facts are named in the past tense, intents as verbs.

Widgets post, screens handle: no widget holds the library, no worker touches a widget.
"""

from textual.message import Message


class OpenSession(Message):
    """Intent: show this session, at a message if one is named, with the words lit."""

    def __init__(self, uid: str, *, at_seq: int | None = None, words: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.uid = uid
        self.at_seq = at_seq
        self.words = words


class RateReply(Message):
    """Intent: give the message 1 to 5 stars; None takes them away."""

    def __init__(self, uid: str, value: int | None) -> None:
        super().__init__()
        self.uid = uid
        self.value = value


class CopyText(Message):
    """Intent: put the text on the clipboard. `text` is the source as it was stored; `label` says in words what it is ("reply")."""

    def __init__(self, text: str, label: str) -> None:
        super().__init__()
        self.text = text
        self.label = label


class OpenLink(Message):
    """Intent: open an address after asking. Only http and https are ever posted."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url


class AskFind(Message):
    """Intent: ask the user what to look for in the transcript that is shown, then call its `find`."""


class MessageHighlighted(Message):
    """Fact: the cursor of the transcript stands on another message. `position` counts from 1 along the branch that is shown."""

    def __init__(self, seq: int, position: int, total: int, uid: str | None) -> None:
        super().__init__()
        self.seq = seq
        self.position = position
        self.total = total
        self.uid = uid  # None while the message is not loaded yet


class FindProgressed(Message):
    """Fact: where finding in the transcript stands. `current` counts from 1, 0 for none; more may come until `is_complete`."""

    def __init__(self, text: str, current: int, total: int, is_complete: bool) -> None:
        super().__init__()
        self.text = text
        self.current = current
        self.total = total
        self.is_complete = is_complete


class BranchSwitched(Message):
    """Fact: the transcript shows another branch: `seqs` from its root to its leaf."""

    def __init__(self, seqs: tuple[int, ...]) -> None:
        super().__init__()
        self.seqs = seqs


class ViewChanged(Message):
    """Fact: how the transcript shows tool calls or thinking was switched by a key."""

    def __init__(self, tool_calls: str, show_thinking: bool) -> None:
        super().__init__()
        self.tool_calls = tool_calls
        self.show_thinking = show_thinking
