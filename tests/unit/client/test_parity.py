"""The blocking and the asynchronous client offer the same."""

import inspect
import typing
from collections.abc import Callable

import pytest

from ravi import AsyncClient, Client
from ravi.client.nouns import (
    audit,
    auth,
    contacts,
    events,
    fleets,
    identities,
    keys,
    mail,
    own,
    passwords,
    secrets,
    sms,
    sso,
    totp,
    vault,
    waiting,
    webhooks,
    workspaces,
)

NOUNS = {
    "audit": (audit.Audit, audit.AsyncAudit),
    "auth": (auth.Auth, auth.AsyncAuth),
    "contacts": (contacts.Contacts, contacts.AsyncContacts),
    "events": (events.Events, events.AsyncEvents),
    "fleet": (fleets.Fleets, fleets.AsyncFleets),
    "identities": (identities.Identities, identities.AsyncIdentities),
    "keys": (keys.Keys, keys.AsyncKeys),
    "mail": (mail.Mail, mail.AsyncMail),
    "own": (own.Own, own.AsyncOwn),
    "passwords": (passwords.Passwords, passwords.AsyncPasswords),
    "secrets": (secrets.Secrets, secrets.AsyncSecrets),
    "sms": (sms.Sms, sms.AsyncSms),
    "sso": (sso.Sso, sso.AsyncSso),
    "totp": (totp.Totp, totp.AsyncTotp),
    "vault": (vault.Vault, vault.AsyncVault),
    "wait": (waiting.Waiting, waiting.AsyncWaiting),
    "webhooks": (webhooks.Webhooks, webhooks.AsyncWebhooks),
    "workspaces": (workspaces.Workspaces, workspaces.AsyncWorkspaces),
}


def public(cls: type) -> dict[str, object]:
    return {name: value for name, value in vars(cls).items() if not name.startswith("_")}


def test_both_clients_have_the_same_attributes_and_arguments() -> None:
    assert public(Client).keys() == public(AsyncClient).keys()
    assert inspect.signature(Client.__init__) == inspect.signature(AsyncClient.__init__)
    assert {name for name, value in public(Client).items() if isinstance(value, property)} == {*NOUNS, "settings"}


def test_every_noun_is_compared_here() -> None:
    for name, (blocking, asynchronous) in NOUNS.items():
        assert isinstance(getattr(Client, name), property)
        assert typing.cast("property", getattr(Client, name)).fget.__annotations__["return"] == blocking.__name__
        assert (
            typing.cast("property", getattr(AsyncClient, name)).fget.__annotations__["return"] == asynchronous.__name__
        )


@pytest.mark.parametrize(("blocking", "asynchronous"), NOUNS.values(), ids=NOUNS)
def test_a_noun_has_the_same_methods_with_the_same_signatures(blocking, asynchronous) -> None:
    assert public(blocking).keys() == public(asynchronous).keys()
    for name, method in public(blocking).items():
        twin = vars(asynchronous)[name]
        assert inspect.iscoroutinefunction(twin), name
        assert not inspect.iscoroutinefunction(method), name
        # Annotations are strings here, so equal signatures are equal down to the type of the answer.
        assert inspect.signature(typing.cast("Callable", method)) == inspect.signature(twin), name


def test_every_method_of_the_blocking_nouns_is_described() -> None:
    for blocking, _ in NOUNS.values():
        for name, method in public(blocking).items():
            assert inspect.getdoc(method), f"{blocking.__name__}.{name}"
