-- Version 1 of the stored form. Times are milliseconds since 1970 in UTC, ids the sixteen bytes of a UUIDv7; the views at
-- the end show both in the words of the API.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The log: narrow heads to walk over, and apart from them what was received.
CREATE TABLE event (
    seq         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    shop        BLOB NOT NULL,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    dialect     TEXT,
    topic       TEXT,
    source      BLOB,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX event_by_subject ON event (subject, seq);

CREATE TABLE event_record (
    seq    INTEGER PRIMARY KEY,
    record BLOB NOT NULL, -- see log/origin.rs; its first byte is the version of its form
    body   BLOB NOT NULL  -- byte for byte as it was received
) STRICT;

-- Which webhooks have been seen. The key is a hash of source and identity key.
CREATE TABLE dedup (
    key       BLOB PRIMARY KEY,
    seq       INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dedup_by_last_seen ON dedup (last_seen);

CREATE TABLE merge (
    seq     INTEGER PRIMARY KEY,
    count   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

-- Where the lanes stand. `done` is a list of little-endian 64-bit places beyond the cursor.
CREATE TABLE lane (
    endpoint BLOB PRIMARY KEY,
    cursor   INTEGER NOT NULL,
    done     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE waiting (
    endpoint BLOB NOT NULL,
    seq      INTEGER NOT NULL,
    key      INTEGER NOT NULL, -- the 64 bits of the subject's key
    due      INTEGER,
    attempts INTEGER,          -- these three are NULL before the first attempt
    steps    INTEGER,
    first_at INTEGER,
    PRIMARY KEY (endpoint, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
    id             INTEGER PRIMARY KEY,
    seq            INTEGER NOT NULL,
    endpoint       BLOB NOT NULL,
    number         INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    latency_us     INTEGER NOT NULL,
    outcome        TEXT NOT NULL,
    status         INTEGER,
    retry_after_ms INTEGER,
    detail         TEXT,
    response       BLOB,
    next_at        INTEGER,
    dead           TEXT
) STRICT;
-- Both end in the id, as every index does: the attempts of one delivery, or of one endpoint, in order.
CREATE INDEX attempt_by_delivery ON attempt (seq, endpoint);
CREATE INDEX attempt_by_endpoint ON attempt (endpoint);

CREATE TABLE dead_letter (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, so that pages hold
    endpoint       BLOB NOT NULL,
    seq            INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    at             INTEGER NOT NULL,
    attempts       INTEGER NOT NULL,
    outcome        TEXT NOT NULL,
    status         INTEGER,
    retry_after_ms INTEGER,
    UNIQUE (seq, endpoint)
) STRICT;
CREATE INDEX dead_letter_by_endpoint ON dead_letter (endpoint);

CREATE TABLE rejected (
    place      INTEGER PRIMARY KEY,
    id         BLOB NOT NULL,
    source     BLOB NOT NULL,
    at         INTEGER NOT NULL,
    code       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    headers    TEXT NOT NULL,
    body_start BLOB NOT NULL,
    body_bytes INTEGER NOT NULL
) STRICT;

-- Shops, apps, sources, endpoints, tokens: what may be shown as JSON, secrets apart and encrypted.
CREATE TABLE noun (
    place   INTEGER PRIMARY KEY, -- the order in which they were made
    kind    TEXT NOT NULL,
    id      BLOB NOT NULL,
    json    TEXT NOT NULL,
    secrets BLOB,
    UNIQUE (kind, id)
) STRICT;

CREATE TABLE idempotency (
    token     BLOB NOT NULL,
    operation TEXT NOT NULL,
    key       TEXT NOT NULL,
    at        INTEGER NOT NULL,
    answer    BLOB NOT NULL, -- encrypted
    PRIMARY KEY (token, operation, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (at);

CREATE VIEW events AS
SELECT seq,
       'evt_' || lower(hex(id)) AS id,
       'shop_' || lower(hex(shop)) AS shop,
       type,
       subject,
       dialect,
       topic,
       'src_' || lower(hex(source)) AS source,
       strftime('%Y-%m-%dT%H:%M:%fZ', occurred_at / 1000.0, 'unixepoch') AS occurred_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', received_at / 1000.0, 'unixepoch') AS received_at,
       CAST(body AS TEXT) AS body
FROM event LEFT JOIN event_record USING (seq);

CREATE VIEW attempts AS
SELECT attempt.id,
       'evt_' || lower(hex(event.id)) AS event,
       'ep_' || lower(hex(endpoint)) AS endpoint,
       number,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at,
       latency_us / 1000.0 AS latency_ms,
       outcome,
       status,
       detail,
       CAST(response AS TEXT) AS response,
       strftime('%Y-%m-%dT%H:%M:%fZ', next_at / 1000.0, 'unixepoch') AS next_at,
       dead
FROM attempt LEFT JOIN event USING (seq);
