"""Commands that do one thing to each of several identities."""

from __future__ import annotations

from ravi.cli.exit_codes import exit_code
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from ravi.cli.io import Io
    from ravi.cli.layout import Layout

    T = TypeVar("T")


def each(io: Io, refs: Sequence[str], act: Callable[[str], T], human: Callable[[Layout, Sequence[T]], str]) -> int:
    """
    *act* on every one of *refs* and print the answers: the answer itself for one ref, a list for several.

    A failure does not stop the rest: an agent that clears up after a fleet wants as much gone as can be.
    With one ref the error is raised; with several each is printed as it happens and the exit code of the
    first one comes back.
    """
    if len(refs) == 1:
        io.out.document(act(refs[0]), lambda layout, answer: human(layout, [answer]))
        return 0
    answers, failure = [], 0
    for ref in dict.fromkeys(refs):
        try:
            answers.append(act(ref))
        except RaviError as problem:
            failure = failure or exit_code(problem)
            problem.message = f"{ref}: {problem.message}"
            io.out.error(problem)
    io.out.document(answers, human)
    return failure
