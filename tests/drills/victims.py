"""Who is attacked: a sibling and somebody in another account, with things of every kind, all of them recognisable."""

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.drills.ground import Owner, asking, attachment_of, deliver, must, new_owner
from tests.support.cli import Cli
from tests.support.http import Http
from tests.support.journey import saved_sign_in
from tests.support.server import Server
from tests.support.vault_agents import unlocked_owner

#: A uuid and the like that nobody has.
NONSENSE = "00000000-0000-4000-8000-000000000000"
PARAMETERS = (
    "identity_uuid", "key_uuid", "secret_ref", "entry_uuid", "totp_ref", "thread_id", "message_ref", "attachment_uuid",
    "contact_uuid", "webhook_ref", "delivery_ref", "text_ref", "conversation_id", "upload_uuid",
)  # fmt: skip


@dataclass
class Victim:
    """
    Somebody's identity. `refs` are what paths of the API call its things, `words` what nobody else may see.
    """

    name: str
    uuid: str
    email: str
    phone: str
    refs: dict[str, Any] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    sealed: str = ""
    """A sealed value as the server holds it."""


def nobody() -> Victim:
    """What does not exist."""
    refs: dict[str, Any] = dict.fromkeys(PARAMETERS, NONSENSE) | {"inbox_id": 999999, "number_id": 999999}
    return Victim("no-such-identity", NONSENSE, "nobody@in.ravi.localhost", "+15005559999", refs)


def furnish(server: Server, owner: Owner, cli: Cli, name: str, workspace: Path | None = None) -> tuple[Victim, str]:
    """Make an identity that has one of everything, for *workspace* if there is one; return it, and its key."""
    if workspace is None:
        made = cli.json("identity", "create", "--name", name, "--with-key")
    else:
        workspace.mkdir()
        cli.ok("workspace", "ensure", workspace, "--name", name)
        config = json.loads((workspace / ".ravi" / "config.json").read_text())
        made = {**cli.json("identity", "show", config["identity_uuid"]), "api_key": config["identity_key"]}
    acting = cli.at(RAVI_IDENTITY=made["uuid"])
    at = Http(server.url, made["api_key"])
    victim = Victim(name, made["uuid"], made["inbox"], made["phone_number"] or made["phone"])
    word = f"{name}-saw-this"
    acting.ok("secrets", "set", f"{name.upper().replace('-', '_')}_TOKEN", "--stdin", stdin=word)
    acting.ok("passwords", "create", f"{name}.example", "--username", f"user-of-{name}", "--generate")
    acting.ok("totp", "add", f"totp-of-{name}", "--secret", "JBSWY3DPEHPK3PXP")
    deliver(
        server, victim.email, f"subject for {name}", f"body for {name}", file=f"file for {name}".encode(),
        sender=f"friend@{name}.example",
    )  # fmt: skip
    attachment = attachment_of(_Reader(at), server, f"subject for {name}")
    (message,) = must(at, "GET", "/api/email-messages/")
    must(
        owner.at(server), "POST", "/api/messages/simulate/",
        {"to": victim.phone, "from_number": "22395", "body": f"text for {name}"},
    )  # fmt: skip
    (text,) = must(at, "GET", "/api/messages/")
    (contact, *_) = must(at, "GET", "/api/contacts/")
    hook = must(at, "POST", "/api/webhook-subscriptions/", {"url": f"https://{name}.example/hook", "enabled": False})
    (secret,) = must(at, "GET", "/api/secrets/")
    (entry,) = must(at, "GET", "/api/passwords/")
    (totp,) = must(at, "GET", "/api/mfa/")
    (key,) = must(at, "GET", "/api/auth/keys/identity/")
    upload = {"filename": "up.txt", "content_type": "text/plain", "size": 5}
    announced = must(at, "POST", "/api/email-attachments/presign/", upload)
    asking(at.holding(None), "PUT", "/" + announced["upload_url"].split("/", 3)[3], raw=b"12345")
    victim.sealed = secret["value"]
    victim.refs = {
        "identity_uuid": victim.uuid, "key_uuid": key["uuid"], "secret_ref": secret["uuid"],
        "entry_uuid": entry["uuid"], "totp_ref": totp["uuid"], "thread_id": message["thread_id"],
        "message_ref": message["uuid"], "attachment_uuid": attachment["uuid"], "contact_uuid": contact["uuid"],
        "webhook_ref": hook["uuid"], "delivery_ref": NONSENSE, "text_ref": text["uuid"],
        "conversation_id": text["conversation_id"], "upload_uuid": announced["uuid"],
        "inbox_id": must(at, "GET", "/api/email/")[0]["id"], "number_id": must(at, "GET", "/api/phone/")[0]["id"],
    }  # fmt: skip
    victim.words = {name, name.upper().replace("-", "_"), victim.phone, victim.sealed, victim.uuid, made["api_key"]}
    victim.words |= {str(ref) for key, ref in victim.refs.items() if len(str(ref)) > 20 and ref != NONSENSE}
    return victim, made["api_key"]


