-- Uploads. Columns mean what they do in ../../sqlite/migrations/0006_uploads.sql.
CREATE TABLE upload_job (
    workspace BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    rows_read BIGINT NOT NULL,
    handled BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    allowed SMALLINT NOT NULL,
    id TEXT NOT NULL,
    added_by TEXT NOT NULL,
    filename TEXT NOT NULL,
    detail TEXT NOT NULL,
    failures TEXT NOT NULL,
    PRIMARY KEY (workspace, id)
);
