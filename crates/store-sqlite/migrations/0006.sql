-- Sessions of the console. `id_hash` is the SHA-256 of the session's id, in hex: the id is only in the user's browser.
-- `user` is JSON. `roles` are separated by spaces.
CREATE TABLE sessions (
    id_hash          TEXT NOT NULL PRIMARY KEY,
    "user"           TEXT NOT NULL,
    roles            TEXT NOT NULL,
    authenticated_at TEXT,
    began_at         TEXT NOT NULL,
    used_at          TEXT NOT NULL,
    ends_at          TEXT NOT NULL
) STRICT, WITHOUT ROWID;
