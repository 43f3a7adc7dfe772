-- Columns with the guide's names are for operators. Of their edits, only setting "shipmentState" to 'complete' has an
-- effect. All other columns are overwritten from "record" with the next change.
CREATE TABLE fprshipments (
    id             TEXT NOT NULL PRIMARY KEY,
    shipmentId     TEXT,
    shipmentState  TEXT NOT NULL,
    phase          TEXT NOT NULL,
    error_kind     TEXT,
    error_message  TEXT,
    obstacle_class TEXT,
    obstacle_code  TEXT,
    user_id        TEXT,
    object_id      TEXT,
    serial         TEXT,
    batch          TEXT,
    product_id     INTEGER,
    reference      TEXT,
    country        TEXT,
    not_before     TEXT,
    needed_by      TEXT,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL,
    deadline       TEXT,
    next_attempt   TEXT,
    claim_holder   TEXT,
    claim_until    TEXT,
    version        INTEGER NOT NULL,
    record         TEXT NOT NULL,
    CONSTRAINT "shipmentState is 'ongoing' or 'complete'" CHECK (shipmentState IN ('ongoing', 'complete')),
    CONSTRAINT "phase is written by the service only" CHECK (phase IN (
        'queued', 'submitting', 'refused', 'unconfirmed', 'accepted', 'fulfilled', 'registered', 'complete',
        'cancelling', 'cancelled'))
) STRICT;

CREATE INDEX fprshipments_by_phase ON fprshipments (phase, obstacle_class, obstacle_code);
CREATE INDEX fprshipments_by_obstacle ON fprshipments (obstacle_code) WHERE obstacle_code IS NOT NULL;
CREATE INDEX fprshipments_set_by_hand ON fprshipments (id) WHERE shipmentState = 'complete' AND phase <> 'complete';
CREATE INDEX fprshipments_by_batch ON fprshipments (batch) WHERE batch IS NOT NULL;
CREATE INDEX fprshipments_by_product ON fprshipments (product_id);
CREATE INDEX fprshipments_by_creation ON fprshipments (created_at DESC, id);
CREATE INDEX fprshipments_by_update ON fprshipments (updated_at DESC, id);
-- '~' sorts after every time.
CREATE INDEX fprshipments_by_deadline ON fprshipments (ifnull(deadline, '~'), id);
CREATE INDEX fprshipments_by_next_attempt ON fprshipments (ifnull(next_attempt, '~'), id);

-- Search terms of shipments: ids of the delivery service, recipients, serial numbers.
CREATE TABLE terms (
    term     TEXT NOT NULL,
    shipment TEXT NOT NULL,
    PRIMARY KEY (term, shipment)
) STRICT, WITHOUT ROWID;

CREATE INDEX terms_by_shipment ON terms (shipment);

-- Events of shipments. AUTOINCREMENT never reuses a position, and SQLite has one writer at a time, so positions follow
-- the order of commits: a reader that remembers the last position misses no event.
CREATE TABLE events (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    shipment TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    at       TEXT NOT NULL,
    event    TEXT NOT NULL,
    UNIQUE (shipment, seq)
) STRICT;

-- AES-256-GCM under the key file: nonce (12 bytes), ciphertext, tag (16 bytes).
CREATE TABLE secrets (
    name       TEXT NOT NULL PRIMARY KEY,
    sealed     BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- A sealed constant, to detect a wrong key file at start.
CREATE TABLE key_check (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE idempotency_keys (
    caller     TEXT NOT NULL,
    "key"      TEXT NOT NULL,
    body_hash  TEXT NOT NULL,
    shipment   TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (caller, "key")
) STRICT;

CREATE INDEX idempotency_keys_by_shipment ON idempotency_keys (shipment);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Tenant of the shipments. One database belongs to one tenant.
CREATE TABLE deployment (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    tenant TEXT NOT NULL
) STRICT;

-- Leases on work that only one process may do at a time, and when each expires unless it is renewed.
CREATE TABLE leases (
    name       TEXT NOT NULL PRIMARY KEY,
    holder     TEXT NOT NULL,
    held_until TEXT NOT NULL
) STRICT;

-- Written to prove that the database accepts writes. The padding makes a probe about as large as the rows of an order.
CREATE TABLE write_probe (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    written_at TEXT NOT NULL,
    padding    BLOB NOT NULL
) STRICT;