class _Reader:
    """As much of an agent as `attachment_of` asks for."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def at(self, _: Server) -> Http:
        return self._http


@dataclass
class Town:
    """The owner, whose agent was taken over, and those whom its attacker must not reach."""

    owner: Cli
    agent: Victim
    sibling: Victim
    foreign: Victim
    workspace: Path
    server: str
    own_secret: str
    secrets: dict[str, str]
    """What is the owner's alone: tokens, PIN, recovery code, root."""


def settle(server: Server, folder: Path) -> Town:
    """People a town below *folder*, and make the workspace that is to be handed over."""
    homes = {}
    for name in ("owner", "neighbour"):
        homes[name] = folder / f"home-of-{name}"
        homes[name].mkdir(mode=0o700)
    cli = unlocked_owner(server, Cli(homes["owner"]), "owner@example.com")
    saved = saved_sign_in(cli)
    owner = Owner("owner@example.com", saved["access_token"], saved["refresh_token"], [server])
    other_cli = unlocked_owner(server, Cli(homes["neighbour"]), "neighbour@example.com")
    theirs = saved_sign_in(other_cli)
    other = Owner("neighbour@example.com", theirs["access_token"], theirs["refresh_token"], [server])
    sibling, _ = furnish(server, owner, cli, "wombat-sibling")
    foreign, _ = furnish(server, other, other_cli, "quokka-foreign")
    workspace = folder / "workspace"
    agent, _ = furnish(server, owner, cli, "taken-over", workspace)
    (workspace / ".ravi" / "old.json").write_text(json.dumps(_old_credentials(server, owner, agent)))
    secrets = {
        "owner's access token": saved["access_token"],
        "owner's refresh token": saved["refresh_token"],
        "recovery code": saved["secret_key"],
        "neighbour's access token": theirs["access_token"],
    }
    return Town(cli, agent, sibling, foreign, workspace, server.url, "taken-over-saw-this", secrets)


def _old_credentials(server: Server, owner: Owner, agent: Victim) -> dict[str, str]:
    """What may lie about in a workspace, and none of which is good any more."""
    old: dict[str, str] = {}
    for label, more in (("revoked", {}), ("expired", {"ttl_seconds": 1})):
        made = must(
            owner.http, "POST", "/api/auth/keys/identity/", {"identity_uuid": agent.uuid, "label": label, **more}
        )
        old[f"{label} key"] = made["key"]
        if label == "revoked":
            old["token bound by a revoked key"] = must(
                Http(server.url, made["key"]), "POST", "/api/auth/bind-identity/", {"identity": agent.uuid}
            )["access"]
            must(owner.http, "DELETE", f"/api/auth/keys/identity/{made['uuid']}/")
    manager = must(owner.http, "POST", "/api/auth/keys/management/", {"label": "old"})
    must(owner.http, "DELETE", f"/api/auth/keys/management/{manager['uuid']}/")
    gone = owner.hire("gone")
    must(owner.http, "DELETE", f"/api/identities/{gone.uuid}/")
    signed_out = new_owner([server], "former")
    must(signed_out.http, "POST", "/api/auth/logout/")
    return old | {
        "revoked management key": manager["key"],
        "key of a deleted identity": gone.token,
        "token of an ended sign-in": signed_out.access,
        "refresh token of an ended sign-in": signed_out.refresh,
        "made up key": f"ravi_id_{uuid.uuid4().hex}{uuid.uuid4().hex}"[:59],
    }
