-- Messages that belong to no run: notices, answers to texts, programs' requests. `number` is a hash of the intent, so that
-- one intent has one row; `intent` holds no address. `cause` is as in delivery.
CREATE TABLE send (
    workspace   INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    origin      INTEGER NOT NULL,
    intent      TEXT    NOT NULL,
    profile     INTEGER,
    address     INTEGER,
    channel     INTEGER NOT NULL,
    category    INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    due_at      INTEGER,
    code        INTEGER NOT NULL,
    cause       INTEGER NOT NULL,
    detail      TEXT,
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX send_profile ON send (workspace, profile, created_at) WHERE profile IS NOT NULL;
