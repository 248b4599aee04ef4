"""What goes wrong with a vault in a `vault_life.Life`: commands that fail in every way, requests that are nonsense."""

import base64
import json
import secrets
from pathlib import Path
from typing import Any

from tests.support.http import Http
from tests.support.journey import NOBODY, rewrite, saved_sign_in
from tests.support.vault_life import CHILD, Life
from tests.support.watch import Watched


def fail(life: Life) -> None:
    """Run every command so that it fails while it holds a secret in its hand."""
    fail_at_secrets(life, life.agent)
    fail_at_passwords(life, life.agent)
    fail_at_seeds(life, life.agent)
    fail_at_keys(life)
    fail_without_server(life, life.agent)
    fail_while_locked(life)


def fail_at_secrets(life: Life, agent: Watched) -> None:
    value = life.secret("refused value")
    agent.fails("secrets", "set", "no name!", "--stdin", stdin=value)
    agent.fails("secrets", "set", "A", "--file", life.file(value + "x" * 70_000))
    agent.fails("secrets", "set", "A", "--stdin", "--exact", "--file", life.file(value), stdin=value)
    binary = life.file("")
    Path(binary).write_bytes(value.encode() + b"\xff\xfe")
    agent.fails("secrets", "set", "A", "--file", binary)
    for text in (f"A='{value}", f"{value}=1\n", f"A={value}\nA={value}\n", value, f'A="${{{value}}}"\n'):
        agent.fails("secrets", "import", life.file(text))
    for document in (f'{{"A": "{value}"', json.dumps({"A": [value]}), json.dumps([value]), json.dumps({value: "x"})):
        agent.fails("secrets", "import", "-", "--format", "json", stdin=document)
    agent.fails("secrets", "export", "--format", "docker")  # one value has several lines
    agent.fails("secrets", "export", "--only", "FIRST,NONE")
    agent.fails("secrets", "get", "NONE")
    agent.fails("secrets", "delete", "NONE")
    agent.fails("secrets", "get", "FIRST", "SECOND", "--plain")
    agent.fails("run", "--only", "NONE", "--", *CHILD)


def fail_at_passwords(life: Life, agent: Watched) -> None:
    password = life.secret("refused password")
    agent.fails("passwords", "create", "bank.example", "--password-stdin", stdin=f"{password}\nand more")
    agent.fails("passwords", "create", "no site", "--password-stdin", stdin=password)
    agent.fails("passwords", "create", "bank.example", "--password-stdin", "--generate", stdin=password)
    agent.fails("passwords", "update", NOBODY, "--password-stdin", stdin=password)
    agent.fails("passwords", "update", "bank.example")
    agent.fails("passwords", "get", "nowhere.example")
    two = life.secret("password of two")
    for _ in range(2):
        agent.ok("passwords", "create", "two.example", "--password-stdin", stdin=two, shows=["password of two"])
    for verb in ("get", "history", "delete"):
        agent.fails("passwords", verb, "two.example")


def fail_at_seeds(life: Life, agent: Watched) -> None:
    seed = life.secret("refused seed", base64.b32encode(secrets.token_bytes(20)).decode())
    uris = (
        f"no base 32: {seed}!",
        f"otpauth://hotp/x?secret={seed}&counter=1",
        f"otpauth://totp/x?secret={seed}&digits=99",
        f"otpauth-migration://offline?data={seed}",
        f"steam://{seed}",
        f"https://example.com/{seed}",
    )
    for text in uris:
        agent.fails("totp", "add", "new", "--stdin", stdin=text)
    agent.fails("totp", "add", "bank", "--stdin", stdin=seed)  # there is one
    agent.fails("totp", "add", "new", "--stdin", "--digits", "5", stdin=seed)
    agent.fails("totp", "code", "new")
    agent.fails("totp", "delete", "new")


def fail_at_keys(life: Life) -> None:
    """Keys that are none, keys of somebody else, and PINs and codes that are no good."""
    owner, pin = life.owner, life.pin
    text = life.secret("text in the place of a key")
    config = life.agent.cli.cwd / ".ravi" / "config.json"
    before = config.read_text()
    rewrite(config, vault_key=text)
    life.agent.fails("secrets", "get", "FIRST")
    owner.cli.ok("identity", "create", "--name", "sibling")
    foreign = owner.cli.ok("vault", "key", "--identity", "sibling", "--plain").stdout.strip()
    life.watch.secret_bytes("sibling's identity key", base64.b64decode(foreign))
    rewrite(config, vault_key=foreign)
    for words in (
        ("secrets", "export"),
        ("secrets", "set", "A", "--stdin"),
        ("vault", "key"),
        ("totp", "code", "bank"),
    ):
        life.agent.fails(*words, stdin=text)
    config.write_text(before)
    life.agent.fails("vault", "key", "--identity", "sibling")
    life.agent.fails("unlock", *pin)

    for bad in (text + "y" * 2000, f"\x07{text}"):
        owner.fails("auth", "change-pin", *pin, "--new-pin-file", life.file(bad))
    not_utf8 = life.file("")
    Path(not_utf8).write_bytes(text.encode() + b"\xff")
    owner.fails("unlock", "--pin-file", not_utf8)
    for code in (
        text,
        text + "?",
        life.secret("code of somebody else", "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ-0000"),
    ):
        owner.fails("unlock", *pin, "--recovery-code-file", life.file(code))
    auth_file = owner.cli.home / ".ravi" / "auth.json"
    before = auth_file.read_text()
    for name in ("root_key", "secret_key", "legacy_key"):
        rewrite(auth_file, **{name: text})
        owner.at(RAVI_IDENTITY=life.uuid).fails("secrets", "get", "FIRST" if name != "secret_key" else "NONE")
        owner.fails("auth", "recovery-code", *life.new_pin(f"PIN beside a damaged {name}"))
        auth_file.write_text(before)
    auth_file.write_text(before[:-20])
    owner.fails("unlock", *pin)
    auth_file.write_text(before)


