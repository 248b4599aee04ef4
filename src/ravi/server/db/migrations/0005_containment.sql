-- Proofs of identities that services were or may be shown, until they end. There is only a hash of each, so that a copy
-- of this database, which holds the key, makes none that passes. The credential is that which has asked for the token.
CREATE TABLE sso_tokens (
    hash {bytes} PRIMARY KEY,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    credential_id {int} NOT NULL,
    sign_in_id {int},
    expires_at {int} NOT NULL,
    used_at {int}
) {options};
CREATE INDEX sso_tokens_by_identity ON sso_tokens (identity_id);
CREATE INDEX sso_tokens_by_end ON sso_tokens (expires_at);

-- Who did what: only ever appended to, and `hash` chains each row to the one before it. No reference to anything, because
-- rows stay when what they are about is gone. The head says where an account's log ends, so that a missing end shows.
CREATE TABLE audit (
    account_id {int} NOT NULL,
    seq {int} NOT NULL,
    at {int} NOT NULL,
    kind TEXT NOT NULL,
    credential TEXT NOT NULL,
    action TEXT NOT NULL,
    identity_uuid TEXT NOT NULL,
    target TEXT NOT NULL,
    peer TEXT NOT NULL,
    request_id TEXT NOT NULL,
    result TEXT NOT NULL,
    previous {bytes} NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (account_id, seq)
) {clustered};
CREATE INDEX audit_by_time ON audit (account_id, at);
CREATE INDEX audit_by_identity ON audit (account_id, identity_uuid, seq);
CREATE TABLE audit_heads (
    account_id {int} PRIMARY KEY,
    seq {int} NOT NULL,
    hash {bytes} NOT NULL
) {clustered};

-- The database itself keeps the log from being changed by mistake, ours or an operator's. Who means to can drop these
-- triggers, and is found out by the hashes.
-- only sqlite
CREATE TRIGGER audit_continues BEFORE INSERT ON audit
WHEN NEW.seq <> 1 + COALESCE((SELECT seq FROM audit_heads WHERE account_id = NEW.account_id), 0)
    OR NEW.previous <> COALESCE((SELECT hash FROM audit_heads WHERE account_id = NEW.account_id), zeroblob(32))
BEGIN
    SELECT RAISE(ABORT, 'a row of the audit log continues the one before it');
END;
CREATE TRIGGER audit_moves_head AFTER INSERT ON audit
BEGIN
    INSERT INTO audit_heads (account_id, seq, hash) VALUES (NEW.account_id, NEW.seq, NEW.hash)
    ON CONFLICT (account_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;
END;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only appended to');
END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only appended to');
END;
CREATE TRIGGER audit_heads_go_on BEFORE UPDATE ON audit_heads
WHEN NEW.account_id <> OLD.account_id OR NEW.seq <> OLD.seq + 1
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only appended to');
END;
CREATE TRIGGER audit_heads_stay BEFORE DELETE ON audit_heads
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only appended to');
END;
-- end only
-- only postgresql
CREATE FUNCTION audit_continue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head audit_heads%ROWTYPE;
BEGIN
    SELECT * INTO head FROM audit_heads WHERE account_id = NEW.account_id;
    IF NEW.seq <> 1 + COALESCE(head.seq, 0) OR NEW.previous <> COALESCE(head.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'a row of the audit log continues the one before it';
    END IF;
    INSERT INTO audit_heads (account_id, seq, hash) VALUES (NEW.account_id, NEW.seq, NEW.hash)
    ON CONFLICT (account_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_continues BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_continue();
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only appended to';
END
$$;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_heads_stay BEFORE DELETE OR TRUNCATE ON audit_heads
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_heads_go_on BEFORE UPDATE ON audit_heads FOR EACH ROW
WHEN (NEW.account_id <> OLD.account_id OR NEW.seq <> OLD.seq + 1) EXECUTE FUNCTION audit_refuse();
-- end only

-- What a sign-in goes back to: it ends with the key, or with the sign-in, that it was made with. No reference to the
-- key, because a sign-in whose key is gone has ended, too.
ALTER TABLE sign_ins ADD COLUMN key_id {int};
ALTER TABLE sign_ins ADD COLUMN parent_id {int} REFERENCES sign_ins (id);

-- A file that an identity itself has announced is that identity's, and goes with it.
ALTER TABLE uploads ADD COLUMN identity_id {int} REFERENCES identities (id) ON DELETE CASCADE;
CREATE INDEX uploads_by_identity ON uploads (identity_id);
