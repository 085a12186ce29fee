-- What comes back: suppression by category, removals, soft bounces, feedback. Columns mean what they do in
-- ../../sqlite/migrations/0005_feedback.sql.
--
-- Nodes of version 1 go on beside this: they read `suppression` and `allow_entry` by value, and write neither. What they
-- can't do is look for hashes, so the first hashed entry closes the database to them (see state/suppression.rs).

-- Entries of before are manual.
ALTER TABLE suppression ADD COLUMN category SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE suppression ADD COLUMN updated_at BIGINT;
-- Only entries that come from SQLite have a place.
ALTER TABLE suppression ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
ALTER TABLE suppression DROP CONSTRAINT suppression_pkey;
ALTER TABLE suppression ADD CONSTRAINT suppression_key PRIMARY KEY (workspace, namespace, value, category);
CREATE INDEX suppression_added ON suppression (workspace, added_at, place, namespace, value, category);

CREATE TABLE suppression_hashed (
    namespace TEXT NOT NULL,
    workspace BIGINT NOT NULL,
    PRIMARY KEY (workspace, namespace)
);

CREATE TABLE suppression_removed (
    value TEXT NOT NULL,
    namespace TEXT NOT NULL,
    workspace BIGINT NOT NULL,
    category SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    reason TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT,
    of_category SMALLINT,
    removal_reason TEXT NOT NULL,
    removed_by TEXT NOT NULL,
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (value, namespace, workspace, category, number)
);
CREATE INDEX suppression_removed_at ON suppression_removed (workspace, removed_at);

ALTER TABLE allow_entry ADD COLUMN comment TEXT NOT NULL DEFAULT '';
ALTER TABLE allow_entry ADD COLUMN added_by TEXT NOT NULL DEFAULT '';

CREATE TABLE soft_bounce (
    value TEXT NOT NULL,
    namespace TEXT NOT NULL,
    workspace BIGINT NOT NULL,
    since BIGINT NOT NULL,
    times BYTEA NOT NULL,
    PRIMARY KEY (value, namespace, workspace)
) WITH (fillfactor = 80);

CREATE TABLE feedback (
    id BYTEA NOT NULL,
    workspace BIGINT NOT NULL,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    profile BIGINT,
    address BIGINT,
    run BIGINT,
    kind SMALLINT NOT NULL,
    reason SMALLINT,
    namespace TEXT,
    value TEXT,
    raw TEXT,
    source TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (id, workspace)
);
CREATE INDEX feedback_run ON feedback (workspace, run, kind, reason);
CREATE INDEX feedback_address ON feedback (value, namespace, workspace, at) WHERE value IS NOT NULL;
