-- What the carrier itself calls a number, and when the carrier got it back.
ALTER TABLE numbers ADD COLUMN ref TEXT NOT NULL DEFAULT '';
ALTER TABLE numbers ADD COLUMN returned_at {int};
CREATE INDEX numbers_to_return ON numbers (released_at) WHERE released_at IS NOT NULL AND returned_at IS NULL;

-- Numbers that a carrier has given to this server, and this server to nobody yet.
CREATE TABLE spare_numbers (
    number TEXT PRIMARY KEY,
    carrier TEXT NOT NULL,
    ref TEXT NOT NULL,
    country TEXT NOT NULL,
    created_at {int} NOT NULL
) {options};
CREATE INDEX spare_numbers_by_carrier ON spare_numbers (carrier, country, created_at);

-- Texts (SMS) of either direction. `peer` is the other side: a number in E.164, a short code or a word. `fingerprint`
-- tells a delivery that is repeated (incoming) or a request that is (outgoing). `maybe_sent`: a carrier was given the
-- text, and nobody knows whether it took it.
CREATE TABLE sms_messages (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    number_id {int} NOT NULL REFERENCES numbers (id),
    direction TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
    state TEXT NOT NULL CHECK (state IN ('received', 'queued', 'sent', 'delivered', 'failed', 'uncertain')),
    is_read {int} NOT NULL,
    sender_type TEXT NOT NULL CHECK (sender_type IN ('owner', 'trusted', 'untrusted')),
    verdict TEXT NOT NULL CHECK (verdict IN ('local', 'network', 'none')),
    created_at {int} NOT NULL,
    peer TEXT NOT NULL,
    body TEXT NOT NULL,
    encoding TEXT NOT NULL,
    segments {int} NOT NULL,
    codes TEXT NOT NULL,
    links TEXT NOT NULL,
    carrier TEXT NOT NULL,
    carrier_ref TEXT NOT NULL,
    fingerprint {bytes},
    attempts {int} NOT NULL,
    maybe_sent {int} NOT NULL,
    next_at {int},
    last_error TEXT NOT NULL,
    UNIQUE (identity_id, account_id, id)
) {options};
CREATE INDEX sms_by_account ON sms_messages (account_id, id);
-- The list of conversations is made of this index alone.
CREATE INDEX sms_by_conversation ON sms_messages (identity_id, account_id, number_id, peer, id, is_read, created_at);
CREATE INDEX sms_unread ON sms_messages (identity_id, account_id, id) WHERE is_read = 0;
CREATE UNIQUE INDEX sms_received_once ON sms_messages (identity_id, fingerprint)
    WHERE direction = 'incoming' AND fingerprint IS NOT NULL;
-- The queue asks for what is due, whoever sent it; a report of a carrier, for what it is about.
CREATE INDEX sms_due ON sms_messages (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX sms_by_carrier_ref ON sms_messages (carrier_ref, carrier) WHERE direction = 'outgoing' AND carrier_ref <> '';

-- As `handed_out` is for mail.
CREATE TABLE sms_handed_out (
    identity_id {int} NOT NULL,
    message_pk {int} NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('otp', 'link', 'message')),
    account_id {int} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (identity_id, message_pk, what),
    FOREIGN KEY (identity_id, account_id, message_pk) REFERENCES sms_messages (identity_id, account_id, id)
        ON DELETE CASCADE
) {options};

-- When a carrier, or a device of one, was last heard of, and why its last request was refused. The device '' is the
-- carrier itself.
CREATE TABLE carrier_devices (
    carrier TEXT NOT NULL,
    device TEXT NOT NULL,
    detail TEXT NOT NULL,
    last_seen_at {int},
    last_text_at {int},
    last_refused_at {int},
    last_refusal TEXT NOT NULL,
    refused {int} NOT NULL,
    PRIMARY KEY (carrier, device)
) {options};
