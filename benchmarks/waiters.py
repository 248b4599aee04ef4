"""What a thousand agents cost that wait at once and hear nothing: memory and processor time of the server."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measure import Effort, NotMeasured, Table, at_most, compare, interleave
from benchmarks.population import Population, Resident, populate
from benchmarks.processes import cpu_seconds, memory
from benchmarks.servers import Serving, bare_server, ravi_server, workplace

WAITERS = 1000
LIMIT_KIB = 64.0
BASELINE = f"the bar: {LIMIT_KIB:g} KiB"
OURS = "a waiter of ravi-server"
BARE = "a held request of a bare route"

#: Before the first look at the memory, and after the last waiter has come.
SETTLED_SECONDS = 1.5
#: Between two looks at the processor time: twice as often as a waiter looks by itself.
WATCHED_SECONDS = 20.0
HELD_SECONDS = 25
PATIENCE = 60.0

Request = Callable[[Resident], bytes]


def run(effort: Effort) -> Iterator[Table]:
    """Measure, with fresh servers in each round, how much they grow from the first waiter to the last."""
    with workplace() as folder:
        agents = populate(folder, WAITERS, known=WAITERS)
        busy: list[float] = []
        candidates = {
            BASELINE: lambda: LIMIT_KIB,
            OURS: lambda: _of_ravi(folder, agents, busy, watched=effort.of(WATCHED_SECONDS, 2)),
            BARE: lambda: _of_bare(agents),
        }
        samples = interleave(candidates, rounds=effort.of(5, 2), warm_ups=0)
    notes = [
        f"Resident memory of the server with {WAITERS} held requests, less that before them, for each; every one is of"
        " another identity and has a connection of its own.",
        f"The waiters keep ravi-server busy for {sorted(busy)[len(busy) // 2] * 100:.1f} % of one core.",
    ]
    yield compare("Idle waiters", "KiB", samples, baseline=BASELINE, bars={OURS: at_most(1)}, notes=notes)


def _of_ravi(folder: Path, agents: Population, busy: list[float], *, watched: float) -> float:
    with ravi_server(folder, name=agents.name) as server:
        _ask_once(server, agents.known[0])
        return _growth(server, agents.known, _wait_request, busy=busy, watched=watched)


def _of_bare(agents: Population) -> float:
    with workplace() as folder, bare_server(folder, "sqlite") as server:
        grown = _growth(server, agents.known, _held_request)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        connection.request("POST", "/release")  # it does not notice who has gone, and would not stop
        connection.getresponse().read()
        connection.close()
        return grown


def _growth(
    server: Serving,
    residents: Sequence[Resident],
    request: Request,
    *,
    busy: list[float] | None = None,
    watched: float = 0.0,
) -> float:
    """KiB that the server has grown for each request; with *busy* the share of a core that they take goes there."""
    time.sleep(SETTLED_SECONDS)
    before = memory(server.pid)
    with ExitStack() as stack:
        held = [stack.enter_context(_sent(server, request(resident))) for resident in residents]
        time.sleep(SETTLED_SECONDS)
        grown = memory(server.pid) - before
        if busy is not None:
            used = cpu_seconds(server.pid)
            time.sleep(watched)
            busy.append((cpu_seconds(server.pid) - used) / watched)
        for each in held:
            each.setblocking(False)
            if _has_answer(each):
                raise NotMeasured("a waiter was answered, though nothing has come")
    return grown * 1024 / len(residents)


def _wait_request(resident: Resident) -> bytes:
    body = json.dumps({"want": "otp", "seconds": HELD_SECONDS}).encode()
    return (
        b"POST /api/wait/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nUser-Agent: ravi/benchmark\r\n"
        b"Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (resident.key.encode(), len(body), body)
    )


def _held_request(_: Resident) -> bytes:
    return b"GET /held HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nUser-Agent: ravi/benchmark\r\n\r\n"


def _sent(server: Serving, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    connection.sendall(request)
    return connection


def _has_answer(connection: socket.socket) -> bool:
    try:
        connection.recv(1)
    except BlockingIOError:
        return False
    return True


def _ask_once(server: Serving, resident: Resident) -> None:
    """Have a wait that ends at once, so that what is loaded at the first one is not counted. Raises NotMeasured."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {resident.key}", "Content-Type": "application/json"}
    connection.request("POST", "/api/wait/", json.dumps({"want": "otp", "seconds": 0}), headers)
    answer = connection.getresponse()
    if answer.status != 200 or json.loads(answer.read())["found"]:
        raise NotMeasured(f"a wait that ends at once was answered with {answer.status}")
    connection.close()
