-- Why a message waits or was left out, with what the reason is about; as in SQLite.
CREATE TABLE run_cause (
    run BIGINT NOT NULL,
    hi BIGINT NOT NULL,
    cause BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    members BYTEA NOT NULL,
    PRIMARY KEY (run, hi, cause, workspace)
);

ALTER TABLE delivery ADD COLUMN cause BIGINT NOT NULL DEFAULT 0;
