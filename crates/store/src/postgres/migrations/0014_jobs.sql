-- Work that is done in the background; as in SQLite.
CREATE TABLE job (
    workspace BIGINT NOT NULL,
    id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    ended_at BIGINT,
    generation BIGINT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    state SMALLINT NOT NULL,
    cancel SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    unit TEXT NOT NULL,
    actor TEXT NOT NULL,
    owner TEXT,
    payload TEXT NOT NULL,
    result TEXT,
    error TEXT,
    PRIMARY KEY (workspace, id)
);
CREATE INDEX job_due ON job (workspace, kind, due_at, id) WHERE state < 4;
CREATE INDEX job_created ON job (workspace, created_at, id);
CREATE INDEX job_dead ON job (workspace, kind) WHERE state = 5;
CREATE INDEX job_ended ON job (workspace, ended_at) WHERE state > 3;

CREATE TABLE job_worker (
    workspace BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (workspace, kind, node)
);
