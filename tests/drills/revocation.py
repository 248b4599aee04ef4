"""
The revocation drill: everything an agent holds stops when its owner says so, on every server, and nobody else notices.

For each way to revoke there is an agent whose channels all work, on each of several servers of one database; then the
owner acts, and every channel is tried until it is refused. What has to stop is written down in `ACTIONS`.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.drills.channels import CHANNELS, Channel
from tests.drills.ground import Agent, Owner, Receiver, asking, deliver, eventually, must, new_owner
from tests.drills.held import Stream, Wait
from tests.drills.report import PROMISED, Row
from tests.support.http import Http
from tests.support.server import Server

#: What is not refused after so many seconds has not stopped.
CEILING = 10.0
#: How long a webhook that has to be silent is listened to.
SILENCE = 1.0


@dataclass(frozen=True)
class Action:
    """
    One way to revoke. `holds` is what the agent got: a `key` of its own, a pair `bound` by its owner's sign-in, or a
    `management` key of the account, with which it acts as its identity.

    With `ends_identity` everything stops, otherwise only what hangs on the credential. `reason` is what streams say,
    `code` what waits are refused with. `alone`: it ends what others in the account hold, so it has one to itself.
    """

    name: str
    holds: str
    do: Callable[[Owner, Agent], Any]
    ends_identity: bool
    reason: str
    code: str
    alone: bool = False
    identity_ttl: int | None = None
    key_ttl: int | None = None


def _expiry(owner: Owner, agent: Agent) -> None:
    """Nobody does anything: time does."""


def _switch(verb: str) -> Callable[[Owner, Agent], Any]:
    return lambda owner, agent: must(owner.http, "POST", f"/api/identities/{agent.uuid}/{verb}/")


def _delete(owner: Owner, agent: Agent) -> Any:
    return must(owner.http, "DELETE", f"/api/identities/{agent.uuid}/")


def _revoke(owner: Owner, agent: Agent) -> Any:
    return must(owner.http, "DELETE", f"/api/auth/keys/identity/{agent.key_uuid}/")


def _revoke_management(owner: Owner, agent: Agent) -> Any:
    return must(owner.http, "DELETE", f"/api/auth/keys/management/{agent.key_uuid}/")


def _log_out(**body: bool) -> Callable[[Owner, Agent], Any]:
    return lambda owner, _: must(owner.http, "POST", "/api/auth/logout/", body)


_KEY_GONE, _TIME_OVER = "credential_revoked", "credential_expired"
ACTIONS = [
    Action("identity disable", "key", _switch("disable"), True, "identity_disabled", "identity.disabled"),
    Action("identity delete", "key", _delete, True, "identity_deleted", "identity.not_found"),
    Action("identity --ttl", "key", _expiry, True, "identity_deleted", "identity.not_found", identity_ttl=8),
    Action("keys revoke", "key", _revoke, False, _KEY_GONE, "auth.unauthenticated"),
    Action("keys revoke (management)", "management", _revoke_management, False, _KEY_GONE, "auth.unauthenticated"),
    Action("keys --ttl", "key", _expiry, False, _TIME_OVER, "auth.unauthenticated", key_ttl=8),
    Action("auth logout", "bound", _log_out(), False, _KEY_GONE, "auth.unauthenticated", alone=True),
    Action(
        "auth logout --everywhere", "bound", _log_out(everywhere=True), False, _KEY_GONE, "auth.unauthenticated",
        alone=True,
    ),
    Action(
        "auth logout --everywhere --keys", "key", _log_out(everywhere=True, keys=True), False, _KEY_GONE,
        "auth.unauthenticated", alone=True,
    ),
]  # fmt: skip


def drill(servers: list[Server], receiver: Receiver, actions: list[Action] = ACTIONS) -> list[Row]:
    """Do every action, and return what stopped when, and what went on. *servers* share one database."""
    owner = new_owner(servers)

    def run(some: list[Action]) -> list[list[Row]]:
        return [
            _Drill(servers, receiver, new_owner(servers) if each.alone else owner, owner, each).run() for each in some
        ]

    # Those that wait for a time to be over do so beside the others.
    slow = [each for each in actions if each.identity_ttl or each.key_ttl]
    with ThreadPoolExecutor(max_workers=len(slow) + 1) as pool:
        first = pool.submit(run, [each for each in actions if each not in slow])
        rest = [pool.submit(run, [each]) for each in slow]
        return [row for part in (first, *rest) for rows in part.result() for row in rows]


class _Drill:
    """One action, and all that it is about."""

    def __init__(
        self, servers: list[Server], receiver: Receiver, owner: Owner, watching: Owner, action: Action
    ) -> None:
        self.servers = servers
        self.receiver = receiver
        self.owner = owner
        self.action = action
        # Where even siblings' keys end, whoever must not notice is in another account.
        others = watching if "--keys" in action.name else owner
        self.bystander = others.hire("bystander")
        self.rows: list[Row] = []

    def run(self) -> list[Row]:
        action = self.action
        agent, ends_at = self._hire()
        prepared = {each.name: each.prepare(agent, self.servers[0]) for each in CHANNELS}
        with ExitStack() as stack:
            held = {
                (kind.__name__.lower(), at): stack.enter_context(_leaving(kind(agent.at(server))))
                for at, server in enumerate(self.servers, 1)
                for kind in (Stream, Wait)
            }
            watch = stack.enter_context(_Bystander(self.bystander, self.servers))
            hook = self._hook(agent)
            for each in CHANNELS:
                for server in self.servers:
                    assert each.works(agent, server, prepared[each.name]), f"{each.name} does not work yet"
            assert all(each.ended_at is None for each in held.values()), "something has ended too early"
            if ends_at is not None:
                assert ends_at > time.time(), "the preparations took too long"
                time.sleep(max(0.0, ends_at - time.time()))
            started = time.monotonic()
            action.do(self.owner, agent)
            self._measure(agent, prepared, held, started)
            if action.alone:
                self.owner = _signed_in_again(self.owner)
                agent = replace(agent, owner=self.owner)
            self._go_on(agent, prepared)
            self._webhook(agent, hook, started)
            self.rows += watch.rows(action.name)
            if action.name == "identity disable":
                self._enable(agent, prepared, hook)
        return self.rows

    def _hire(self) -> tuple[Agent, float | None]:
        """Return the agent, and when its time is over (`time.time`)."""
        action, now = self.action, time.time()
        more = {"ttl_seconds": action.identity_ttl} if action.identity_ttl else {}
        agent = self.owner.hire("agent", **more)
        if action.key_ttl:
            body = {"identity_uuid": agent.uuid, "label": "brief", "ttl_seconds": action.key_ttl}
            now = time.time()
            brief = must(self.owner.http, "POST", "/api/auth/keys/identity/", body)
            agent = replace(agent, token=brief["key"], key_uuid=brief["uuid"])
        if action.holds == "management":
            made = must(self.owner.http, "POST", "/api/auth/keys/management/", {"label": "drill"})
            agent = replace(agent, token=made["key"], key_uuid=made["uuid"], selects=True)
        if action.holds == "bound":
            pair = must(self.owner.http, "POST", "/api/auth/bind-identity/", {"identity": agent.uuid})
            agent = replace(agent, token=pair["access"])
        seconds = action.identity_ttl or action.key_ttl
        return agent, now + seconds if seconds else None

    def _hook(self, agent: Agent) -> str:
        """Have the agent's events posted, and see that they are; return where to."""
        path = f"/{agent.uuid}/{self.action.name.replace(' ', '-')}"
        body = {"url": self.receiver.url + path, "identity_uuid": agent.uuid}
        must(agent.at(self.servers[0]), "POST", "/api/webhook-subscriptions/", body)
        self._poke(agent, 1)
        eventually("a webhook", lambda: self.receiver.arrived(path))
        return path

    def _poke(self, agent: Agent, number: int) -> None:
        """Let something happen to the agent, whatever its state."""
        asking(self.owner.http, "PATCH", f"/api/identities/{agent.uuid}/", {"labels": {"poked": str(number)}})

    def _measure(self, agent: Agent, prepared: dict[str, Any], held: dict[Any, Any], started: float) -> None:
        """Try everything that has to stop, all at once, until it does."""
        stops = [each for each in CHANNELS if self.action.ends_identity or each.hangs_on == "credential"]
        jobs = [(each, at, server) for each in stops for at, server in enumerate(self.servers, 1)]

        def until_refused(job: tuple[Channel, int, Server]) -> Row:
            channel, at, server = job
            while works := channel.works(agent, server, prepared[channel.name]):
                if time.monotonic() - started > CEILING:
                    break
                time.sleep(0.05)
            return self._row(channel.name, at, "stops", "goes on" if works else "stops", time.monotonic() - started)

        with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
            self.rows += pool.map(until_refused, jobs)
        for (kind, at), each in held.items():
            while each.ended_at is None and time.monotonic() - started < CEILING:
                time.sleep(0.02)
            expected = self.action.reason if kind == "stream" else self.action.code
            got = each.reason if each.ended_at else "goes on"
            self.rows.append(self._row(kind, at, expected, got, (each.ended_at or time.monotonic()) - started))

    def _go_on(self, agent: Agent, prepared: dict[str, Any]) -> None:
        """What hangs on the identity alone is none of a credential's business."""
        if self.action.ends_identity:
            return
        for channel in CHANNELS:
            if channel.hangs_on == "identity":
                for at, server in enumerate(self.servers, 1):
                    works = channel.works(agent, server, prepared[channel.name])
                    self.rows.append(self._row(channel.name, at, "goes on", "goes on" if works else "stops"))

    def _webhook(self, agent: Agent, path: str, started: float) -> None:
        before = len(self.receiver.arrived(path))
        for number in range(3):
            self._poke(agent, 10 + number)
        if self.action.ends_identity:
            time.sleep(SILENCE)
            more = self.receiver.arrived(path)[before:]
            last = max((at for at in self.receiver.arrived(path) if at > started), default=started)
            self.rows.append(self._row("webhook", None, "stops", "goes on" if more else "stops", last - started))
        else:
            eventually("a webhook after all", lambda: len(self.receiver.arrived(path)) > before)
            self.rows.append(self._row("webhook", None, "goes on", "goes on"))

    def _enable(self, agent: Agent, prepared: dict[str, Any], hook: str) -> None:
        """Switching on again brings everything back, but for requests that were held."""
        before, started = len(self.receiver.arrived(hook)), time.monotonic()
        must(self.owner.http, "POST", f"/api/identities/{agent.uuid}/enable/")
        for channel in CHANNELS:
            for at, server in enumerate(self.servers, 1):
                works = channel.works(agent, server, prepared[channel.name])
                got = "comes back" if works else "stays away"
                self.rows.append(
                    Row(f"identity enable: {channel.name} @{at}", "comes back", got, fine=works,
                        seconds=time.monotonic() - started)
                )  # fmt: skip
        self._poke(agent, 20)
        eventually("a webhook after enabling", lambda: len(self.receiver.arrived(hook)) > before)

    def _row(self, what: str, at: int | None, expected: str, got: str, seconds: float | None = None) -> Row:
        name = f"{self.action.name}: {what}" + (f" @{at}" if at else "")
        slow = seconds is not None and seconds > PROMISED
        return Row(name, expected, got, seconds, fine=got == expected, slow=slow)


