-- Webhooks. "cursor" is the position after the last event that became a delivery or was left out.
CREATE TABLE webhooks (
    id      TEXT NOT NULL PRIMARY KEY,
    cursor  TEXT NOT NULL,
    version INTEGER NOT NULL,
    webhook TEXT NOT NULL
) STRICT;

-- Messages to webhooks. Ids sort by the order of the events.
CREATE TABLE webhook_deliveries (
    webhook    TEXT NOT NULL,
    id         TEXT NOT NULL,
    stage      TEXT NOT NULL,
    created_at TEXT NOT NULL,
    delivery   TEXT NOT NULL,
    PRIMARY KEY (webhook, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_by_stage ON webhook_deliveries (webhook, stage, id);
