"""A stand-in for a language model that speaks OpenAI's responses API, as Codex wants it."""

import json
from typing import Any

from tests.support.model_server import STREAM, ModelServer, asked_for, events

_USAGE = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}


class ResponsesModel(ModelServer):
    """Commands are run with the tool `exec_command`."""

    def answer(self, path: str, body: dict[str, Any]) -> tuple[str, bytes]:
        response = {"id": f"resp_{len(self.requests)}"}
        return STREAM, events(
            ("response.created", {"response": response}),
            ("response.output_item.done", {"item": _reply(body["input"])}),
            ("response.completed", {"response": {**response, "usage": _USAGE}}),
        )


def _reply(items: list[dict[str, Any]]) -> dict[str, Any]:
    wishes = [(at, asked_for(_words(each["content"]))) for at, each in enumerate(items) if each.get("role") == "user"]
    at, wish = next(((at, wish) for at, wish in reversed(wishes) if wish), (len(items), None))
    results = [_words(each["output"]) for each in items[at:] if each["type"] == "function_call_output"]
    if wish is None or results:
        text = results[-1] if results else "nothing to do"
        return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    call = {"name": "exec_command", "arguments": json.dumps({"cmd": wish[1]})}
    return {"type": "function_call", "call_id": f"call_{len(items)}", **call}


def _words(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)
