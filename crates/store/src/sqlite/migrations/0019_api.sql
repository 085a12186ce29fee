-- Keys of programs. `id` is the part of a key that is visible; `digest` is the SHA-256 of the whole, which is kept nowhere.
CREATE TABLE api_key (
    workspace   INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    digest      BLOB    NOT NULL,
    scopes      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    expires_at  INTEGER,
    revoked_at  INTEGER,
    revoked_by  TEXT    NOT NULL,
    used_at     INTEGER,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_key_name ON api_key (workspace, name) WHERE revoked_at IS NULL;

-- Requests of programs that may be sent again, and what was answered the first time. `id` stands for the key and the
-- Idempotency-Key, `fingerprint` for what was asked. `status` is 0 while the request is in work, until `lease` at most.
CREATE TABLE api_request (
    workspace   INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    fingerprint BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    lease       INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    head        TEXT    NOT NULL,
    body        BLOB    NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_request_at ON api_request (workspace, at);

-- The parts of such a request that were recorded, each in the transaction that recorded it.
CREATE TABLE api_request_part (
    workspace   INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    part        INTEGER NOT NULL,
    fingerprint BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    answer      BLOB    NOT NULL,
    PRIMARY KEY (workspace, id, part)
) STRICT, WITHOUT ROWID;
