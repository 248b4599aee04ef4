"""`ravi` at a terminal, with somebody who reads what it asks and types the answers, and stdout in a file of its own."""

import tempfile
from typing import Any

from tests.support.cli import PROGRAM, Cli, Result
from tests.support.pty_child import PtyChild


class Conversation(PtyChild):
    """`ravi ARGUMENTS > out`: stdin and stderr are a terminal, and the document is for itself."""

    def __init__(self, cli: Cli, *arguments: str) -> None:
        self._command = ("ravi", *arguments)
        self._out = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed on leaving
        super().__init__([PROGRAM, *arguments], env=cli.environment, cwd=cli.cwd, size=(50, 300), stdout=self._out)

    def answer(self, question: str, line: str) -> "Conversation":
        """Wait until *question* is asked (again), then type *line*."""
        self.wait_for(question)
        self.type(line + "\n")
        return self

    def result(self) -> Result:
        """Wait for its end. The result's stderr is the screen, with plain line breaks."""
        code = self.end()
        self._out.seek(0)
        return Result(self._command, code, self._out.read(), self.screen.decode().replace("\r\n", "\n"))

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(self, *why: Any) -> None:
        super().__exit__(*why)
        self._out.close()
