-- The vault. Texts that are called sealed are stored as they came and opened by nobody here; names that are looked up
-- (keys, domains, services) are readable. A revision begins at 1 and grows with every write of its row.
--
-- A uuid is unique within its identity only: clients choose it, because fields are sealed for it, and a uuid that an
-- identity was refused would tell it what its siblings hold.

-- How the account's root key is wrapped (format 2). The columns from 0001 are those of format 1.
ALTER TABLE encryption ADD COLUMN root_salt TEXT;
ALTER TABLE encryption ADD COLUMN wrapped_root TEXT;
ALTER TABLE encryption ADD COLUMN root_version {int} NOT NULL DEFAULT 0;

-- By this the server knows an identity's key without having it.
ALTER TABLE identities ADD COLUMN public_key TEXT;

CREATE TABLE secrets (
    id {id},
    uuid TEXT NOT NULL,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    key {ordered_text} NOT NULL,
    value TEXT NOT NULL,
    notes TEXT NOT NULL,
    revision {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    UNIQUE (identity_id, key),
    UNIQUE (identity_id, uuid)
) {options};
CREATE INDEX secrets_by_account ON secrets (account_id, id);
CREATE INDEX secrets_by_uuid ON secrets (account_id, uuid);
CREATE INDEX secrets_by_key ON secrets (account_id, key);

CREATE TABLE passwords (
    id {id},
    uuid TEXT NOT NULL,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    domain {ordered_text} NOT NULL,
    username TEXT NOT NULL,
    password TEXT NOT NULL,
    notes TEXT NOT NULL,
    site TEXT NOT NULL,
    revision {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    UNIQUE (identity_id, uuid),
    UNIQUE (identity_id, id)
) {options};
CREATE INDEX passwords_by_account ON passwords (account_id, id);
CREATE INDEX passwords_by_uuid ON passwords (account_id, uuid);
CREATE INDEX passwords_by_domain ON passwords (identity_id, domain);
CREATE INDEX passwords_by_domain_of_account ON passwords (account_id, domain);

-- What entries were before they changed. The reference is made of both columns, so that ending an entry finds its
-- versions by an index that starts with their owner.
CREATE TABLE password_versions (
    id {id},
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    password_id {int} NOT NULL,
    username TEXT NOT NULL,
    password TEXT NOT NULL,
    notes TEXT NOT NULL,
    revision {int} NOT NULL,
    replaced_at {int} NOT NULL,
    FOREIGN KEY (identity_id, password_id) REFERENCES passwords (identity_id, id) ON DELETE CASCADE
) {options};
CREATE INDEX password_versions_by_account ON password_versions (account_id, id);
CREATE INDEX password_versions_by_password ON password_versions (identity_id, password_id, id);

CREATE TABLE totps (
    id {id},
    uuid TEXT NOT NULL,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    service_name {ordered_text} NOT NULL,
    username TEXT NOT NULL,
    secret TEXT NOT NULL,
    revision {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    UNIQUE (identity_id, service_name),
    UNIQUE (identity_id, uuid)
) {options};
CREATE INDEX totps_by_account ON totps (account_id, id);
CREATE INDEX totps_by_uuid ON totps (account_id, uuid);
CREATE INDEX totps_by_service ON totps (account_id, service_name);
