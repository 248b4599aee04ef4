"""
One of the owner's machines, in process: the client's real steps against the real app, one at a time.

Between any two steps a test may do something else, or end the machine as `kill -9` does: what it has written to its
home and what the server has stored stay, and nothing else of it.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from ravi.client.core import Compute, Core, Exchange, Pause
from ravi.client.http1 import Answer
from ravi.errors import RaviError
from ravi.settings.client import resolve, save_login

SERVER = "http://127.0.0.1:1"


class Killed(Exception):
    """The machine was ended in the middle of its work."""


class Machine:
    """Signed in at the app behind *client* with the access token *token*; its files, old ones too, are in *home*."""

    def __init__(self, client: httpx2.AsyncClient, token: str, home: Path) -> None:
        self.client = client
        self.home = home
        home.mkdir(mode=0o700, exist_ok=True)
        if not (home / ".ravi").exists():
            save_login(str(home / ".ravi"), server=SERVER, access=token, refresh="ravi_rt_none")

    def core(self, identity: str | None = None) -> Core:
        """What a fresh process knows."""
        settings = resolve(identity=identity, environ={"HOME": str(self.home)}, cwd=str(self.home), need_identity=False)
        return Core(settings, 30.0)

    async def run(
        self,
        steps: Callable[[Core], Any],
        *,
        identity: str | None = None,
        before: Callable[[int, Any], Any] | None = None,
        kill_before: int | None = None,
    ) -> Any:
        """
        Do *steps* and return their result. Steps are counted from 1, exchanges and computations alike; *before* is
        called with each one's number and the step itself. Raises Killed before the step *kill_before*.
        """
        running, number = steps(self.core(identity)), 0
        try:
            step = next(running)
            while True:
                number += 1
                if number == kill_before:
                    raise Killed
                if before is not None and inspect.isawaitable(waiting := before(number, step)):
                    await waiting
                try:
                    outcome = await self._do(step)
                except RaviError as error:
                    step = running.throw(error)
                else:
                    step = running.send(outcome)
        except StopIteration as done:
            return done.value

    async def _do(self, step: Any) -> Any:
        if isinstance(step, Compute):
            return step.work()
        if isinstance(step, Pause):
            return None
        assert isinstance(step, Exchange), step
        request = step.request
        answer = await self.client.request(
            request.method, request.target, headers=dict(request.headers), content=request.body
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, answer.content)


def is_request(step: Any, method: str, path: str) -> bool:
    """Whether *step* sends that request."""
    return (
        isinstance(step, Exchange) and step.request.method == method and step.request.target.partition("?")[0] == path
    )
