-- A data directory's database of schema version 10, whose ledger has leaves of the first form; see first_leaves.rs.
BEGIN TRANSACTION;
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
INSERT INTO "address" VALUES(1,1,1,1,0,32,0,'ann@example.com',NULL,X'010006617B1D8208030000000000000004');
INSERT INTO "address" VALUES(2,1,1,2,0,0,0,'+4930123456',NULL,NULL);
INSERT INTO "address" VALUES(3,1,2,1,0,0,0,'bob@example.com',NULL,NULL);
INSERT INTO "address" VALUES(4,1,3,1,0,0,0,'eve@example.com',NULL,NULL);
INSERT INTO "address" VALUES(5,1,4,1,0,0,0,'cy@example.com',NULL,NULL);
INSERT INTO "address" VALUES(6,1,4,2,0,0,0,'+4930123457',NULL,NULL);
INSERT INTO "address" VALUES(7,1,5,1,0,0,0,'stranger@example.com',NULL,NULL);
CREATE TABLE allow_entry (
    workspace   INTEGER NOT NULL,
    namespace   TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    added_at    INTEGER NOT NULL, comment TEXT NOT NULL DEFAULT '', added_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (workspace, namespace, value)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE evidence (
    entry INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    salt BLOB NOT NULL,
    content TEXT NOT NULL
);
INSERT INTO "evidence" VALUES(4,1,X'0D9CA4FE8FD49364B0571358A23CD6CF','{"reason":"rang us"}');
CREATE TABLE feedback (
    workspace    INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    kind         INTEGER NOT NULL,
    reason       INTEGER,
    namespace    TEXT,
    value        TEXT,
    raw          TEXT,
    profile      INTEGER,
    address      INTEGER,
    run          INTEGER,
    at           INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    detail       TEXT    NOT NULL
) STRICT;
CREATE TABLE landing_page (
    workspace  INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    latest     INTEGER NOT NULL,
    published  INTEGER,
    name       TEXT    NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "ledger_event" VALUES(0,1,1,NULL,NULL,1741064767123456,1796031264081022,'import',X'0101020180000000000000000101',NULL);
INSERT INTO "ledger_event" VALUES(1,1,2,NULL,NULL,1741046400000000,1796031264081022,'import',X'0102',NULL);
INSERT INTO "ledger_event" VALUES(2,1,3,NULL,NULL,1704067200000000,1796031264081022,'import',X'010180000000000000000102',NULL);
INSERT INTO "ledger_event" VALUES(3,1,4,NULL,NULL,NULL,1796031264081022,'import',X'020380000000000000000101',NULL);
INSERT INTO "ledger_event" VALUES(4,1,1,1,NULL,1796031264196611,1796031264196612,'phone-call',X'4102',X'0868D9FF9DDFAAC580BBB8778E3AB61507C8D06F2EF685E68C7E7D1251A5D333');
INSERT INTO "ledger_event" VALUES(5,1,5,7,NULL,1796031264248600,1796031264248602,'operator',X'0002',NULL);
INSERT INTO "ledger_event" VALUES(6,1,4,5,NULL,1796031264373579,1796031264373582,'operator',X'80000000000000000112',NULL);
INSERT INTO "ledger_event" VALUES(7,1,1,2,NULL,1796031264485433,1796031264485435,'operator',X'0212',NULL);
INSERT INTO "ledger_event" VALUES(8,1,1,1,NULL,1796031264586208,1796031264586210,'operator',X'0002',NULL);
CREATE TABLE link_key (
    id INTEGER PRIMARY KEY,
    seed BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
INSERT INTO "link_key" VALUES(1,X'810E585A12F83D52F99B239DB19C53A6CA49156AB2E89EBFA3A1E7875F8DE197',1796031263928420);
CREATE TABLE list (
    workspace   INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    starts_at   INTEGER,
    ends_at     INTEGER,
    created_at  INTEGER NOT NULL, public INTEGER NOT NULL DEFAULT 0, double_opt_in INTEGER NOT NULL DEFAULT 1, position INTEGER NOT NULL DEFAULT 0, texts TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "list" VALUES(1,1,'news',NULL,NULL,1796031264007367,1,0,0,'{"en":{"title":"News"}}');
INSERT INTO "list" VALUES(1,2,'recipes',NULL,NULL,1796031264042954,0,1,0,'{}');
CREATE TABLE namespace (
    workspace INTEGER NOT NULL,
    code INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (workspace, code),
    UNIQUE (workspace, name)
) WITHOUT ROWID;
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
CREATE TABLE opt_out_reason (
    entry      INTEGER PRIMARY KEY,
    workspace  INTEGER NOT NULL,
    profile    INTEGER NOT NULL,
    run        INTEGER,
    at         INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    text       TEXT    NOT NULL
) STRICT;
CREATE TABLE paced_send (
    workspace  INTEGER NOT NULL,
    profile    INTEGER NOT NULL,
    channel    INTEGER NOT NULL,
    run        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (workspace, profile, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE page_asset (
    workspace     INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    content_type  TEXT    NOT NULL,
    hash          BLOB    NOT NULL,
    bytes         BLOB    NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT;
CREATE TABLE page_look (
    workspace   INTEGER PRIMARY KEY,
    version     INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    body        TEXT    NOT NULL
) STRICT;
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
INSERT INTO "profile" VALUES(1,1,216172782113784338,NULL,'1',NULL,NULL,1796031264081022,X'0100062F7D3AF9B0000000000000000000020006617B1D8670390000000000000007000006617B1D87F9E00000000000000008',NULL,NULL);
INSERT INTO "profile" VALUES(2,1,32,NULL,'2',NULL,NULL,1796031264081022,X'0100062F78F435A0000000000000000001',NULL,NULL);
INSERT INTO "profile" VALUES(3,1,144115188075855888,NULL,'3',NULL,NULL,1796031264081022,X'0100060DD7102120000000000000000002',NULL,NULL);
INSERT INTO "profile" VALUES(4,1,144115188075856640,NULL,'4',NULL,NULL,1796031264081022,X'0280000000000000000000000000000003',NULL,NULL);
INSERT INTO "profile" VALUES(5,1,2,NULL,NULL,NULL,NULL,1796031264248602,X'000006617B1D82D3180000000000000005',NULL,NULL);
CREATE TABLE profile_merged (
    workspace     INTEGER NOT NULL,
    from_profile  INTEGER NOT NULL,
    into_profile  INTEGER NOT NULL,
    PRIMARY KEY (workspace, from_profile)
) STRICT, WITHOUT ROWID;
CREATE TABLE rate_limit (
    workspace   INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    tat         INTEGER NOT NULL, -- theoretical arrival time of GCRA, microseconds since 1970
    PRIMARY KEY (workspace, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE repeated_refusal (
    entry INTEGER PRIMARY KEY
) STRICT;
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
CREATE TABLE run_audience (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    piece       INTEGER NOT NULL,
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (workspace, run, piece)
) STRICT;
CREATE TABLE run_claim (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    part        INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    claimed_at  INTEGER NOT NULL,
    members     BLOB    NOT NULL, -- see claims/members.rs
    PRIMARY KEY (workspace, run, part, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_exclusion (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    hi          INTEGER NOT NULL,
    reason      INTEGER NOT NULL,
    members     BLOB    NOT NULL,
    PRIMARY KEY (workspace, run, hi, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_part (
    workspace      INTEGER NOT NULL,
    run            INTEGER NOT NULL,
    part           INTEGER NOT NULL, -- from 1
    after_profile  INTEGER,          -- its members are above this one ...
    until_profile  INTEGER NOT NULL, -- ... up to this one
    cursor         INTEGER,          -- the last profile claimed; walked when it is until_profile
    claims         INTEGER NOT NULL, -- number of the latest claim
    generation     INTEGER NOT NULL, -- how often it was taken: who took it before is fenced off
    PRIMARY KEY (workspace, run, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE sender_block (
    workspace INTEGER NOT NULL,
    address INTEGER NOT NULL,
    sender TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (workspace, address, sender)
) WITHOUT ROWID;
CREATE TABLE settings (
    workspace   INTEGER NOT NULL PRIMARY KEY,
    body        TEXT    NOT NULL
) STRICT;
INSERT INTO "settings" VALUES(1,'{"default_consent":{},"named_basis_refuses":false,"jurisdiction_pack":false,"soft_bounce_limit":null,"mail_domains":[],"allow_lists_active":[],"public_url":"http://127.0.0.1:18025","brand":"Old Brand","opt_out_reasons":null}');
CREATE TABLE soft_bounce (
    workspace   INTEGER NOT NULL,
    value       TEXT    NOT NULL,
    namespace   TEXT    NOT NULL,
    since       INTEGER NOT NULL,
    times       BLOB    NOT NULL,
    PRIMARY KEY (workspace, value, namespace)
) STRICT, WITHOUT ROWID;
CREATE TABLE subscription (
    workspace INTEGER NOT NULL,
    profile INTEGER NOT NULL,
    list INTEGER NOT NULL,
    choice INTEGER NOT NULL,
    at INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (workspace, profile, list)
) WITHOUT ROWID;
INSERT INTO "subscription" VALUES(1,1,1,1,1741064767123456,0);
INSERT INTO "subscription" VALUES(1,3,1,2,1704067200000000,2);
INSERT INTO "subscription" VALUES(1,4,1,2,1796031264373579,6);
CREATE TABLE suppression (
    place       INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace   INTEGER NOT NULL,
    namespace   TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    category    INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    added_by    TEXT    NOT NULL,
    added_at    INTEGER NOT NULL,
    updated_at  INTEGER,
    expires_at  INTEGER
) STRICT;
CREATE TABLE suppression_filter (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    covered INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    room    INTEGER NOT NULL,
    bits    BLOB    NOT NULL
) STRICT;
CREATE TABLE suppression_hashed (
    workspace   INTEGER NOT NULL,
    namespace   TEXT    NOT NULL,
    PRIMARY KEY (workspace, namespace)
) STRICT, WITHOUT ROWID;
CREATE TABLE suppression_removed (
    workspace       INTEGER NOT NULL,
    namespace       TEXT    NOT NULL,
    value           TEXT    NOT NULL,
    category        INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    reason          TEXT    NOT NULL,
    added_by        TEXT    NOT NULL,
    added_at        INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    expires_at      INTEGER,
    of_category     INTEGER, -- which category was to be removed; null: all
    removal_reason  TEXT    NOT NULL,
    removed_by      TEXT    NOT NULL,
    removed_at      INTEGER NOT NULL,
    PRIMARY KEY (workspace, namespace, value, category, number)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE text_hold (
    workspace   INTEGER NOT NULL,
    address     INTEGER NOT NULL,
    message     BLOB    NOT NULL,
    since       INTEGER NOT NULL,
    refused     INTEGER,
    decided_by  TEXT,
    decided_at  INTEGER
) STRICT;
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
CREATE TABLE text_part (
    workspace    INTEGER NOT NULL,
    message      BLOB    NOT NULL,
    number       INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    received_at  INTEGER NOT NULL
) STRICT;
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
CREATE TABLE unclaimed_profile (
    profile INTEGER PRIMARY KEY
) STRICT;
INSERT INTO "unclaimed_profile" VALUES(5);
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
CREATE TABLE workspace (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO "workspace" VALUES(1,'main');
CREATE UNIQUE INDEX profile_external_id ON profile (workspace, external_id);
CREATE UNIQUE INDEX address_key ON address (workspace, namespace, key);
CREATE INDEX address_profile ON address (profile, namespace, position);
CREATE INDEX subscription_list ON subscription (workspace, list, profile);
CREATE INDEX ledger_event_profile ON ledger_event (profile, id);
CREATE UNIQUE INDEX list_name ON list (workspace, name);
CREATE UNIQUE INDEX configuration_version ON configuration (workspace, name, version);
CREATE INDEX run_campaign ON run (workspace, campaign);
CREATE INDEX delivery_due ON delivery (workspace, run, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_unsent ON delivery (workspace, run, state) WHERE state <> 1;
CREATE INDEX profile_merged_into ON profile_merged (workspace, into_profile);
CREATE INDEX suppression_removed_at ON suppression_removed (workspace, removed_at);
CREATE UNIQUE INDEX feedback_id ON feedback (workspace, id);
CREATE INDEX feedback_run ON feedback (workspace, run, kind, reason);
CREATE INDEX feedback_address ON feedback (workspace, namespace, value, at) WHERE value IS NOT NULL;
CREATE UNIQUE INDEX text_message_id ON text_message (workspace, id);
CREATE INDEX text_message_address ON text_message (workspace, address, received_at, id);
CREATE UNIQUE INDEX text_hold_key ON text_hold (workspace, address, message);
CREATE INDEX text_hold_open ON text_hold (workspace, since, message) WHERE decided_at IS NULL;
CREATE INDEX text_hold_open_address ON text_hold (workspace, address) WHERE decided_at IS NULL;
CREATE INDEX text_reply_waiting ON text_reply (workspace, received_at, message) WHERE state = 1;
CREATE UNIQUE INDEX text_part_key ON text_part (workspace, message, number);
CREATE INDEX text_part_received ON text_part (workspace, received_at);
CREATE UNIQUE INDEX suppression_key ON suppression (workspace, namespace, value, category);
CREATE INDEX suppression_added ON suppression (workspace, added_at);
CREATE UNIQUE INDEX notice_key ON notice (workspace, hash, kind, list);
CREATE INDEX notice_open ON notice (workspace, due_at) WHERE state < 3;
CREATE INDEX notice_at ON notice (workspace, at);
CREATE UNIQUE INDEX opt_in_request_id ON opt_in_request (workspace, address, id);
CREATE INDEX opt_out_reason_code ON opt_out_reason (workspace, run, code);
CREATE UNIQUE INDEX landing_page_name ON landing_page (workspace, name);
COMMIT;
PRAGMA user_version = 10;