def fail_without_server(life: Life, agent: Watched) -> None:
    lost = agent.at(RAVI_API_URL="http://127.0.0.1:1")
    for words in (("secrets", "set", "A", "--stdin"), ("passwords", "create", "x.example", "--password-stdin")):
        lost.fails(*words, stdin=life.secret(f"text for {words[0]} that never arrived"))


def fail_while_locked(life: Life) -> None:
    life.owner.ok("lock")
    locked = life.owner.at(RAVI_IDENTITY=life.uuid)
    text = life.secret("text that could not be sealed")
    for words in (
        ("secrets", "set", "A", "--stdin"),
        ("secrets", "get", "FIRST"),
        ("secrets", "export"),
        ("secrets", "import", life.file(f"A={text}\n")),
        ("passwords", "create", "x.example", "--password-stdin"),
        ("passwords", "get", "bank.example"),
        ("passwords", "update", "bank.example", "--password-stdin"),
        ("totp", "add", "new", "--stdin"),
        ("totp", "code", "bank"),
        ("run", "--", *CHILD),
        ("vault", "key"),
    ):
        locked.fails(*words, stdin="JBSWY3DPEHPK3PXP" if words[0] == "totp" else text)
    locked.ok("passwords", "list")
    locked.ok("secrets", "list")
    life.owner.ok("unlock", *life.pin)


def misuse(life: Life) -> None:
    """Send secrets to every route of the vault, where they do not belong; the refusals must not repeat them."""
    saved = saved_sign_in(life.owner.cli)
    config = json.loads((life.agent.cli.cwd / ".ravi" / "config.json").read_text())
    http = Http(life.server.url, saved["access_token"])
    own = Http(life.server.url, config["identity_key"])
    there = {path: own.get(path).json[0]["uuid"] for path in ("/api/secrets/", "/api/passwords/", "/api/mfa/")}
    texts = [life.secret("text in a request"), saved["secret_key"], saved["root_key"], config["vault_key"]]
    for text in texts:
        for client in (http, own):
            for method, path, body in requests_with(text, there):
                life.watch.refused(client.send(method, path, body))
            for path in ("/api/secrets/", "/api/passwords/", "/api/mfa/"):
                life.watch.refused(client.get(f"{path}{text.replace('/', '')}/"))
                life.watch.refused(client.get(path, headers={"X-Ravi-Identity": text}))
                life.watch.refused(client.post(path, raw=b'{"value": "' + text.encode()))
                life.watch.refused(client.post(path, {"value": text}, headers={"Idempotency-Key": text}))
                life.watch.refused(client.holding(text).get(path))


def requests_with(text: str, there: dict[str, str]) -> list[tuple[str, str, Any]]:
    """Requests that hold *text* in places of every kind; none of them is any good."""
    found: list[tuple[str, str, Any]] = []
    fields = {
        "/api/secrets/": ("key", "value", "notes", "sealed_for", "identity", "revision"),
        "/api/passwords/": ("uuid", "domain", "username", "password", "notes", "site", "sealed_for", "identity"),
        "/api/mfa/": ("uuid", "service_name", "username", "secret", "sealed_for", "identity"),
    }
    for path, names in fields.items():
        sealed = {"/api/secrets/": "value", "/api/passwords/": "password", "/api/mfa/": "secret"}[path]
        for name in names:
            for value in (text, [text], {text: text}, "e2e2::" + text):
                body = {sealed: text, name: value}
                found += [("POST", path, body), ("PATCH", f"{path}{there[path]}/", body)]
        found.append(("POST", path, text))
        found.append(("POST", path, {text: text}))
    found += [
        ("PUT", "/api/secrets/A/", {"value": text}),
        ("PUT", "/api/secrets/A/", {"value": "e2e::" + text}),
        ("PUT", "/api/secrets/", {"secrets": [{"key": "A", "value": text}]}),
        ("PUT", "/api/secrets/", {"secrets": [{"key": text, "value": text}]}),
        ("PATCH", "/api/encryption/", {"salt": text, "public_key": text, "verifier": text}),
        ("PUT", "/api/encryption/root/", {"root_salt": text, "wrapped_root": text, "expected_version": 1}),
        ("PUT", "/api/encryption/root/", {"root_salt": text, "wrapped_root": text, "expected_version": text}),
        ("PUT", "/api/vault/public-keys/", {"public_keys": {text: text}}),
        ("PUT", "/api/vault/public-keys/", {"public_keys": {NOBODY: text}}),
        ("GET", f"/api/vault/sealed/?after={text.replace('+', '')}", None),
        ("PUT", "/api/vault/sealed/", {"records": [{"record": text, "revision": 1, "fields": {"value": text}}]}),
        ("POST", "/api/identities/", {"uuid": text, "public_key": text}),
    ]
    return found
