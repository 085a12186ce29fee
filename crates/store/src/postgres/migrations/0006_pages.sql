-- What the pages people meet need. Columns mean what they do in ../../sqlite/migrations/0010_pages.sql.
--
-- Nodes of version 1 to 5 go on beside this until somebody sets a preference: they look for none, so that closes the
-- database to them (see state/preferences.rs).
ALTER TABLE list ADD COLUMN public SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE list ADD COLUMN double_opt_in SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE list ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE list ADD COLUMN texts TEXT NOT NULL DEFAULT '{}';

CREATE TABLE preference (
    profile BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    pause_until BIGINT,
    updated_at BIGINT NOT NULL,
    pace SMALLINT NOT NULL,
    preferred SMALLINT,
    language TEXT,
    PRIMARY KEY (profile, workspace)
) WITH (fillfactor = 80);

CREATE TABLE paced_send (
    profile BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    run BIGINT NOT NULL,
    at BIGINT NOT NULL,
    channel SMALLINT NOT NULL,
    PRIMARY KEY (profile, channel, workspace)
) WITH (fillfactor = 80);

CREATE TABLE notice (
    hash BYTEA NOT NULL,
    workspace BIGINT NOT NULL,
    list BIGINT NOT NULL,
    at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    takings INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    times BYTEA NOT NULL,
    namespace TEXT NOT NULL,
    address TEXT,
    language TEXT NOT NULL,
    asked TEXT,
    PRIMARY KEY (hash, kind, list, workspace)
) WITH (fillfactor = 80);
CREATE INDEX notice_open ON notice (workspace, due_at) WHERE state < 3;
CREATE INDEX notice_at ON notice (workspace, at);

CREATE TABLE opt_in_request (
    address BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    list BIGINT NOT NULL,
    id BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    entry BIGINT,
    asked TEXT NOT NULL,
    PRIMARY KEY (address, list, workspace),
    UNIQUE (address, id, workspace)
);

CREATE TABLE opt_out_reason (
    entry BIGINT PRIMARY KEY,
    workspace BIGINT NOT NULL,
    profile BIGINT NOT NULL,
    run BIGINT,
    at BIGINT NOT NULL,
    code TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX opt_out_reason_code ON opt_out_reason (workspace, run, code);

CREATE TABLE page_look (
    workspace BIGINT PRIMARY KEY,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE page_asset (
    workspace BIGINT NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    hash BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (workspace, name)
);

CREATE TABLE landing_page (
    workspace BIGINT NOT NULL,
    id BIGINT NOT NULL,
    latest BIGINT NOT NULL,
    published BIGINT,
    name TEXT NOT NULL,
    PRIMARY KEY (workspace, id),
    UNIQUE (workspace, name)
);

CREATE TABLE landing_page_version (
    workspace BIGINT NOT NULL,
    page BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    published_at BIGINT,
    expires_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, page, version)
);
