-- The event with its repetitions, if it occurred again. "event" never changes, because the chain covers it.
ALTER TABLE events ADD COLUMN latest TEXT;

-- Hash chain over all events, see docs/reference/events.md. An entry stays when the events of its shipment are deleted.
-- "content" is set for deletions (number 0) only; that of an event is "event" in its row.
CREATE TABLE event_chain (
    position INTEGER NOT NULL PRIMARY KEY,
    shipment TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    digest   TEXT NOT NULL,
    hash     TEXT NOT NULL,
    content  TEXT,
    UNIQUE (shipment, seq)
) STRICT;

-- Signed hashes of entries (JWS): the newest, and the last one of each hour.
CREATE TABLE checkpoints (
    position INTEGER NOT NULL PRIMARY KEY,
    jws      TEXT NOT NULL
) STRICT;

-- Id of the sealing key of each sealed value. Empty until the next start, for values of the schema before.
ALTER TABLE secrets ADD COLUMN sealing_key TEXT NOT NULL DEFAULT '';
-- The key of this row seals new values.
ALTER TABLE key_check ADD COLUMN sealing_key TEXT NOT NULL DEFAULT '';

CREATE INDEX secrets_by_sealing_key ON secrets (sealing_key, name);

-- Keys that signed checkpoints, oldest first: public key (JWK), and private key (PKCS#8), sealed.
CREATE TABLE signing_keys (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kid         TEXT NOT NULL UNIQUE,
    jwk         TEXT NOT NULL,
    sealing_key TEXT NOT NULL,
    sealed      BLOB NOT NULL
) STRICT;
