"""What the attacker tries with things that need no credential by themselves: sealed values, and signed addresses."""

from collections.abc import Iterator
from typing import Any

from tests.drills.attempt import Attempt, ask
from tests.drills.victims import Town, Victim


def vault(town: Town, others: dict[str, Victim]) -> Iterator[Attempt]:
    yield Attempt("opening a value of its own", _opening(town.agent, town.agent), ("exit 0",), town.own_secret)
    yield Attempt("the account's wrapped root", ask("GET", "/api/encryption/"), ("200",))
    for method, path in (
        ("PUT", "/api/encryption/root/"),
        ("PATCH", "/api/encryption/"),
        ("GET", "/api/vault/sealed/"),
    ):
        yield Attempt(f"{method} {path}, to rewrap", ask(method, path, {} if method != "GET" else None), ("403",))
    key = "A" * 43 + "="
    for whose, victim in {**others, "itself": town.agent}.items():
        register = {"public_keys": {victim.uuid: key}}
        yield Attempt(f"another public key for {whose}", ask("PUT", "/api/vault/public-keys/", register), ("403",))
    for whose, victim in others.items():
        change = ask("PATCH", f"/api/identities/{victim.uuid}/", {"public_key": key})
        yield Attempt(f"a public key by changing {whose}", change, ("404",))
        for place in (victim, town.agent):
            name = f"opening a stolen value of {whose} as of {place.name}"
            yield Attempt(name, _opening(victim, place), ("exit 7",))


#: Opens a sealed value with whatever the vault key of the workspace yields. Exit 7: it does not open.
_OPENING = """
import base64, hashlib, json
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as open_
from nacl.exceptions import CryptoError
data = base64.b64decode(SEALED.partition('::')[2])
said = b''.join(len(part.encode()).to_bytes(4, 'big') + part.encode() for part in ['ravi/2/field', *PLACE])
given = base64.b64decode(json.load(open('.ravi/config.json'))['vault_key'])
def derive(key, label, more=b''):
    return hashlib.blake2b(b'ravi/2/' + label + b'\\0' + more, key=key, digest_size=32).digest()
for key in (given, derive(given, b'vault'), derive(derive(given, b'identity', PLACE[0].encode()), b'vault')):
    try:
        print(open_(data[24:], said, data[:24], key).decode(errors='replace'))
        raise SystemExit(0)
    except CryptoError:
        pass
raise SystemExit(7)
"""


def _opening(victim: Victim, place: Victim) -> dict[str, Any]:
    """Open a value of *victim*, which was stolen elsewhere, as if it were one of *place*."""
    bound_to = [place.uuid, "secret", f"{victim.name.upper().replace('-', '_')}_TOKEN", "value"]
    return {"code": _OPENING.replace("SEALED", repr(victim.sealed)).replace("PLACE", repr(bound_to))}


#: Gets its own attachment, and then others by changing the address. Exit 7: nothing but the first.
_CHANGING = """
import json, re, urllib.request as u, urllib.error as e
c = json.load(open('.ravi/config.json'))
def get(path, token=True):
    r = u.Request(path if path.startswith('http') else c['server'] + path)
    if token:
        r.add_header('Authorization', 'Bearer ' + c['identity_key'])
    return u.urlopen(r).read().decode()
(file,) = json.loads(get('/api/email-messages/' + OWN + '/'))['attachments']
url = file['download_url']
assert get(url, False)
theirs = url.replace(file['uuid'], THEIRS)
changed = [
    theirs, theirs.replace('download/', 'upload/'), url.replace('download/', 'upload/'),
    re.sub('expires=[0-9]+', 'expires=9999999999', url), re.sub('by=[0-9.]+', 'by=1.1.1', url), url + '&by=1.0.1',
    url.replace('&by=', '&by=1.1.1&by='), re.sub('&by=[^&]*', '', url), re.sub('signature=.*', 'signature=', url),
]
for each in changed:
    assert each != url, each
    try:
        said = get(each, False)
    except e.HTTPError as problem:
        assert problem.code < 500, each
    else:
        print(each, said)
        raise SystemExit(0)
raise SystemExit(7)
"""


def addresses(town: Town, others: dict[str, Victim]) -> Iterator[Attempt]:
    """Signed addresses: the attacker has one of its own, and changes it."""
    for whose, victim in others.items():
        mine, theirs = town.agent.refs["message_ref"], victim.refs["attachment_uuid"]
        code = _CHANGING.replace("OWN", repr(mine)).replace("THEIRS", repr(theirs))
        yield Attempt(f"a signed address, changed to {whose}", {"code": code}, ("exit 7",))
