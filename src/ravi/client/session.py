"""The blocking client."""

from __future__ import annotations

import time

from ravi.client.core import Compute, Core, Exchange, Pause, Together, Whole
from ravi.client.transport import Transport
from ravi.errors import RaviError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Any, Protocol

    from ravi.client.calls import Call
    from ravi.client.core import Step, Steps
    from ravi.client.nouns.audit import Audit
    from ravi.client.nouns.auth import Auth
    from ravi.client.nouns.contacts import Contacts
    from ravi.client.nouns.events import Events
    from ravi.client.nouns.fleets import Fleets
    from ravi.client.nouns.identities import Identities
    from ravi.client.nouns.keys import Keys
    from ravi.client.nouns.mail import Mail
    from ravi.client.nouns.own import Own
    from ravi.client.nouns.passwords import Passwords
    from ravi.client.nouns.secrets import Secrets
    from ravi.client.nouns.sms import Sms
    from ravi.client.nouns.sso import Sso
    from ravi.client.nouns.totp import Totp
    from ravi.client.nouns.vault import Vault
    from ravi.client.nouns.waiting import Waiting
    from ravi.client.nouns.webhooks import Webhooks
    from ravi.client.nouns.workspaces import Workspaces
    from ravi.settings.generic import T
    from ravi.settings.values import Settings
    from ravi.wire.events import Event

    class Run(Protocol):
        """How a noun has its steps done."""

        def __call__(self, steps: Callable[[Core], Steps[T]], /) -> T: ...


