"""
What may be dropped although no test fails, each with the reason.

The key is `Site.name`: file, function, and the text that is dropped. If that occurs twice in one function, `#2` is
added for the second. An entry that is no site any more, or that a test does kill, is reported.
"""

_LATER = "a second end of what has ended: it stays ended, and only the moment that nobody asks for differs"
_SPARES = "spares a query: the database knows no such credential either"
_TWICE = "the same statement says it again about the rows that these are taken from"
_BY_ITS_ROW = "the row that it belongs to is named by its id, and that one is looked for as whose it is"
_ANOTHER_PLAN = "the same statement says it of the rows themselves; here it is said for an index that begins otherwise"
_OTHER_WORDS = "what follows refuses as well, in other words"
_MARKED = (
    "for PostgreSQL's index: each word is marked with its identity, and the same statement says it of the messages"
)

EQUIVALENT: dict[str, str] = {
    "auth/service.py:Auth.check_password: found is None": "without a hash no password fits; for the type checker",
    "auth/sessions.py:Sessions.authenticate: not tokens.looks_right(token)": _SPARES,
    "auth/sessions.py:Sessions.refresh: found.sign_in_id is None": "each refresh token has one; for the type checker",
    "auth/sessions.py:Sessions.refresh: not tokens.looks_right(token)": _SPARES,
    "auth/storage.py:use_all_signin_codes: expires_at > :at": _LATER,
    "auth/storage.py:use_all_signin_codes: used_at IS NULL": _LATER,
    "contacts/storage.py:find: account_id = :account #2": _ANOTHER_PLAN,
    "http/principal.py:Principal.require_scope: self.bound": _OTHER_WORDS,
    "identities/holdings.py:list_to_return: released_at IS NOT NULL": (
        "NULL is before no time; it is said for the index, which has no other rows"
    ),
    "identities/storage.py:list_: l.account_id = :account": _BY_ITS_ROW,
    "login/device.py:DeviceFlow._again: grant.answer is None": (
        "an answer is dropped when the minute is over that the other reason is about; for the type checker"
    ),
    "mail/outbox_storage.py:take_back: state = 'queued'": "what has ended has no next try, and this is about those",
    "mail/search.py:condition: s.account_id = :account": _MARKED,
    "mail/search.py:condition: s.identity_id = :identity": _MARKED,
    "mail/service.py:Mail._owner_of_inbox: mailbox.account_id != account_id": (
        "the caller of this asks next whether the account has that identity"
    ),
    "mail/service.py:Mail.acting_at: who.identity is None": _OTHER_WORDS,
    "mail/storage.py:_attachments: t.account_id = m.account_id": _BY_ITS_ROW,
    "mail/storage.py:_attachments: t.identity_id = m.identity_id": _BY_ITS_ROW,
    "mail/storage.py:_deliveries: d.account_id = m.account_id": _BY_ITS_ROW,
    "mail/storage.py:_deliveries: d.identity_id = m.identity_id": _BY_ITS_ROW,
    "mail/storage.py:list_: account_id = :account": _ANOTHER_PLAN,
    "mail/threads.py:list_threads: account_id = :account #2": _ANOTHER_PLAN,
    "mail/threads.py:list_threads: f.account_id = :account": _BY_ITS_ROW,
    "mail/threads.py:list_threads: f.identity_id = m.identity_id": _BY_ITS_ROW,
    "mail/threads.py:list_threads: m.account_id = :account": _TWICE,
    "mail/threads.py:list_threads: m.account_id = :account #2": _TWICE,
    "phone/storage.py:list_: account_id = :account": _ANOTHER_PLAN,
    "phone/storage.py:list_conversations: account_id = :account": _ANOTHER_PLAN,
    "phone/storage.py:list_conversations: m.account_id = :account": _TWICE,
    "sso/claims.py:read: len(token) > LONGEST": "spares the work: we sign nothing so long, and the signature is next",
    "sso/jws.py:Signer.opened: len(raw) != _SIGNATURE_BYTES": "Ed25519 refuses any other length, too",
    "vault/passwords_storage.py:keep_version: identity_id = :identity #2": _BY_ITS_ROW,
    "vault/sealed_storage.py:TABLES: p.identity_id = r.identity_id": _BY_ITS_ROW,
    "waiting/storage.py:list_candidates: h.identity_id = m.identity_id": _BY_ITS_ROW,
    "webhooks/storage.py:_delivery_filter: d.identity_id = :identity": (
        "a webhook of the identity, which is asked for as well, is told about nobody else"
    ),
}
