-- Adds the phase 'cancelling'. SQLite cannot change a constraint, so the table is copied. No trigger, view or foreign key
-- refers to it.
CREATE TABLE fprshipments_new (
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
        'submitting', 'refused', 'unconfirmed', 'accepted', 'fulfilled', 'registered', 'complete',
        'cancelling', 'cancelled'))
) STRICT;

INSERT INTO fprshipments_new SELECT
    id, shipmentId, shipmentState, phase, error_kind, error_message, obstacle_class, obstacle_code, user_id, object_id,
    serial, batch, product_id, created_at, updated_at, deadline, next_attempt, claim_holder, claim_until, version, record
FROM fprshipments;
DROP TABLE fprshipments;
ALTER TABLE fprshipments_new RENAME TO fprshipments;

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
