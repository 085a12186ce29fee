-- Places of suppression entries are never given again (AUTOINCREMENT), not even that of the last one, once removed: the
-- filter that decisions ask first follows the list by them (sqlite/filter.rs).
ALTER TABLE suppression RENAME TO suppression_before;
DROP INDEX suppression_key;
DROP INDEX suppression_added;
CREATE TABLE suppression (
    place       INTEGER PRIMARY KEY AUTOINCREMENT,
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
INSERT INTO suppression
    (workspace, namespace, value, category, reason, added_by, added_at, updated_at, expires_at)
    SELECT workspace, namespace, value, category, reason, added_by, added_at, updated_at, expires_at
    FROM suppression_before ORDER BY place;
DROP TABLE suppression_before;
CREATE UNIQUE INDEX suppression_key ON suppression (workspace, namespace, value, category);
CREATE INDEX suppression_added ON suppression (workspace, added_at);

-- The filter as of a place: one row, made anew as the list grows.
CREATE TABLE suppression_filter (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    covered INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    room    INTEGER NOT NULL,
    bits    BLOB    NOT NULL
) STRICT;
