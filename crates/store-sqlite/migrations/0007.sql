-- Lists of the console with a name, for each user. `user` is the object id. `query` is the query string of the address.
CREATE TABLE saved_views (
    "user" TEXT NOT NULL,
    name   TEXT NOT NULL,
    query  TEXT NOT NULL,
    PRIMARY KEY ("user", name)
) STRICT, WITHOUT ROWID;
