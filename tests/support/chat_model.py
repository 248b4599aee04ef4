"""A stand-in for a language model: it speaks OpenAI's chat completions, and does to the letter what it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What a person says to have a command run.
RUN = "run: "


class ChatModel:
    """
    A model at `url`, for as long as the block of `with` lasts.

    To a message that holds "run: COMMAND" it answers with a call of the tool `exec`, and to what a tool returned with
    exactly that. `requests` is what it was sent.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.requests.append(body)
                answer = _stream(_reply(body)) if body.get("stream") else _whole(_reply(body))
                kind = "text/event-stream" if body.get("stream") else "application/json"
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "ChatModel":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


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