class _Bystander:
    """Somebody whom an action must not touch: asks all the time, follows events, and waits, at every server."""

    def __init__(self, agent: Agent, servers: list[Server]) -> None:
        self._agent = agent
        self._servers = servers
        self._failures: list[str] = []
        self._asked = 0
        self._end = threading.Event()

    def __enter__(self) -> "_Bystander":
        self._streams = [Stream(self._agent.at(server)) for server in self._servers]
        self._wait = Wait(self._agent.at(self._servers[-1]))
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for each in (*self._streams, self._wait):
            each.close()

    def rows(self, action: str) -> list[Row]:
        """See that everything goes on: an event arrives in each stream, and a code at the wait."""
        name = f"{action}: a bystander's"
        deliver(self._servers[0], self._agent.email, "code", "Your verification code is 482913.")
        eventually("the bystander's code", lambda: self._wait.code or self._wait.reason)
        heard = [bool(eventually("its event", lambda each=each: each.events or each.reason)) for each in self._streams]
        self._end.set()
        self._thread.join()
        streams = all(heard) and not any(each.reason for each in self._streams)
        said = self._wait.code or self._wait.reason
        failed = self._failures[0] if self._failures else f"{self._asked} answers"
        return [
            Row(f"{name} streams", "go on", "go on" if streams else "end", fine=streams),
            Row(f"{name} wait", "482913", said, fine=said == "482913"),
            Row(f"{name} requests", "answers", failed, fine=self._asked > 0 and not self._failures),
        ]

    def _ask(self) -> None:
        while not self._end.wait(0.05):
            for server in self._servers:
                reply = asking(self._agent.at(server), "GET", "/api/email/")
                self._asked += 1
                if reply.status != 200:
                    self._failures.append(f"{reply.status} {reply.body!r}")


@contextmanager
def _leaving(held: Stream | Wait) -> Iterator[Stream | Wait]:
    try:
        yield held
    finally:
        held.close()


def _signed_in_again(owner: Owner) -> Owner:
    """The owner with a sign-in that was made after the old one had ended."""
    server = owner.servers[0]
    code = json.loads(server.run("signin-code", owner.email, "--json").stdout)["signin_code"]
    made = must(Http(server.url), "POST", "/api/auth/login/", {"signin_code": code})
    return replace(owner, access=made["access"], refresh=made["refresh"])
