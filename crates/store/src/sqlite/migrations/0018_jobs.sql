-- Work that is done in the background, each piece leased to one worker at a time. `id` is a hash of the kind and the key, so
-- that one intent has one row. `due_at` is when it may be taken, or when its lease ends. States below 4 are open.
CREATE TABLE job (
    workspace    INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    ended_at     INTEGER,
    generation   INTEGER NOT NULL,
    done         INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    cancel       INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    unit         TEXT    NOT NULL,
    actor        TEXT    NOT NULL,
    owner        TEXT,
    payload      TEXT    NOT NULL,
    result       TEXT,
    error        TEXT,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_due ON job (workspace, kind, due_at, id) WHERE state < 4;
CREATE INDEX job_created ON job (workspace, created_at, id);
CREATE INDEX job_dead ON job (workspace, kind) WHERE state = 5;
CREATE INDEX job_ended ON job (workspace, ended_at) WHERE state > 3;

-- Who works on jobs of which kind, until when that is known.
CREATE TABLE job_worker (
    workspace    INTEGER NOT NULL,
    until_at     INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    node         TEXT    NOT NULL,
    PRIMARY KEY (workspace, kind, node)
) STRICT, WITHOUT ROWID;
