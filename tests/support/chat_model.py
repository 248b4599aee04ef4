"""A stand-in for a language model: it speaks OpenAI's chat completions, and does to the letter what it is told."""

import json
from typing import Any

from tests.support.model_server import STREAM, ModelServer

#: What a person says to have a command run.
RUN = "run: "


class ChatModel(ModelServer):
    """Commands are run with the tool `exec`."""

    def __init__(self) -> None:
        super().__init__()
        self.url += "/v1"

    def answer(self, path: str, body: dict[str, Any]) -> tuple[str, bytes]:
        reply = _reply(body)
        return (STREAM, _stream(reply)) if body.get("stream") else ("application/json", _whole(reply))


def _reply(body: dict[str, Any]) -> dict[str, Any]:
    messages = body["messages"]
    # Behind what the person said there may be what the program adds for itself.
    asked = max(at for at, message in enumerate(messages) if RUN in _words(message["content"]))
    results = [_words(message["content"]) for message in messages[asked:] if message["role"] == "tool"]
    if results:
        return {"role": "assistant", "content": results[-1] or "(nothing)"}
    command = _words(messages[asked]["content"]).rpartition(RUN)[2].splitlines()[0]
    function = {"name": "exec", "arguments": json.dumps({"command": command})}
    call = {"index": 0, "id": f"call_{len(messages)}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _words(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content or [])


def _chunk(**choice: Any) -> dict[str, Any]:
    return {"id": "1", "created": 1, "model": "stub", "choices": [{"index": 0, **choice}]}


def _finish(message: dict[str, Any]) -> str:
    return "tool_calls" if "tool_calls" in message else "stop"


def _stream(message: dict[str, Any]) -> bytes:
    chunks = [
        {**_chunk(delta=message, finish_reason=None), "object": "chat.completion.chunk"},
        {**_chunk(delta={}, finish_reason=_finish(message)), "object": "chat.completion.chunk"},
    ]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n"


def _whole(message: dict[str, Any]) -> bytes:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    answer = _chunk(message=message, finish_reason=_finish(message))
    return json.dumps({**answer, "object": "chat.completion", "usage": usage}).encode()
