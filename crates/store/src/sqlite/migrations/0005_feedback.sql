-- What comes back: suppression by category, removals, soft bounces, feedback.
-- Times are microseconds since 1970 in UTC; codes are those of the Rust enums and are never reassigned.

-- A value may have an entry of each category; what was there before is manual. The value is an address's key, under the
-- namespace email without an @ a domain, or `sha256:` and the hash of a key. `updated_at` is null where it equals
-- `added_at`. Rows lie in the order in which they came, their place: so a large import adds to the end of the table and of
-- `suppression_added`, and only the key's pages are written all over.
ALTER TABLE suppression RENAME TO suppression_before;
CREATE TABLE suppression (
    place       INTEGER PRIMARY KEY,
    workspace   INTEGER NOT NULL,
    namespace   TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    category    INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    added_by    TEXT    NOT NULL,
    added_at    INTEGER NOT NULL,
    updated_at  INTEGER,
    expires_at  INTEGER
) STRICT;
INSERT INTO suppression (workspace, namespace, value, category, reason, added_by, added_at, updated_at, expires_at)
    SELECT workspace, namespace, value, 1, reason, added_by, added_at, NULL, expires_at FROM suppression_before;
DROP TABLE suppression_before;
CREATE UNIQUE INDEX suppression_key ON suppression (workspace, namespace, value, category);
CREATE INDEX suppression_added ON suppression (workspace, added_at);

-- Namespaces with hashed entries: without, nobody's hash is looked for. Such a row stays.
CREATE TABLE suppression_hashed (
    workspace   INTEGER NOT NULL,
    namespace   TEXT    NOT NULL,
    PRIMARY KEY (workspace, namespace)
) STRICT, WITHOUT ROWID;

-- Entries that were taken off the list; `number` counts those of one key.
CREATE TABLE suppression_removed (
    workspace       INTEGER NOT NULL,
    namespace       TEXT    NOT NULL,
    value           TEXT    NOT NULL,
    category        INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    reason          TEXT    NOT NULL,
    added_by        TEXT    NOT NULL,
    added_at        INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    expires_at      INTEGER,
    of_category     INTEGER, -- which category was to be removed; null: all
    removal_reason  TEXT    NOT NULL,
    removed_by      TEXT    NOT NULL,
    removed_at      INTEGER NOT NULL,
    PRIMARY KEY (workspace, namespace, value, category, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX suppression_removed_at ON suppression_removed (workspace, removed_at);

ALTER TABLE allow_entry ADD COLUMN comment TEXT NOT NULL DEFAULT '';
ALTER TABLE allow_entry ADD COLUMN added_by TEXT NOT NULL DEFAULT '';

-- Soft bounces of an address that count: their times, oldest first, 8 bytes each, big-endian. What happened up to `since`
-- is forgotten.
CREATE TABLE soft_bounce (
    workspace   INTEGER NOT NULL,
    value       TEXT    NOT NULL,
    namespace   TEXT    NOT NULL,
    since       INTEGER NOT NULL,
    times       BLOB    NOT NULL,
    PRIMARY KEY (workspace, value, namespace)
) STRICT, WITHOUT ROWID;

-- `reason` is a bounce's; `value` is the address's key, `raw` is null where it equals that.
CREATE TABLE feedback (
    workspace    INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    kind         INTEGER NOT NULL,
    reason       INTEGER,
    namespace    TEXT,
    value        TEXT,
    raw          TEXT,
    profile      INTEGER,
    address      INTEGER,
    run          INTEGER,
    at           INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    detail       TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX feedback_id ON feedback (workspace, id);
CREATE INDEX feedback_run ON feedback (workspace, run, kind, reason);
CREATE INDEX feedback_address ON feedback (workspace, namespace, value, at) WHERE value IS NOT NULL;
