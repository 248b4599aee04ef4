"""One agent runs wild (500 connections in a retry loop, slowloris, a mail bomb): what a sibling notices of it."""

import json
import math
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import wire
from benchmarks.measure import Effort, NotMeasured, Table, at_most, compare, interleave
from benchmarks.processes import PYTHON, RAVI, environment
from benchmarks.servers import Owner, Serving, add_account, ravi_server, sign_in, workplace
from tests.support import storm

ROOT = Path(__file__).parent.parent
BASELINE = "ravi get email, quiet"
STORMY = "ravi get email, while a sibling storms"
#: In the middle of it, and not of its beginning, when five hundred connections come at once.
WARM_UP_SECONDS = 2.0
LONGEST_SECONDS = 600


def run(effort: Effort) -> Iterator[Table]:
    """Compare the slowest of many calls: each round is its own 99th percentile."""
    with workplace() as folder:
        code = add_account(folder)
        with ravi_server(folder, limited=True) as server:
            yield _measure(folder, server, sign_in(folder, server, code), effort)


def _measure(folder: Path, server: Serving, owner: Owner, effort: Effort) -> Table:
    stormer, sibling = (owner.ravi("identity", "create", "--name", name) for name in ("stormer", "sibling"))
    wild, key = (owner.identity_key(each["uuid"]) for each in (stormer, sibling))
    env = environment(folder / "home-of-sibling", RAVI_API_KEY=key, RAVI_API_URL=server.url)
    calls = effort.of(100, 30)
    kept: dict[str, list[float]] = {BASELINE: [], STORMY: []}
    answered: Counter[str] = Counter()

    def quiet() -> float:
        kept[BASELINE].append(_p99(_over_a_kept_connection(server, key, calls)))
        return _p99(_calls(env, sibling["email"], calls))

    def stormy() -> float:
        with _storm(server, wild, stormer["email"], answered):
            kept[STORMY].append(_p99(_over_a_kept_connection(server, key, calls)))
            return _p99(_calls(env, sibling["email"], calls))

    samples = interleave({BASELINE: quiet, STORMY: stormy}, rounds=effort.of(6, 2))
    said = ", ".join(f"{count:,} x {status}" for status, count in sorted(answered.items()))
    without, within = (sorted(each)[len(each) // 2] for each in kept.values())
    notes = [
        f"The 99th percentile of {calls} calls a round, each a process. The storm: {storm.ASKING} connections that ask"
        f" as fast as they are answered, {storm.SLOW} that send a byte of a request each half second,"
        f" {storm.BOMBING} that deliver mail without a pause; it runs on the same cores and takes its part of them.",
        f"It was answered {said} (the first of each are by HTTP, 250 by SMTP). All calls of the sibling succeeded.",
        f"A request of the sibling over a kept connection: {without:.1f} ms in quiet, {within:.1f} ms in the storm"
        " (99th percentile).",
    ]
    return compare("A sibling in a storm", "ms", samples, baseline=BASELINE, bars={STORMY: at_most(3)}, notes=notes)


def _calls(env: dict[str, str], address: str, count: int) -> list[float]:
    took = []
    for _ in range(count):
        began = time.perf_counter()
        done = subprocess.run([RAVI, "get", "email", "--json"], env=env, capture_output=True, text=True, check=False)
        took.append((time.perf_counter() - began) * 1000)
        if done.returncode or json.loads(done.stdout)["email"] != address:
            raise NotMeasured(f"the sibling was refused: exit {done.returncode}: {done.stderr.strip()}")
    return took


def _over_a_kept_connection(server: Serving, key: str, count: int) -> list[float]:
    took = []
    with wire.connected(server.port) as connection:
        for _ in range(count):
            began = time.perf_counter()
            connection.ask(wire.request("GET", "/api/email/", token=key))
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.025)  # within its own pace
    return took


@contextmanager
def _storm(server: Serving, key: str, address: str, answered: Counter[str]) -> Iterator[None]:
    argv = [PYTHON, "-m", "tests.support.storm", str(server.port), str(server.mail_port), key, address]
    process = subprocess.Popen(
        [*argv, str(LONGEST_SECONDS)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        time.sleep(WARM_UP_SECONDS)
        yield
        said, _ = process.communicate("", timeout=30)  # it ends with its input
    finally:
        process.kill()
        process.wait()
    found = json.loads(said)
    answered.update(found["statuses"])
    answered.update(found["replies"])


def _p99(values: list[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]
