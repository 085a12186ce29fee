-- What the pages people meet need: lists in people's words, preferences, notices, opt-in requests, reasons, looks, landing
-- pages. Times are microseconds since 1970 in UTC; codes are those of the Rust enums and are never reassigned.

ALTER TABLE list ADD COLUMN public INTEGER NOT NULL DEFAULT 0;
ALTER TABLE list ADD COLUMN double_opt_in INTEGER NOT NULL DEFAULT 1;
ALTER TABLE list ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE list ADD COLUMN texts TEXT NOT NULL DEFAULT '{}'; -- by language: title and description

-- Read for profiles whose word says so (ConsentWord::HAS_PREFERENCES). `preferred` is what the person chose, null if
-- nothing: an import doesn't change it then.
CREATE TABLE preference (
    workspace    INTEGER NOT NULL,
    profile      INTEGER NOT NULL,
    pause_until  INTEGER,
    pace         INTEGER NOT NULL,
    preferred    INTEGER,
    updated_at   INTEGER NOT NULL,
    language     TEXT,
    PRIMARY KEY (workspace, profile)
) STRICT, WITHOUT ROWID;

-- The last marketing message to somebody who has a pace: which run claimed it, and when.
CREATE TABLE paced_send (
    workspace  INTEGER NOT NULL,
    profile    INTEGER NOT NULL,
    channel    INTEGER NOT NULL,
    run        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (workspace, profile, channel)
) STRICT, WITHOUT ROWID;

-- What is to be sent to one address because somebody typed it. `hash` stands for the address, keyed with the master key;
-- the address itself, and who asked, are forgotten once it is sent. `generation` counts the takings, `takings` those since
-- it was asked for. A row of the kind 0 holds the times at which notices to the address were queued.
-- States: 1 waiting, 2 taken, 3 sent, 4 failed, 5 dropped.
CREATE TABLE notice (
    workspace   INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    kind        INTEGER NOT NULL,
    list        INTEGER NOT NULL, -- 0: none
    state       INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    takings     INTEGER NOT NULL,
    times       BLOB    NOT NULL,
    namespace   TEXT    NOT NULL,
    address     TEXT,
    language    TEXT    NOT NULL,
    asked       TEXT
) STRICT;
CREATE UNIQUE INDEX notice_key ON notice (workspace, hash, kind, list);
CREATE INDEX notice_open ON notice (workspace, due_at) WHERE state < 3;
CREATE INDEX notice_at ON notice (workspace, at);

-- The last request of each address for each list; `id` counts an address's requests.
CREATE TABLE opt_in_request (
    workspace     INTEGER NOT NULL,
    address       INTEGER NOT NULL,
    list          INTEGER NOT NULL,
    id            INTEGER NOT NULL,
    requested_at  INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    confirmed_at  INTEGER,
    entry         INTEGER,
    asked         TEXT    NOT NULL,
    PRIMARY KEY (workspace, address, list)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX opt_in_request_id ON opt_in_request (workspace, address, id);

-- Why people opted out, where they said so.
CREATE TABLE opt_out_reason (
    entry      INTEGER PRIMARY KEY,
    workspace  INTEGER NOT NULL,
    profile    INTEGER NOT NULL,
    run        INTEGER,
    at         INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    text       TEXT    NOT NULL
) STRICT;
CREATE INDEX opt_out_reason_code ON opt_out_reason (workspace, run, code);

-- `version` grows with each change of the look or of an asset.
CREATE TABLE page_look (
    workspace   INTEGER PRIMARY KEY,
    version     INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    body        TEXT    NOT NULL
) STRICT;

CREATE TABLE page_asset (
    workspace     INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    content_type  TEXT    NOT NULL,
    hash          BLOB    NOT NULL,
    bytes         BLOB    NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT;

-- `published` is the version that is shown, null while none is.
CREATE TABLE landing_page (
    workspace  INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    latest     INTEGER NOT NULL,
    published  INTEGER,
    name       TEXT    NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX landing_page_name ON landing_page (workspace, name);

CREATE TABLE landing_page_version (
    workspace     INTEGER NOT NULL,
    page          INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    published_at  INTEGER, -- last
    expires_at    INTEGER,
    body          TEXT    NOT NULL,
    PRIMARY KEY (workspace, page, version)
) STRICT;
