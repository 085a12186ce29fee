-- How often something happened within the last day; as in SQLite.
CREATE TABLE tally (
    hash BYTEA NOT NULL,
    workspace BIGINT NOT NULL,
    at BIGINT NOT NULL,
    times BYTEA NOT NULL,
    PRIMARY KEY (hash, workspace)
) WITH (fillfactor = 80);
CREATE INDEX tally_at ON tally (workspace, at);

ALTER TABLE notice ADD COLUMN counted SMALLINT NOT NULL DEFAULT 0;
