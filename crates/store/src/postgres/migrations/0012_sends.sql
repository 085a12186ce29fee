-- Messages that belong to no run; as in SQLite.
CREATE TABLE send (
    number BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    profile BIGINT,
    address BIGINT,
    created_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    due_at BIGINT,
    cause BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    code INTEGER NOT NULL,
    origin SMALLINT NOT NULL,
    channel SMALLINT NOT NULL,
    category SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    intent TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (number, workspace)
);
CREATE INDEX send_profile ON send (workspace, profile, created_at) WHERE profile IS NOT NULL;
