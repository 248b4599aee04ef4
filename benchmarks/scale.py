"""The same requests with a hundred identities in the database, and with a hundred thousand."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import wire
from benchmarks.measure import Effort, NotMeasured, Table, at_most, compare, interleave
from benchmarks.population import Population, Resident, populate
from benchmarks.processes import RAVI, environment, timed
from benchmarks.servers import Owner, Serving, ravi_server, sign_in, workplace

FEW = 100
MANY = 100_000
READS = 1000
CREATES = 60


def run(effort: Effort) -> Iterator[Table]:
    """Measure the latency of single requests, one after the other, at both sizes, with both servers up."""
    with workplace() as folder:
        few, many = (populate(folder, size, known=min(size, 1000)) for size in (FEW, effort.of(MANY, MANY // 5)))
        with ravi_server(folder, name=few.name) as small, ravi_server(folder, name=many.name) as large:
            sides = [
                Side(folder, few, small, sign_in(folder, small, few.code, home="home-of-few")),
                Side(folder, many, large, sign_in(folder, large, many.code, home="home-of-many")),
            ]
            yield _table("GET /api/email/", sides, Side.read, effort.of(40, 10), _READS_NOTE)
            yield _table("ravi get email, whole process", sides, Side.command, effort.of(40, 10), _COMMAND_NOTE)
            yield _table("POST /api/identities/", sides, Side.create, effort.of(40, 5), _CREATES_NOTE)


_READS_NOTE = f"A round is the median of {READS} requests on one connection, each as another of up to 1,000 identities."
_COMMAND_NOTE = "Each run is another identity, with a key of its own."
_CREATES_NOTE = f"A round is the median of {CREATES} creates, one after the other: each waits for the disk alone."


class Side:
    """One of the two servers, and what is asked of it. Every method returns milliseconds."""

    def __init__(self, folder: Path, population: Population, server: Serving, owner: Owner) -> None:
        self.size = population.size
        self._server = server
        self._residents: Iterator[Resident] = itertools.cycle(population.known)
        self._home = folder / "nobody"
        self._management_key = owner.management_key()
        self._created = 0

    def read(self) -> float:
        """The median latency of `READS` reads."""
        times = []
        with wire.connected(self._server.port) as connection:
            for who in itertools.islice(self._residents, READS):
                sent = wire.request("GET", "/api/email/", token=who.key)
                began = time.perf_counter()
                answer = connection.ask(sent)
                times.append(time.perf_counter() - began)
                if who.address.encode() not in answer:
                    raise NotMeasured(f"{who.address} was told {answer!r}")
        return statistics.median(times) * 1000

    def command(self) -> float:
        """The time of one `ravi get email --json`."""
        who = next(self._residents)
        env = environment(self._home, RAVI_API_URL=self._server.url, RAVI_API_KEY=who.key)
        return timed([RAVI, "get", "email", "--json"], env, expect=who.address.encode()) * 1000

    def create(self) -> float:
        """The median latency of `CREATES` creates of different names."""
        times = []
        with wire.connected(self._server.port) as connection:
            for _ in range(CREATES):
                self._created += 1
                body = {"name": f"newcomer-{self._created}", "api_key": False}
                sent = wire.request("POST", "/api/identities/", token=self._management_key, body=body)
                began = time.perf_counter()
                connection.ask(sent)
                times.append(time.perf_counter() - began)
        return statistics.median(times) * 1000


def _table(what: str, sides: list[Side], measured: Callable[[Side], float], rounds: int, note: str) -> Table:
    def once(side: Side) -> Callable[[], float]:
        return lambda: measured(side)

    names = {f"with {side.size:,} identities": side for side in sides}
    samples = interleave({name: once(side) for name, side in names.items()}, rounds=rounds)
    few, many = names
    title = f"Scale, SQLite: {what}"
    return compare(title, "ms", samples, baseline=few, bars={many: at_most(1.3)}, notes=[note])
