-- Batches of orders. `batch` is the record as JSON.
CREATE TABLE batches (
    id      TEXT NOT NULL PRIMARY KEY,
    state   TEXT NOT NULL,
    version INTEGER NOT NULL,
    batch   TEXT NOT NULL
) STRICT;

CREATE INDEX batches_by_state ON batches (state, id);

-- Their rows. `sealed` is the order, like the values of `secrets`. NULL if it is not needed any more.
CREATE TABLE batch_rows (
    batch       TEXT NOT NULL,
    "row"       INTEGER NOT NULL,
    state       TEXT NOT NULL,
    errors      INTEGER NOT NULL,
    warnings    INTEGER NOT NULL,
    record      TEXT NOT NULL,
    sealing_key TEXT,
    sealed      BLOB,
    PRIMARY KEY (batch, "row")
) STRICT, WITHOUT ROWID;

CREATE INDEX batch_rows_by_state ON batch_rows (batch, state, errors, warnings, "row");
