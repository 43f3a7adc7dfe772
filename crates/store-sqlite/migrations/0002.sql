-- Whose shipments these are: one database belongs to one tenant.
CREATE TABLE deployment (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    tenant TEXT NOT NULL
) STRICT;
