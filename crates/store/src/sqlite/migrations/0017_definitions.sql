-- What operators author, as documents. `definition` says which version of each is the current one; versions are never
-- edited. Kinds and states are the codes of the Rust enums.
CREATE TABLE definition (
    workspace   INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    PRIMARY KEY (workspace, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE definition_version (
    workspace   INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    document    TEXT    NOT NULL,
    PRIMARY KEY (workspace, kind, name, version)
) STRICT;

-- Whom an address file names, by the file's hash and the channel that it was read for: no address, a serialised 64-bit
-- roaring bitmap of profiles, cut into pieces. `body`, in the first piece, says what else was found (delivery's upload.rs).
CREATE TABLE audience_upload (
    workspace   INTEGER NOT NULL,
    sha256      TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    piece       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (workspace, sha256, channel, piece)
) STRICT;
