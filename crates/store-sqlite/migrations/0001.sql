-- Columns with the guide's names are for people. Only "shipmentState" is taken over from a hand edit, and only
-- towards 'complete'; everything else is written anew from "record" with the next change.
CREATE TABLE fprshipments (
    id            TEXT NOT NULL PRIMARY KEY,
    shipmentId    TEXT,
    shipmentState TEXT NOT NULL,
    phase         TEXT NOT NULL,
    error_kind    TEXT,
    error_message TEXT,
    user_id       TEXT,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    claim_holder  TEXT,
    claim_until   TEXT,
    version       INTEGER NOT NULL,
    record        TEXT NOT NULL,
    CONSTRAINT "shipmentState is 'ongoing' or 'complete'" CHECK (shipmentState IN ('ongoing', 'complete')),
    CONSTRAINT "phase is written by the service only" CHECK (phase IN (
        'submitting', 'refused', 'unconfirmed', 'accepted', 'fulfilled', 'registered', 'complete', 'cancelled'))
) STRICT;

CREATE INDEX fprshipments_by_shipment_id ON fprshipments (shipmentId) WHERE shipmentId IS NOT NULL;
CREATE INDEX fprshipments_by_phase ON fprshipments (phase, id);
CREATE INDEX fprshipments_set_by_hand ON fprshipments (id) WHERE shipmentState = 'complete' AND phase <> 'complete';

-- AES-256-GCM under the key file: nonce (12 bytes), ciphertext, tag (16 bytes).
CREATE TABLE secrets (
    name       TEXT NOT NULL PRIMARY KEY,
    sealed     BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- One sealed constant, by which a wrong key file is told before a secret is asked for.
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
