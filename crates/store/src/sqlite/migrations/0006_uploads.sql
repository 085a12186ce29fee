-- Files that programs uploaded to be imported into the suppression list or the allow list. The files themselves wait in the
-- data directory of the node that took them; `failures` is JSON.
CREATE TABLE upload_job (
    workspace   INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    added_by    TEXT    NOT NULL,
    filename    TEXT    NOT NULL,
    allowed     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    state       INTEGER NOT NULL,
    rows_read   INTEGER NOT NULL,
    handled     INTEGER NOT NULL,
    failed      INTEGER NOT NULL,
    detail      TEXT    NOT NULL,
    failures    TEXT    NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT;
