"""A stand-in for a language model that speaks Anthropic's messages API."""

import json
from typing import Any

from tests.support.model_server import STREAM, ModelServer, asked_for, events

_USAGE = {"input_tokens": 1, "output_tokens": 1}


class MessagesModel(ModelServer):
    """Commands are run with the tool `Bash`."""

    def answer(self, path: str, body: dict[str, Any]) -> tuple[str, bytes]:
        if "count_tokens" in path:
            return "application/json", b'{"input_tokens": 1}'
        block = _reply(body["messages"])
        stop = "tool_use" if block["type"] == "tool_use" else "end_turn"
        message = {
            "id": f"msg_{len(self.requests)}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": _USAGE,
        }
        if not body.get("stream"):
            return "application/json", json.dumps({**message, "content": [block], "stop_reason": stop}).encode()
        if block["type"] == "text":
            empty = {**block, "text": ""}
            delta = {"type": "text_delta", "text": block["text"]}
        else:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        return STREAM, events(
            ("message_start", {"message": message}),
            ("content_block_start", {"index": 0, "content_block": empty}),
            ("content_block_delta", {"index": 0, "delta": delta}),
            ("content_block_stop", {"index": 0}),
            ("message_delta", {"delta": {"stop_reason": stop, "stop_sequence": None}, "usage": _USAGE}),
            ("message_stop", {}),
        )


def _reply(messages: list[dict[str, Any]]) -> dict[str, Any]:
    wishes = [(at, asked_for(_words(each["content"]))) for at, each in enumerate(messages) if each["role"] == "user"]
    at, wish = next(((at, wish) for at, wish in reversed(wishes) if wish), (len(messages), None))
    if wish is None:
        return {"type": "text", "text": "nothing to do"}
    blocks = [block for each in messages[at:] for block in each["content"] if isinstance(block, dict)]
    results = [_words(block["content"]) for block in blocks if block["type"] == "tool_result"]
    if results:
        return {"type": "text", "text": results[-1] or "(nothing)"}
    what, words = wish
    tool = {"name": "Bash", "input": {"command": words, "description": "as told"}}
    if what == "call":
        tool = {"name": words, "input": {}}
    return {"type": "tool_use", "id": f"toolu_{len(messages)}", **tool}


def _words(content: str | list[dict[str, Any]] | None) -> str:
    """What a person or a tool says in *content*."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or [] if part["type"] == "text")
