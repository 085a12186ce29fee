-- Lists, suppression, settings, configurations, runs and what became of them.
-- Times are microseconds since 1970 in UTC; codes are those of the Rust enums and are never reassigned.

CREATE TABLE list (
    workspace   INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    starts_at   INTEGER,
    ends_at     INTEGER,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX list_name ON list (workspace, name);

-- Addresses (by their key) and, under the namespace email, domains: those hold no @.
CREATE TABLE suppression (
    workspace   INTEGER NOT NULL,
    namespace   TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    added_by    TEXT    NOT NULL,
    added_at    INTEGER NOT NULL,
    expires_at  INTEGER,
    PRIMARY KEY (workspace, namespace, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE allow_entry (
    workspace   INTEGER NOT NULL,
    namespace   TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    added_at    INTEGER NOT NULL,
    PRIMARY KEY (workspace, namespace, value)
) STRICT, WITHOUT ROWID;

-- One JSON object per workspace.
CREATE TABLE settings (
    workspace   INTEGER NOT NULL PRIMARY KEY,
    body        TEXT    NOT NULL
) STRICT;

CREATE TABLE configuration (
    workspace   INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    sha256      BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX configuration_version ON configuration (workspace, name, version);

CREATE TABLE run (
    workspace      INTEGER NOT NULL,
    id             INTEGER NOT NULL,
    campaign       TEXT    NOT NULL,
    configuration  INTEGER NOT NULL,
    list           INTEGER,
    state          INTEGER NOT NULL,
    audience_size  INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    finished_at    INTEGER,
    fingerprint    TEXT    NOT NULL,
    spec           TEXT    NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_campaign ON run (workspace, campaign);

-- Written with every claim, so apart from the run's wide row.
CREATE TABLE run_progress (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    cursor      INTEGER,
    claims      INTEGER NOT NULL, -- number of the latest claim
    PRIMARY KEY (workspace, run)
) STRICT, WITHOUT ROWID;

-- A serialised 64-bit roaring bitmap, cut into pieces.
CREATE TABLE run_audience (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    piece       INTEGER NOT NULL,
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (workspace, run, piece)
) STRICT;

-- Open claims: who is being mailed right now.
CREATE TABLE run_claim (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    claimed_at  INTEGER NOT NULL,
    members     BLOB    NOT NULL, -- see claims/members.rs
    PRIMARY KEY (workspace, run, number)
) STRICT, WITHOUT ROWID;

-- Whom a run left out and why: profile id = hi * 65536 + a member of the serialised roaring bitmap.
CREATE TABLE run_exclusion (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    hi          INTEGER NOT NULL,
    reason      INTEGER NOT NULL,
    members     BLOB    NOT NULL,
    PRIMARY KEY (workspace, run, hi, reason)
) STRICT, WITHOUT ROWID;

-- One row per message. A deferred one without due_at is in an open claim.
CREATE TABLE delivery (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    profile     INTEGER NOT NULL,
    address     INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    code        INTEGER NOT NULL,
    due_at      INTEGER,
    detail      TEXT,
    PRIMARY KEY (workspace, run, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (workspace, run, due_at) WHERE due_at IS NOT NULL;
-- Whatever isn't simply sent (state 1), which is little of it all.
CREATE INDEX delivery_unsent ON delivery (workspace, run, state) WHERE state <> 1;
