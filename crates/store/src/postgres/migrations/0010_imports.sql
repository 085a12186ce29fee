-- Imports, so that one can be taken back as a whole; as in SQLite.
CREATE TABLE import_run (
    workspace BIGINT NOT NULL,
    id BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    undo_began_at BIGINT,
    undone_at BIGINT,
    rows_read BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL DEFAULT 0,
    updated BIGINT NOT NULL DEFAULT 0,
    unchanged BIGINT NOT NULL DEFAULT 0,
    rejected BIGINT NOT NULL DEFAULT 0,
    suppressed BIGINT NOT NULL DEFAULT 0,
    last_profile BIGINT NOT NULL DEFAULT 0,
    last_address BIGINT NOT NULL DEFAULT 0,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    undone TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace, id)
);

CREATE TABLE import_touch (
    workspace BIGINT NOT NULL,
    import BIGINT NOT NULL,
    profile BIGINT NOT NULL,
    number BIGINT NOT NULL,
    flags SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    image TEXT NOT NULL,
    PRIMARY KEY (workspace, import, profile, number)
);
