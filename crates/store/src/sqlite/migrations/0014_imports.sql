-- Imports, so that one can be taken back as a whole. `undone` counts what was taken back, as JSON; `last_profile` and
-- `last_address` are the highest ids that went with it, which nobody gets again.
CREATE TABLE import_run (
    workspace      INTEGER NOT NULL,
    id             INTEGER NOT NULL,
    started_at     INTEGER NOT NULL,
    finished_at    INTEGER,
    undo_began_at  INTEGER,
    undone_at      INTEGER,
    rows_read      INTEGER NOT NULL DEFAULT 0,
    created        INTEGER NOT NULL DEFAULT 0,
    updated        INTEGER NOT NULL DEFAULT 0,
    unchanged      INTEGER NOT NULL DEFAULT 0,
    rejected       INTEGER NOT NULL DEFAULT 0,
    suppressed     INTEGER NOT NULL DEFAULT 0,
    last_profile   INTEGER NOT NULL DEFAULT 0,
    last_address   INTEGER NOT NULL DEFAULT 0,
    file           TEXT    NOT NULL,
    sha256         TEXT    NOT NULL,
    undone         TEXT    NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_run_last_profile ON import_run (last_profile);
CREATE INDEX import_run_last_address ON import_run (last_address);

-- What an import changed of a profile: a row for each of the file's rows that changed something, until it is taken back.
-- `flags`, `state` and `image` as in state/imports/touch.rs.
CREATE TABLE import_touch (
    workspace  INTEGER NOT NULL,
    import     INTEGER NOT NULL,
    profile    INTEGER NOT NULL,
    number     INTEGER NOT NULL, -- of the row
    flags      INTEGER NOT NULL,
    state      INTEGER NOT NULL,
    image      TEXT    NOT NULL,
    PRIMARY KEY (workspace, import, profile, number)
) STRICT, WITHOUT ROWID;