class Client:
    """
    Ravi for programs: `with Client() as ravi: print(ravi.own.email()["email"])`.

    Without *settings* they are resolved as for the CLI, from the environment and the files of this directory
    and user; *api_key*, *base_url* and *identity* (a uuid, or a name that only one identity has) beat what is
    found there. *timeout* is in seconds for each call; where a file is sent or received, for each piece of it. Holds
    one connection, made when it is first needed.

    May be shared by threads, whose calls then wait for one another, and is safe after a fork.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        identity: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._core = Core(settings_for(settings, api_key, base_url, identity), timeout)
        self._transport = Transport(self._core.server)

    @property
    def settings(self) -> Settings:
        """What this client goes by, each value with its source."""
        return self._core.settings

    def send(self, call: Call[T]) -> T:
        """
        Send *call*; the decoded answer, or None when it is empty (204).

        Raises `ravi.errors.RaviError`: NotSignedIn or IdentityRequired before anything is sent, RequestFailed
        when the call did not complete, Refused when the server refuses.
        """
        return self._run(lambda core: core.send(call))

    @property
    def identities(self) -> Identities:
        """The identities in reach."""
        from ravi.client.nouns.identities import Identities

        return Identities(self._run)

    @property
    def own(self) -> Own:
        """What the selected identity has."""
        from ravi.client.nouns.own import Own

        return Own(self._run)

    @property
    def keys(self) -> Keys:
        """API keys."""
        from ravi.client.nouns.keys import Keys

        return Keys(self._run)

    @property
    def auth(self) -> Auth:
        """Signing in and out."""
        from ravi.client.nouns.auth import Auth

        return Auth(self._run)

    @property
    def events(self) -> Events:
        """The event log."""
        from ravi.client.nouns.events import Events

        return Events(self._run)

    @property
    def audit(self) -> Audit:
        """The audit log."""
        from ravi.client.nouns.audit import Audit

        return Audit(self._run)

    @property
    def mail(self) -> Mail:
        """The selected identity's mail."""
        from ravi.client.nouns.mail import Mail

        return Mail(self._run)

    @property
    def sms(self) -> Sms:
        """The selected identity's texts."""
        from ravi.client.nouns.sms import Sms

        return Sms(self._run)

    @property
    def contacts(self) -> Contacts:
        """Whom the selected identity knows."""
        from ravi.client.nouns.contacts import Contacts

        return Contacts(self._run)

    @property
    def sso(self) -> Sso:
        """Proving to a service which identity this is."""
        from ravi.client.nouns.sso import Sso

        return Sso(self._run)

    @property
    def secrets(self) -> Secrets:
        """The selected identity's secrets."""
        from ravi.client.nouns.secrets import Secrets

        return Secrets(self._run)

    @property
    def passwords(self) -> Passwords:
        """The selected identity's passwords for sites."""
        from ravi.client.nouns.passwords import Passwords

        return Passwords(self._run)

    @property
    def totp(self) -> Totp:
        """The selected identity's seeds of one-time codes."""
        from ravi.client.nouns.totp import Totp

        return Totp(self._run)

    @property
    def vault(self) -> Vault:
        """The keys that open vaults: setting up, unlocking, changing, upgrading."""
        from ravi.client.nouns.vault import Vault

        return Vault(self._run)

    @property
    def wait(self) -> Waiting:
        """Waiting for codes, links and messages."""
        from ravi.client.nouns.waiting import Waiting

        return Waiting(self._run)

    @property
    def webhooks(self) -> Webhooks:
        """Having events posted to a URL."""
        from ravi.client.nouns.webhooks import Webhooks

        return Webhooks(self._run)

    @property
    def fleet(self) -> Fleets:
        """Many workspaces at once."""
        from ravi.client.nouns.fleets import Fleets

        return Fleets(self._run)

    @property
    def workspaces(self) -> Workspaces:
        """Directories with an identity of their own."""
        from ravi.client.nouns.workspaces import Workspaces

        return Workspaces(self._run)

    def stream(
        self,
        *,
        since: int | None = None,
        types: Sequence[str] | None = None,
        whole_account: bool = False,
        notice: Callable[[RaviError], None] | None = None,
    ) -> Iterator[Event]:
        """
        Events as they happen, for ever, oldest first: those behind *since* (the `seq` of the last one seen), or from
        now on.

        They are the selected identity's; with *whole_account* those of every identity in reach. A lost connection is
        made again, without losing an event or bringing one twice; *notice* is told why. Raises what is final.
        """
        from ravi.client.calls.events import stream
        from ravi.client.following import follow

        call = stream(types=types, whole_account=whole_account)
        return follow(self._run, self._core.server, call, since, self._core.timeout, notice)

    def close(self) -> None:
        """Close the connection. The client may be used again; it then makes a new one."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._core.server!r})"

    def _sibling(self) -> Client:
        """A client like this one, with a connection of its own."""
        other = Client(self._core.settings, timeout=self._core.timeout)
        other._core.credential = self._core.credential
        return other

    def _run(self, steps: Callable[[Core], Steps[T]]) -> T:
        """Do each step as it comes, hand back its outcome, and return the result of the last."""
        running = steps(self._core)
        try:
            step = next(running)
            while True:
                try:
                    outcome = self._do(step)
                except RaviError as error:  # the steps raise it again or deal with it
                    step = running.throw(error)
                else:
                    step = running.send(outcome)
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            running.close()  # Ctrl-C: whatever the steps hold is let go of now, before anybody cleans up after them

    def _do(self, step: Step) -> Any:
        if isinstance(step, Exchange):
            return self._transport.exchange(
                step.request, connect_by=step.connect_by, deadline=step.deadline, patience=step.patience
            )
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        if isinstance(step, Whole):
            from ravi.client.interrupts import deferred

            with deferred():
                return step.work()
        if isinstance(step, Compute):
            return step.work()
        if isinstance(step, Together):
            from ravi.client.together import outcomes

            return outcomes(self._sibling, step)
        from ravi.client.renewal import renew

        return renew(step.credential, self.send, force=step.force)


def settings_for(
    settings: Settings | None, api_key: str | None, base_url: str | None, identity: str | None
) -> Settings:
    """
    The settings of a client that was made with these arguments.

    Raises UsageError when *settings* come together with what they already contain.
    """
    if settings is None:
        from ravi.settings.client import resolve

        return resolve(identity=identity, server=base_url, api_key=api_key)
    if api_key is not None or base_url is not None or identity is not None:
        from ravi.errors import UsageError

        raise UsageError("a Client takes either settings or api_key, base_url and identity")
    return settings
