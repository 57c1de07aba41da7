"""Rated replies as a training set: JSON Lines, one rated reply with the messages before it, in the shape of OpenAI's fine-tuning files.

Each line: `messages` (role, content, tool_calls / tool_call_id as in the Chat Completions API), `rating` 1 to 5, `rating_text`, `message`
(uid), `session` (uid), `source`, `model`. Refused unless the preference `allow_training` is on.
Format: https://platform.openai.com/docs/guides/fine-tuning
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from chatviewer.domain.kinds import Role
from chatviewer.domain.summary import SessionSummary
from chatviewer.errors import RefusedError
from chatviewer.exporters.base import Exporter, ExportReader, paged
from chatviewer.exporters.branching import tree_of
from chatviewer.exporters.encoding import dumps

if TYPE_CHECKING:
    from chatviewer.domain.message import Message

REFUSAL = "The preference allow_training is off, so no training set is made; `chatviewer preferences set allow_training on` allows it."


class TrainingExporter(Exporter):
    format = "training"
    label = "rated replies for fine-tuning; needs allow_training"
    extension = ".jsonl"
    is_data = True

    def write(self, library: ExportReader, summaries: Iterable[SessionSummary], out: TextIO) -> None:
        if not library.preferences()["allow_training"]:
            raise RefusedError(REFUSAL)
        for summary in summaries:
            out.writelines(dumps(example) + "\n" for example in _examples(library, summary))


def _examples(library: ExportReader, summary: SessionSummary) -> Iterator[dict[str, Any]]:
    stubs = library.stubs(summary.id)
    rated = [stub.seq for stub in stubs if stub.rating and stub.role is Role.ASSISTANT]
    if not rated:
        return
    tree, system_prompt = tree_of(stubs), library.session(summary.uid).system_prompt
    for seq in rated:
        path = list(paged(library, summary.id, tree.path_to(seq)))
        reply = path[-1]
        if reply.rating is None:
            continue
        messages = [{"role": "system", "content": system_prompt}] if system_prompt else []
        for message in path:
            messages.extend(_turn(message))
        yield {
            "messages": messages,
            "rating": reply.rating.value,
            "rating_text": reply.rating.text,
            "message": reply.uid,
            "session": summary.uid,
            "source": summary.source,
            "model": reply.model or summary.model,
        }


def _turn(message: "Message") -> Iterator[dict[str, Any]]:
    made: dict[str, Any] = {"role": str(message.role), "content": message.content}
    if message.role is Role.TOOL:
        made["tool_call_id"] = message.tool_call_id or message.uid
    if message.tool_calls:
        made["tool_calls"] = [
            {
                "id": call.tool_call_id or call.uid,
                "type": "function",
                "function": {
                    "name": call.tool_name,
                    "arguments": call.arguments if isinstance(call.arguments, str) else dumps(call.arguments),
                },
            }
            for call in message.tool_calls
        ]
    yield made
    for call in message.tool_calls:
        if call.result is not None:
            yield {"role": "tool", "tool_call_id": call.tool_call_id or call.uid, "content": call.result}
