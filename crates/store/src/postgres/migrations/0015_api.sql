-- Keys of programs, and their requests that may be sent again; as in SQLite.
CREATE TABLE api_key (
    workspace BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    used_at BIGINT,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    scopes TEXT NOT NULL,
    created_by TEXT NOT NULL,
    revoked_by TEXT NOT NULL,
    PRIMARY KEY (workspace, id)
);
CREATE UNIQUE INDEX api_key_name ON api_key (workspace, name) WHERE revoked_at IS NULL;

CREATE TABLE api_request (
    workspace BIGINT NOT NULL,
    at BIGINT NOT NULL,
    lease BIGINT NOT NULL,
    status INTEGER NOT NULL,
    id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    head TEXT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (workspace, id)
);
CREATE INDEX api_request_at ON api_request (workspace, at);

CREATE TABLE api_request_part (
    workspace BIGINT NOT NULL,
    at BIGINT NOT NULL,
    part BIGINT NOT NULL,
    id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    answer BYTEA NOT NULL,
    PRIMARY KEY (workspace, id, part)
);

-- Finding people by how an address or an id begins. A database may sort texts otherwise than by their bytes.
CREATE INDEX address_key_prefix ON address_key (workspace, namespace, key COLLATE "C");
CREATE INDEX profile_external_id_prefix ON profile_external_id (workspace, external_id COLLATE "C");
