-- Text messages. Columns mean what they do in ../../sqlite/migrations/0007_texts.sql.
--
-- Nodes of version 1 to 3 go on beside this until the first message is taken: they look for no hold, so that closes the
-- database to them (see state/texts.rs).
CREATE TABLE text_message (
    id BYTEA NOT NULL,
    workspace BIGINT NOT NULL,
    profile BIGINT NOT NULL,
    address BIGINT NOT NULL,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    entry BIGINT,
    channel SMALLINT NOT NULL,
    number TEXT NOT NULL,
    sender TEXT NOT NULL,
    body TEXT NOT NULL,
    class TEXT NOT NULL,
    rule TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (id, workspace)
);
CREATE INDEX text_message_address ON text_message (address, workspace, received_at, id);

CREATE TABLE text_hold (
    address BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    since BIGINT NOT NULL,
    decided_at BIGINT,
    refused SMALLINT,
    message BYTEA NOT NULL,
    decided_by TEXT,
    PRIMARY KEY (address, message, workspace)
);
CREATE INDEX text_hold_open ON text_hold (workspace, since, message) WHERE decided_at IS NULL;
CREATE INDEX text_hold_open_address ON text_hold (address, workspace) WHERE decided_at IS NULL;

CREATE TABLE text_ask (
    address BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    list BIGINT,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    channel SMALLINT NOT NULL,
    answered SMALLINT NOT NULL,
    PRIMARY KEY (address, channel, workspace)
);

CREATE TABLE text_reply (
    address BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    place BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    message BYTEA NOT NULL,
    body TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (address, kind, place, workspace)
) WITH (fillfactor = 80);
CREATE INDEX text_reply_waiting ON text_reply (workspace, received_at, message) WHERE state = 1;

CREATE TABLE text_part (
    message BYTEA NOT NULL,
    workspace BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    number SMALLINT NOT NULL,
    total SMALLINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (message, number, workspace)
);
CREATE INDEX text_part_received ON text_part (workspace, received_at);
