-- The state on PostgreSQL. Columns are named and mean what they do in ../../sqlite/migrations; keys hold the column by
-- which Citus distributes the table (see ../citus.rs). Times are microseconds since 1970 in UTC, words are the bits of
-- `consent::ConsentWord`, stamps and sets are packed as `state/stamps.rs` describes.

CREATE TABLE workspace (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO workspace (id, name) VALUES (1, 'main');

-- One row: a fingerprint of the master key that every node must have.
CREATE TABLE master_key (
    id SMALLINT PRIMARY KEY,
    fingerprint BYTEA NOT NULL
);

CREATE TABLE namespace (
    workspace BIGINT NOT NULL,
    code SMALLINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (workspace, code),
    UNIQUE (workspace, name)
);

-- Nodes take ids of profiles and addresses in blocks, and of entries a block per transaction, so that an entry's id tells
-- roughly when it was made.
CREATE SEQUENCE profile_id INCREMENT BY 256;
CREATE SEQUENCE address_id INCREMENT BY 256;
CREATE SEQUENCE entry_id MINVALUE 0 START 0 INCREMENT BY 256;

CREATE TABLE profile (
    id BIGINT PRIMARY KEY,
    workspace BIGINT NOT NULL,
    word BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    country TEXT,
    external_id TEXT,
    locale TEXT,
    time_zone TEXT,
    stamps BYTEA,
    remainder TEXT,
    attributes TEXT
) WITH (fillfactor = 80);

CREATE TABLE profile_external_id (
    external_id TEXT NOT NULL,
    workspace BIGINT NOT NULL,
    profile BIGINT NOT NULL,
    PRIMARY KEY (external_id, workspace)
);

CREATE TABLE unclaimed_profile (
    profile BIGINT PRIMARY KEY
);

CREATE TABLE profile_merged (
    from_profile BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    into_profile BIGINT NOT NULL,
    PRIMARY KEY (from_profile, workspace)
);
CREATE INDEX profile_merged_into ON profile_merged (into_profile);

-- `raw` is null where it equals `key`.
CREATE TABLE address (
    profile BIGINT NOT NULL,
    id BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    word BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    position INTEGER NOT NULL,
    namespace SMALLINT NOT NULL,
    key TEXT NOT NULL,
    raw TEXT,
    stamps BYTEA,
    PRIMARY KEY (profile, id)
) WITH (fillfactor = 80);

-- Whose an address is, by its key and by its id.
CREATE TABLE address_key (
    key TEXT NOT NULL,
    namespace SMALLINT NOT NULL,
    workspace BIGINT NOT NULL,
    address BIGINT NOT NULL,
    profile BIGINT NOT NULL,
    PRIMARY KEY (key, namespace, workspace)
);
CREATE TABLE address_owner (
    address BIGINT PRIMARY KEY,
    workspace BIGINT NOT NULL,
    profile BIGINT NOT NULL
);

CREATE TABLE subscription (
    profile BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    list BIGINT NOT NULL,
    at BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    choice SMALLINT NOT NULL,
    PRIMARY KEY (profile, workspace, list)
);
-- Not by workspace first: without statistics it would look as good as the key for finding a person's.
CREATE INDEX subscription_list ON subscription (list, workspace);

CREATE TABLE sender_block (
    address BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    sender TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (address, workspace, sender)
);

-- One row per ledger entry. Its place in the log is in `ledger_leaf`, once it has one.
CREATE TABLE ledger_event (
    profile BIGINT NOT NULL,
    id BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    address BIGINT,
    run BIGINT,
    occurred_at BIGINT,
    received_at BIGINT NOT NULL,
    source TEXT NOT NULL,
    sets BYTEA NOT NULL,
    commitment BYTEA,
    PRIMARY KEY (profile, id)
);
CREATE INDEX ledger_event_id ON ledger_event (id);

CREATE TABLE evidence (
    entry BIGINT PRIMARY KEY,
    workspace BIGINT NOT NULL,
    salt BYTEA NOT NULL,
    content TEXT NOT NULL
);

CREATE TABLE repeated_refusal (
    entry BIGINT PRIMARY KEY
);

-- Entries without a place in the log yet.
CREATE TABLE ledger_pending (
    entry BIGINT PRIMARY KEY,
    profile BIGINT NOT NULL
);
-- An entry's place, from 0, without gaps.
CREATE TABLE ledger_leaf (
    entry BIGINT PRIMARY KEY,
    leaf BIGINT NOT NULL,
    profile BIGINT NOT NULL
);
CREATE INDEX ledger_leaf_leaf ON ledger_leaf (leaf);
-- One row: how many places are given out.
CREATE TABLE ledger_head (
    id SMALLINT PRIMARY KEY,
    size BIGINT NOT NULL
);
INSERT INTO ledger_head (id, size) VALUES (1, 0);

CREATE TABLE link_key (
    id SMALLINT PRIMARY KEY,
    seed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE list (
    workspace BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    starts_at BIGINT,
    ends_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, id),
    UNIQUE (workspace, name)
);

CREATE TABLE suppression (
    value TEXT NOT NULL,
    namespace TEXT NOT NULL,
    workspace BIGINT NOT NULL,
    reason TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (value, namespace, workspace)
);

CREATE TABLE allow_entry (
    value TEXT NOT NULL,
    namespace TEXT NOT NULL,
    workspace BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (value, namespace, workspace)
);

CREATE TABLE settings (
    workspace BIGINT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE configuration (
    workspace BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, id),
    UNIQUE (workspace, name, version)
);

CREATE TABLE run (
    workspace BIGINT NOT NULL,
    id BIGINT NOT NULL,
    campaign TEXT NOT NULL,
    configuration BIGINT NOT NULL,
    list BIGINT,
    state SMALLINT NOT NULL,
    audience_size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    fingerprint TEXT NOT NULL,
    spec TEXT NOT NULL,
    PRIMARY KEY (workspace, id)
);
CREATE INDEX run_campaign ON run (workspace, campaign);

-- A contiguous piece of a run's audience, worked on by one node at a time: `generation` counts the takings.
CREATE TABLE run_part (
    run BIGINT NOT NULL,
    part BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    after_profile BIGINT,
    until_profile BIGINT NOT NULL,
    cursor BIGINT,
    claims BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (run, part, workspace)
) WITH (fillfactor = 50);

CREATE TABLE run_audience (
    run BIGINT NOT NULL,
    piece BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (run, piece, workspace)
);

CREATE TABLE run_claim (
    run BIGINT NOT NULL,
    part BIGINT NOT NULL,
    number BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    members BYTEA NOT NULL,
    PRIMARY KEY (run, part, number, workspace)
);

CREATE TABLE run_exclusion (
    run BIGINT NOT NULL,
    hi BIGINT NOT NULL,
    reason SMALLINT NOT NULL,
    workspace BIGINT NOT NULL,
    members BYTEA NOT NULL,
    PRIMARY KEY (run, hi, reason, workspace)
);

CREATE TABLE delivery (
    profile BIGINT NOT NULL,
    run BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    address BIGINT NOT NULL,
    at BIGINT NOT NULL,
    due_at BIGINT,
    attempts INTEGER NOT NULL,
    code INTEGER NOT NULL,
    state SMALLINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (run, profile, workspace)
);
CREATE INDEX delivery_due ON delivery (workspace, run, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_unsent ON delivery (workspace, run, state) WHERE state <> 1;
CREATE INDEX delivery_due_profile ON delivery (run, workspace, profile) WHERE due_at IS NOT NULL;

-- Turns of a transport's rate limit, shared among nodes: the time up to which they are given out.
CREATE TABLE rate_limit (
    key TEXT NOT NULL,
    workspace BIGINT NOT NULL,
    tat BIGINT NOT NULL,
    PRIMARY KEY (key, workspace)
);

-- How far a copy from another store has come.
CREATE TABLE copy_progress (
    what TEXT PRIMARY KEY,
    done TEXT NOT NULL
);
