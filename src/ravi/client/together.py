"""Several things at once, for the blocking client: threads with a connection each."""

from __future__ import annotations

import queue
import threading

from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ravi.client.core import Together
    from ravi.client.session import Client


def outcomes(make_client: Callable[[], Client], step: Together) -> list[Any]:
    """
    The outcome of *step* (`core.Together`), with a client of *make_client* for each thread.

    `done` is called in this thread. What is no RaviError ends the whole, as soon as what has begun is over.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(step.tasks)):
        waiting.put(number)
    finished: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    given_up = threading.Event()

    def work() -> None:
        with make_client() as client:
            while not given_up.is_set():
                try:
                    number = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    finished.put((number, client._run(step.tasks[number])))
                except BaseException as error:  # noqa: BLE001 - it is raised below, in the thread that has asked
                    finished.put((number, error))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(step.at_once, len(step.tasks)))]
    found: dict[int, Any] = {}
    try:
        for thread in threads:
            thread.start()
        while len(found) < len(step.tasks):
            number, outcome = finished.get()
            if isinstance(outcome, BaseException) and not isinstance(outcome, RaviError):
                raise outcome
            found[number] = outcome
            step.done()
    finally:
        given_up.set()
        for thread in threads:
            thread.join()
    return [found[number] for number in range(len(step.tasks))]
