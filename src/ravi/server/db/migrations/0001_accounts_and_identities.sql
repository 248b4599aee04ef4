-- Times are microseconds since 1970 UTC. Secrets are kept as SHA-256 only.
-- Every tenant row carries account_id, and every index starts with it or with identity_id, except the few
-- that answer "who is this?" from a secret or an address.

CREATE TABLE accounts (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    password_hash TEXT,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL
) {options};

CREATE TABLE domains (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} REFERENCES accounts (id),
    domain TEXT NOT NULL UNIQUE,
    is_default {int} NOT NULL,
    created_at {int} NOT NULL
) {options};

CREATE TABLE identities (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL REFERENCES accounts (id),
    name {ordered_text} NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    labels TEXT NOT NULL,
    workspace_host TEXT,
    workspace_path TEXT,
    expires_at {int},
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL
) {options};
CREATE INDEX identities_by_account ON identities (account_id, id);
CREATE INDEX identities_by_name ON identities (account_id, name);
-- The reaper asks for what has expired, whoever owns it.
CREATE INDEX identities_by_end ON identities (expires_at) WHERE expires_at IS NOT NULL;

-- The same labels as on the identity's row, kept apart to be found by.
CREATE TABLE identity_labels (
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    account_id {int} NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (identity_id, key)
) {options};
CREATE INDEX identity_labels_by_value ON identity_labels (account_id, key, value);

-- What remains of a deleted identity: the receipt, and the proof that its uuid was ours.
CREATE TABLE deleted_identities (
    uuid TEXT PRIMARY KEY,
    account_id {int} NOT NULL REFERENCES accounts (id),
    receipt TEXT NOT NULL,
    deleted_at {int} NOT NULL
) {options};

-- Addresses and numbers outlive their identity as tombstones (identity_id null): never given out twice.
CREATE TABLE addresses (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} UNIQUE REFERENCES identities (id) ON DELETE SET NULL,
    address TEXT NOT NULL UNIQUE,
    created_at {int} NOT NULL,
    released_at {int}
) {options};
CREATE INDEX addresses_by_account ON addresses (account_id, id);

CREATE TABLE numbers (
    id {id},
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} UNIQUE REFERENCES identities (id) ON DELETE SET NULL,
    carrier TEXT NOT NULL,
    number TEXT UNIQUE,
    created_at {int} NOT NULL,
    released_at {int}
) {options};
CREATE INDEX numbers_by_account ON numbers (account_id, id);

-- One sign-in is one family of access and refresh tokens; revoking it ends them all.
CREATE TABLE sign_ins (
    id {id},
    account_id {int} NOT NULL REFERENCES accounts (id),
    label TEXT NOT NULL,
    created_at {int} NOT NULL,
    revoked_at {int}
) {options};
CREATE INDEX sign_ins_by_account ON sign_ins (account_id, id);

CREATE TABLE credentials (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} REFERENCES identities (id) ON DELETE CASCADE,
    sign_in_id {int} REFERENCES sign_ins (id),
    kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh', 'management', 'identity')),
    hash {bytes} NOT NULL UNIQUE,
    label TEXT NOT NULL,
    masked TEXT NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int},
    revoked_at {int},
    used_at {int},
    last_used_at {int}
) {options};
CREATE INDEX credentials_by_account ON credentials (account_id, kind, id);
CREATE INDEX credentials_by_identity ON credentials (identity_id, id);
CREATE INDEX credentials_by_sign_in ON credentials (sign_in_id, kind);

CREATE TABLE signin_codes (
    id {id},
    account_id {int} NOT NULL REFERENCES accounts (id),
    hash {bytes} NOT NULL UNIQUE,
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    used_at {int}
) {options};
CREATE INDEX signin_codes_by_account ON signin_codes (account_id, id);

CREATE TABLE device_grants (
    id {id},
    device_hash {bytes} NOT NULL UNIQUE,
    user_code TEXT NOT NULL UNIQUE,
    hostname TEXT NOT NULL,
    workspace TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'redeemed')),
    account_id {int} REFERENCES accounts (id),
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    redeemed_at {int},
    answer {bytes}
) {options};
CREATE INDEX device_grants_by_end ON device_grants (expires_at);

CREATE TABLE web_sessions (
    id {id},
    account_id {int} NOT NULL REFERENCES accounts (id),
    hash {bytes} NOT NULL UNIQUE,
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL
) {options};
CREATE INDEX web_sessions_by_account ON web_sessions (account_id, id);

-- Counts attempts per subject in fixed windows; one atomic upsert each.
CREATE TABLE attempts (
    subject TEXT PRIMARY KEY,
    window_start {int} NOT NULL,
    count {int} NOT NULL
) {options};

-- The answer to a create, kept with it. Sealed under the client's own key, of which only a hash is here.
CREATE TABLE idempotency (
    account_id {int} NOT NULL REFERENCES accounts (id),
    key_hash {bytes} NOT NULL,
    request_hash {bytes} NOT NULL,
    status {int} NOT NULL,
    answer {bytes} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (account_id, key_hash)
) {options};
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE encryption (
    id {id},
    account_id {int} NOT NULL UNIQUE REFERENCES accounts (id),
    salt TEXT,
    verifier TEXT,
    public_key TEXT,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL
) {options};

-- Append-only; `seq` is the cursor of replay and streams.
CREATE TABLE events (
    seq {id},
    id TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} REFERENCES identities (id) ON DELETE CASCADE,
    identity_uuid TEXT,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at {int} NOT NULL
) {options};
CREATE INDEX events_by_account ON events (account_id, seq);
CREATE INDEX events_by_identity ON events (identity_id, seq);
