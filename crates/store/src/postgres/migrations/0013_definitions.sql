-- What operators author, as documents, and whom address files name; as in SQLite.
CREATE TABLE definition (
    workspace BIGINT NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, kind, name)
);
CREATE TABLE definition_version (
    workspace BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    actor TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (workspace, kind, name, version)
);
CREATE TABLE audience_upload (
    workspace BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    piece INTEGER NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (workspace, sha256, channel, piece)
);
