-- Who only turned up gets no marketing by default, and requests for lists stand outside of profiles.
-- Times are microseconds since 1970 in UTC.

-- A request for a list that its address's owner has yet to confirm. `who` stands for the address: 48 bits of a hash that is
-- keyed with the master key; `id` is when it was asked for, in milliseconds. Unless it is confirmed, a row is forgotten a
-- week after its end.
CREATE TABLE list_request (
    workspace     INTEGER NOT NULL,
    who           INTEGER NOT NULL,
    list          INTEGER NOT NULL,
    id            INTEGER NOT NULL,
    requested_at  INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    confirmed_at  INTEGER,
    namespace     TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    asked         TEXT    NOT NULL,
    PRIMARY KEY (who, list, id, workspace)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_request_open ON list_request (workspace, expires_at) WHERE confirmed_at IS NULL;

-- Profiles of before that only turned up are marked by `state/origins.rs`, which follows this script in its transaction.
