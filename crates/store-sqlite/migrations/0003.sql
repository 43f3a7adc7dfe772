-- Who does what only one process at a time should do, and until when it is theirs without being renewed.
CREATE TABLE leases (
    name       TEXT NOT NULL PRIMARY KEY,
    holder     TEXT NOT NULL,
    held_until TEXT NOT NULL
) STRICT;
