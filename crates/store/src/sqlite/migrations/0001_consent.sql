-- Profiles, addresses, consent, the ledger's events and their evidence. Times are microseconds since 1970 in UTC, words
-- are the bits of `consent::ConsentWord`, stamps are packed as `sqlite/stamps.rs` describes. Rows of profile and address
-- are never deleted, so ids are never given out twice.

CREATE TABLE workspace (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- Namespaces of the brand's own. The built-in ones have the codes 1 (email), 2 (phone), 3 (push).
CREATE TABLE namespace (
    workspace INTEGER NOT NULL,
    code INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (workspace, code),
    UNIQUE (workspace, name)
) WITHOUT ROWID;

CREATE TABLE profile (
    id INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    word INTEGER NOT NULL,
    country TEXT,
    external_id TEXT,
    locale TEXT,
    time_zone TEXT,
    created_at INTEGER NOT NULL,
    stamps BLOB,
    remainder TEXT,
    attributes TEXT
);
CREATE UNIQUE INDEX profile_external_id ON profile (workspace, external_id);

-- `raw` is null where it equals `key`.
CREATE TABLE address (
    id INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    profile INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    position INTEGER NOT NULL,
    word INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    key TEXT NOT NULL,
    raw TEXT,
    stamps BLOB
);
CREATE UNIQUE INDEX address_key ON address (workspace, namespace, key);
CREATE INDEX address_profile ON address (profile, namespace, position);

-- Values for subscription lists.
CREATE TABLE subscription (
    workspace INTEGER NOT NULL,
    profile INTEGER NOT NULL,
    list INTEGER NOT NULL,
    choice INTEGER NOT NULL,
    at INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (workspace, profile, list)
) WITHOUT ROWID;
CREATE INDEX subscription_list ON subscription (workspace, list, profile);

-- Senders that a recipient has blocked (SMS STOP to a number).
CREATE TABLE sender_block (
    workspace INTEGER NOT NULL,
    address INTEGER NOT NULL,
    sender TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (workspace, address, sender)
) WITHOUT ROWID;

-- One row per ledger entry. `id` is the leaf's index in the log, from 0, without gaps. `sets` is packed as
-- `sqlite/stamps.rs` describes; `commitment` is SHA-256 over salt and evidence, null without evidence.
CREATE TABLE ledger_event (
    id INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    profile INTEGER NOT NULL,
    address INTEGER,
    run INTEGER,
    occurred_at INTEGER,
    received_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    sets BLOB NOT NULL,
    commitment BLOB
);
CREATE INDEX ledger_event_profile ON ledger_event (profile, id);

-- Apart from the ledger, so that it can be erased while the ledger still verifies.
CREATE TABLE evidence (
    entry INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    salt BLOB NOT NULL,
    content TEXT NOT NULL
);

-- Keys that sign links, made from the master key and this seed; the newest signs, all verify.
CREATE TABLE link_key (
    id INTEGER PRIMARY KEY,
    seed BLOB NOT NULL,
    created_at INTEGER NOT NULL
);

INSERT INTO workspace (id, name) VALUES (1, 'main');
