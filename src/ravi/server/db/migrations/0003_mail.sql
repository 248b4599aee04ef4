-- One row for each identity that a message concerns: what one sees, another does not. What lists are filtered by
-- stands first, because SQLite reads a row from its front. `conversation` is a number for subject and correspondent:
-- an answer that names no earlier message is looked up by it. `fingerprint` tells a delivery that is repeated.
CREATE TABLE messages (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    direction TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
    state TEXT NOT NULL CHECK (state IN ('received', 'queued', 'sent', 'partial', 'failed')),
    is_read {int} NOT NULL,
    sender_type TEXT NOT NULL CHECK (sender_type IN ('owner', 'trusted', 'untrusted')),
    sender_certain {int} NOT NULL,
    attachment_count {int} NOT NULL,
    size {int} NOT NULL,
    created_at {int} NOT NULL,
    conversation {int},
    thread_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    fingerprint {bytes} NOT NULL,
    from_email TEXT NOT NULL,
    from_name TEXT NOT NULL,
    to_email TEXT NOT NULL,
    cc TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    subject TEXT NOT NULL,
    preview TEXT NOT NULL,
    envelope_from TEXT NOT NULL,
    envelope_to TEXT NOT NULL,
    in_reply_to TEXT NOT NULL,
    reference_ids TEXT NOT NULL,
    verdicts TEXT NOT NULL,
    defects TEXT NOT NULL,
    codes TEXT NOT NULL,
    links TEXT NOT NULL,
    text_content TEXT NOT NULL,
    html_content TEXT NOT NULL,
    -- What belongs to a message refers to all three: it can be no other account's or identity's.
    UNIQUE (identity_id, account_id, id)
) {options};
CREATE INDEX messages_by_account ON messages (account_id, id);
CREATE INDEX messages_by_message_id ON messages (account_id, message_id, identity_id, fingerprint);
-- The list of threads is made of this index alone.
CREATE INDEX messages_by_thread ON messages (identity_id, account_id, thread_id, id, is_read, created_at);
CREATE INDEX messages_by_conversation ON messages (identity_id, conversation, id) WHERE conversation IS NOT NULL;
CREATE INDEX messages_unread ON messages (identity_id, account_id, id) WHERE is_read = 0;

-- Exactly what came over the wire, or what was sent.
CREATE TABLE raw_messages (
    message_pk {int} PRIMARY KEY,
    account_id {int} NOT NULL,
    identity_id {int} NOT NULL,
    content {bytes} NOT NULL,
    FOREIGN KEY (identity_id, account_id, message_pk) REFERENCES messages (identity_id, account_id, id)
        ON DELETE CASCADE
) {options};

-- Where in the raw message an attachment is; its bytes are not kept twice.
CREATE TABLE attachments (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL,
    identity_id {int} NOT NULL,
    message_pk {int} NOT NULL,
    position {int} NOT NULL,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    content_id TEXT NOT NULL,
    content_hash {bytes} NOT NULL,
    is_inline {int} NOT NULL,
    size {int} NOT NULL,
    FOREIGN KEY (identity_id, account_id, message_pk) REFERENCES messages (identity_id, account_id, id)
        ON DELETE CASCADE
) {options};
CREATE INDEX attachments_by_message ON attachments (identity_id, account_id, message_pk, position);

-- Files on their way into a message. Without content: announced, and not uploaded yet. The uuid alone finds one, as for
-- attachments.
CREATE TABLE uploads (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL REFERENCES accounts (id),
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size {int} NOT NULL,
    content {bytes},
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL
) {options};
CREATE INDEX uploads_by_account ON uploads (account_id, expires_at);
CREATE INDEX uploads_by_end ON uploads (expires_at);

-- What is to be sent, and what became of it; one row for each recipient.
CREATE TABLE deliveries (
    id {id},
    account_id {int} NOT NULL,
    identity_id {int} NOT NULL,
    message_pk {int} NOT NULL,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    attempts {int} NOT NULL,
    next_at {int},
    last_error TEXT NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    FOREIGN KEY (identity_id, account_id, message_pk) REFERENCES messages (identity_id, account_id, id)
        ON DELETE CASCADE
) {options};
CREATE INDEX deliveries_by_message ON deliveries (identity_id, account_id, message_pk, id);
-- The queue asks for what is due, whoever sent it.
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL;

-- A code, a link or a message is handed out once. What it was is in the message.
CREATE TABLE handed_out (
    identity_id {int} NOT NULL,
    message_pk {int} NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('otp', 'link', 'message')),
    account_id {int} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (identity_id, message_pk, what),
    FOREIGN KEY (identity_id, account_id, message_pk) REFERENCES messages (identity_id, account_id, id)
        ON DELETE CASCADE
) {options};

-- Whom an identity knows. Addresses are in small letters, numbers in E.164; `search_text` is what words are looked for
-- in.
CREATE TABLE contacts (
    id {id},
    uuid TEXT NOT NULL UNIQUE,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    email TEXT,
    phone_number TEXT,
    display_name TEXT NOT NULL,
    nickname TEXT NOT NULL,
    search_text TEXT NOT NULL,
    is_trusted {int} NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('auto', 'manual')),
    interaction_count {int} NOT NULL,
    last_interaction_at {int},
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    UNIQUE (identity_id, email),
    UNIQUE (identity_id, phone_number)
) {options};
CREATE INDEX contacts_by_account ON contacts (account_id, id);
CREATE INDEX contacts_by_identity ON contacts (identity_id, account_id, id);

CREATE TABLE webhooks (
    id {id},
    uuid TEXT NOT NULL,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int} REFERENCES identities (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    enabled {int} NOT NULL,
    event_types TEXT NOT NULL,
    signing_secret TEXT NOT NULL,
    cursor {int} NOT NULL,
    failures {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL
) {options};
CREATE INDEX webhooks_by_account ON webhooks (account_id, id);
CREATE INDEX webhooks_by_identity ON webhooks (identity_id, id);

CREATE TABLE webhook_deliveries (
    id {id},
    uuid TEXT NOT NULL,
    account_id {int} NOT NULL REFERENCES accounts (id),
    identity_id {int},
    webhook_id {int} NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    payload TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'retrying', 'failed')),
    attempts {int} NOT NULL,
    next_at {int},
    response_status {int},
    response_preview TEXT NOT NULL,
    last_error TEXT NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    UNIQUE (webhook_id, event_id)
) {options};
CREATE INDEX webhook_deliveries_by_account ON webhook_deliveries (account_id, id);
CREATE INDEX webhook_deliveries_by_identity ON webhook_deliveries (identity_id, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (webhook_id) WHERE next_at IS NOT NULL;

-- Whom an identity may write to: a JSON list of addresses, domains and numbers; none means anybody.
ALTER TABLE identities ADD COLUMN allowed_recipients TEXT;

-- Random keys of this server itself: for signing the addresses of attachments.
CREATE TABLE server_keys (
    name TEXT PRIMARY KEY,
    key {bytes} NOT NULL,
    created_at {int} NOT NULL
) {options};

{message_search};
