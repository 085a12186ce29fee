-- Text messages from people, what they set going and what is said back.
-- Times are microseconds since 1970 in UTC; codes are those of the Rust enums and are never reassigned.

-- Rows lie in the order in which they came. `number` is the number as it was written when the message came.
CREATE TABLE text_message (
    workspace    INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    profile      INTEGER NOT NULL,
    address      INTEGER NOT NULL,
    number       TEXT    NOT NULL,
    channel      INTEGER NOT NULL,
    sender       TEXT    NOT NULL, -- of ours, to which it went
    body         TEXT    NOT NULL,
    class        TEXT    NOT NULL,
    rule         TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    entry        INTEGER
) STRICT;
CREATE UNIQUE INDEX text_message_id ON text_message (workspace, id);
CREATE INDEX text_message_address ON text_message (workspace, address, received_at, id);

-- Messages that a person has to read; `since` is when it came. Undecided while `decided_at` is null.
CREATE TABLE text_hold (
    workspace   INTEGER NOT NULL,
    address     INTEGER NOT NULL,
    message     BLOB    NOT NULL,
    since       INTEGER NOT NULL,
    refused     INTEGER,
    decided_by  TEXT,
    decided_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX text_hold_key ON text_hold (workspace, address, message);
CREATE INDEX text_hold_open ON text_hold (workspace, since, message) WHERE decided_at IS NULL;
CREATE INDEX text_hold_open_address ON text_hold (workspace, address) WHERE decided_at IS NULL;

-- What a number was asked last, on each channel.
CREATE TABLE text_ask (
    workspace   INTEGER NOT NULL,
    address     INTEGER NOT NULL,
    channel     INTEGER NOT NULL,
    list        INTEGER,
    at          INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    answered    INTEGER NOT NULL,
    PRIMARY KEY (workspace, address, channel)
) STRICT, WITHOUT ROWID;

-- Automatic answers; `place` counts those of a kind to an address, so that two that are made at once meet.
-- States: 1 waiting, 2 taken, 3 sent, 4 failed, 5 dropped.
CREATE TABLE text_reply (
    workspace    INTEGER NOT NULL,
    address      INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    message      BLOB    NOT NULL,
    body         TEXT    NOT NULL,
    received_at  INTEGER NOT NULL, -- when the message came
    expires_at   INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    detail       TEXT    NOT NULL,
    PRIMARY KEY (workspace, address, kind, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX text_reply_waiting ON text_reply (workspace, received_at, message) WHERE state = 1;

-- Parts of messages that came in several; forgotten after a while.
CREATE TABLE text_part (
    workspace    INTEGER NOT NULL,
    message      BLOB    NOT NULL,
    number       INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    received_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX text_part_key ON text_part (workspace, message, number);
CREATE INDEX text_part_received ON text_part (workspace, received_at);
