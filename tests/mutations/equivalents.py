"""
What may be dropped although no test fails, each with the reason.

The key is `Site.name`: file, function, and the text that is dropped. If that occurs twice in one function, `#2` is
added for the second. An entry that is no site any more, or that a test does kill, is reported.
"""

_LATER = "a second end of what has ended: it stays ended, and only a count differs"
_RACE = "matters only when another request deletes it in between: then this one reports a success that changed nothing"
_SPARES = "spares a query: the database knows no such credential either"
_TWICE = "the same statement says it again about the rows that these are taken from"

EQUIVALENT: dict[str, str] = {
    "auth/sessions.py:Sessions.refresh: found.sign_in_id is None": "each refresh token has one; for the type checker",
    "auth/sessions.py:Sessions.refresh: not tokens.looks_right(token)": _SPARES,
    "auth/sessions.py:Sessions.authenticate: not tokens.looks_right(token)": _SPARES,
    "auth/storage.py:revoke_sign_ins: revoked_at IS NULL": _LATER,
    "auth/storage.py:revoke_sign_ins: revoked_at IS NULL #2": _LATER,
    "auth/storage.py:use_all_signin_codes: expires_at > :at": _LATER,
    "auth/storage.py:use_all_signin_codes: used_at IS NULL": _LATER,
    "contacts/service.py:Contacts.delete: not await storage.delete(tx, who.account_id, contact.id)": _RACE,
    "identities/acting.py:Acting.acting: who.bound": "the next line refuses as well, by another name",
    "mail/signing.py:Signing.address: who.identity.id if who.identity else 0": (
        "a bound credential ends with its identity, and of an attachment its own identity is asked"
    ),
    "phone/carriers/android/webhooks.py:verify: not signature": "the pattern below refuses an empty one, too",
    "phone/carriers/android/webhooks.py:verify: not timestamp": "the pattern below refuses an empty one, too",
    "phone/storage.py:list_conversations: account_id = :account": _TWICE,
    "phone/storage.py:list_conversations: m.account_id = :account": _TWICE,
    "sso/jws.py:Signer.opened: len(raw) != _SIGNATURE_BYTES": "Ed25519 refuses any other length, too",
    "vault/passwords_service.py:Passwords.update: old is None": _RACE,
    "vault/secrets_service.py:Secrets.delete: not await storage.delete(tx, who.account_id, found.id)": _RACE,
    "vault/totp_service.py:Totps.update: old is None": _RACE,
}
