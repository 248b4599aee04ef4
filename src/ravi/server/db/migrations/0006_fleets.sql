-- Who waits for what: sampled from each replica's memory every other second, so a wait costs no write and a short one
-- leaves no trace. No reference to the identity: a row says what was so a moment ago, and goes with its replica.
CREATE TABLE replicas (
    id TEXT PRIMARY KEY,
    seen_at {int} NOT NULL
) {options};
CREATE TABLE waits (
    identity_id {int} NOT NULL,
    account_id {int} NOT NULL,
    replica TEXT NOT NULL,
    want TEXT NOT NULL,
    media TEXT NOT NULL,
    sender TEXT NOT NULL,
    since_at {int} NOT NULL,
    PRIMARY KEY (identity_id, replica, want, media, sender)
) {options};
