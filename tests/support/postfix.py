"""A Postfix of its own, started by a test on loopback: the mail server that delivers to ours."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.last_wish import LastWish

PROGRAMS = Path("/usr/lib/postfix/sbin")
PATIENCE = 30.0

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {programs}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = sender.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_host_lookup = native
smtp_tls_security_level = {tls}
smtputf8_enable = yes
local_header_rewrite_clients =
{delivery}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
"""
TO_A_SERVER = "relayhost = [127.0.0.1]:{relay}"
TO_A_MAILDIR = """\
virtual_mailbox_domains = in.ravi.localhost
virtual_mailbox_base = {folder}/data
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{user}
virtual_minimum_uid = 1"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
pickup    unix n - n 60 1 pickup
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
smtp      unix - - n - - smtp
virtual   unix - n n - - virtual
relay     unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
proxymap  unix - - n - - proxymap
tlsmgr    unix - - n - 1 tlsmgr
scache    unix - - n - 1 scache
anvil     unix - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Takes any mail on `port` and passes it on to *relay*, a port of this machine; without one, into a maildir."""

    def __init__(self, relay: int | None = None, *, tls: str = "encrypt") -> None:
        # Below /tmp and not in pytest's folder: its programs run as a user of their own, who must get there.
        self._folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self._folder.chmod(0o755)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (self._folder / "queue").mkdir()
        (self._folder / "data").mkdir()
        shutil.chown(self._folder / "data", "postfix")
        fill = {"folder": self._folder, "programs": PROGRAMS, "relay": relay, "tls": tls, "port": self.port}
        fill |= {"user": (self._folder / "data").stat().st_uid}
        fill["delivery"] = (TO_A_SERVER if relay else TO_A_MAILDIR).format(**fill)
        (self._folder / "main.cf").write_text(MAIN.format(**fill))
        (self._folder / "master.cf").write_text(MASTER.format(**fill))
        self._wish = LastWish('postfix -c "$1" abort; rm -rf "$1"', str(self._folder))
        self._run("start")

    @property
    def log(self) -> str:
        file = self._folder / "maillog"
        return file.read_text(errors="replace") if file.exists() else ""

    def wait_for_log(self, text: str, *, times: int = 1) -> None:
        """Wait until *text* stands in its log so often."""
        deadline = time.monotonic() + PATIENCE
        while self.log.count(text) < times:
            assert time.monotonic() < deadline, f"Postfix never logged {text!r} {times} times:\n{self.log}"
            time.sleep(0.05)

    def stop(self) -> None:
        self._run("abort")
        self._wish.withdraw()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, verb: str) -> None:
        done = subprocess.run(
            ["postfix", "-c", self._folder, verb], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, f"postfix {verb}: {done.stdout}{done.stderr}\n{self.log}"


def require(package: str, program: str, *, root: bool = False) -> str:
    """Return the path of *program*. Where it is not installed, skip the test loudly; in CI, fail it."""
    found = shutil.which(program)
    if found and (not root or os.geteuid() == 0):
        return found
    reason = f"needs {program}" + (" and root" if root else "") + f" (Debian: apt-get install {package})"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def make_postfix() -> Iterator[object]:
    """A function that starts a Postfix; all are stopped afterwards."""
    require("postfix", "postfix", root=True)
    started: list[Postfix] = []

    def make(relay: int, **more: str) -> Postfix:
        started.append(Postfix(relay, **more))
        return started[-1]

    yield make
    for each in started:
        each.stop()
