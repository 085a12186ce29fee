-- A data directory of schema 10, one profile of each kind; see origin.rs.
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
INSERT INTO "address" VALUES(1,1,1,1,0,0,0,'withid@example.com',NULL,NULL);
INSERT INTO "address" VALUES(2,1,1,2,0,0,0,'+15005550101',NULL,NULL);
INSERT INTO "address" VALUES(3,1,2,1,0,0,0,'noid@example.com',NULL,NULL);
INSERT INTO "address" VALUES(4,1,3,1,0,0,0,'helped-first@example.com',NULL,NULL);
INSERT INTO "address" VALUES(5,1,4,2,0,0,0,'+15005550102',NULL,NULL);
INSERT INTO "address" VALUES(6,1,5,1,0,0,0,'saidyes@example.com',NULL,NULL);
INSERT INTO "address" VALUES(7,1,6,1,0,0,0,'open@example.com',NULL,NULL);
INSERT INTO "address" VALUES(8,1,7,1,0,0,0,'done@example.com',NULL,NULL);
INSERT INTO "address" VALUES(9,1,8,1,0,0,0,'single@example.com',NULL,NULL);
INSERT INTO "address" VALUES(10,1,9,2,0,0,0,'+15005550103',NULL,NULL);
INSERT INTO "address" VALUES(11,1,10,2,0,0,0,'+15005550104',NULL,NULL);
INSERT INTO "address" VALUES(12,1,11,2,0,0,0,'+15005550105',NULL,NULL);
INSERT INTO "address" VALUES(13,1,12,2,0,0,0,'+15005550106',NULL,NULL);
INSERT INTO "address" VALUES(14,1,13,2,0,0,0,'+15005550107',NULL,NULL);
INSERT INTO "address" VALUES(15,1,14,2,0,0,0,'+15005550108',NULL,NULL);
INSERT INTO "address" VALUES(16,1,15,1,0,0,0,'complained@example.com',NULL,NULL);
INSERT INTO "address" VALUES(17,1,16,1,0,0,0,'webhook@example.com',NULL,NULL);
INSERT INTO "address" VALUES(18,1,17,1,0,0,0,'optout@example.com',NULL,NULL);
INSERT INTO "address" VALUES(19,1,18,1,0,0,0,'phoned@example.com',NULL,NULL);
INSERT INTO "address" VALUES(20,1,19,2,0,0,0,'+15005550109',NULL,NULL);
INSERT INTO "address" VALUES(21,1,20,1,0,0,0,'filed@example.com',NULL,NULL);
INSERT INTO "address" VALUES(22,1,21,1,0,0,0,'filedout@example.com',NULL,NULL);
INSERT INTO "address" VALUES(23,1,22,2,0,0,0,'+15005550110',NULL,NULL);
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
INSERT INTO "configuration" VALUES(1,1,'marketing',1,X'D64974C347DECADAC82DC5C7646810857596BBDBA586276E6EEE5CADB94F1892',1796031282475607,'{"category":"marketing","channel":"email","from":"Lumen <hello@brand.example>","name":"marketing","public_url":"http://127.0.0.1:8085","transport":{"host":"127.0.0.1","port":2599,"tls":"none"}}');
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
INSERT INTO "delivery" VALUES(1,1,20,21,1,1,1796031282576894,250,NULL,NULL);
INSERT INTO "delivery" VALUES(1,1,21,22,1,1,1796031282580632,250,NULL,NULL);
CREATE TABLE evidence (
    entry INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    salt BLOB NOT NULL,
    content TEXT NOT NULL
);
INSERT INTO "evidence" VALUES(1,1,X'A9AB487BF9F4E34B0AA31A55F3E85E28','{"ip":"127.0.0.1","user_agent":"curl/7.88.1","raw":"{\"page\":\"subscribe\",\"version\":\"f4f952670825\",\"language\":\"en\",\"said\":\"Yes, this sender may send me “The News” by email. I can leave at any time by the link in each message.\"}"}');
INSERT INTO "evidence" VALUES(2,1,X'C51DCCAE3736E045585D88325A68DF5A','{"ip":"127.0.0.1","user_agent":"curl/7.88.1","raw":"{\"page\":\"subscribe\",\"version\":\"f4f952670825\",\"language\":\"en\",\"said\":\"Yes, this sender may send me “The News” by email. I can leave at any time by the link in each message.\"}"}');
INSERT INTO "evidence" VALUES(3,1,X'C8C24050DE18CE6D246CE6C3AC27CA6D','{"ip":"127.0.0.1","user_agent":"curl/7.88.1","raw":"{\"page\":\"subscribe\",\"version\":\"f4f952670825\",\"language\":\"en\",\"said\":\"Yes, this sender may send me “quick” by email. I can leave at any time by the link in each message.\"}"}');
INSERT INTO "evidence" VALUES(4,1,X'E56EAC163F72FF4EE432607979770EC7','{"ip":"127.0.0.1","user_agent":"curl/7.88.1","raw":"{\"page\":\"subscribe\",\"version\":\"f4f952670825\",\"language\":\"en\",\"said\":\"Yes, this sender may send me “The News” by email. I can leave at any time by the link in each message.\"}"}');
INSERT INTO "evidence" VALUES(5,1,X'BAC2A284C45AFBFB3401082C49EB4368','{"raw":"STOP"}');
INSERT INTO "evidence" VALUES(6,1,X'B83B79260F7549B1BB64EC8C0419150F','{"raw":"CAKE"}');
INSERT INTO "evidence" VALUES(7,1,X'C14973ABEA86AC2312138C904DCCBB7A','{"raw":"CAKE"}');
INSERT INTO "evidence" VALUES(8,1,X'6C129D904B544C30DBCD4E37A33ED2B0','{"raw":"YES"}');
INSERT INTO "evidence" VALUES(9,1,X'994E6CD5CDBFFD05EB39591DAC5E1639','{"raw":"{\"RecordType\":\"SpamComplaint\",\"ID\":7,\"Email\":\"complained@example.com\"}"}');
INSERT INTO "evidence" VALUES(10,1,X'D9B8A9E432F13644FA8D682FA58D87DB','{"raw":"{\"RecordType\":\"SubscriptionChange\",\"MessageID\":\"m8\",\"Recipient\":\"webhook@example.com\",\"SuppressSending\":true,\"Origin\":\"Recipient\",\"SuppressionReason\":\"ManualSuppression\",\"ChangedAt\":\"2026-01-01T10:00:00Z\"}"}');
INSERT INTO "evidence" VALUES(14,1,X'FF0259128D12C9513CA47870389C03EA','{"ip":"127.0.0.1","user_agent":"curl/7.88.1","raw":"{\"page\":\"confirm\",\"version\":\"f4f952670825\",\"language\":\"en\",\"said\":\"Press the button, and this sender sends “The News” to d…@example.com. If you didn’t ask for it, do nothing: then nothing comes.\\nYes, subscribe me\",\"asked_at\":\"2026-11-30T09:34:37.585591Z\",\"asked\":{\"ip\":\"127.0.0.1\",\"user_agent\":\"curl/7.88.1\",\"raw\":\"{\\\"page\\\":\\\"subscribe\\\",\\\"version\\\":\\\"f4f952670825\\\",\\\"language\\\":\\\"en\\\",\\\"said\\\":\\\"Yes, this sender may send me “The News” by email. I can leave at any time by the link in each message.\\\"}\"}}"}');
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
INSERT INTO "feedback" VALUES(1,X'506EA5980925592FAB54A92F4105F82A',4,NULL,'email','complained@example.com',NULL,NULL,NULL,NULL,1796031281732905,1796031281732905,'webhook:pm','{"RecordType":"SpamComplaint","ID":7,"Email":"complained@example.com"}');
INSERT INTO "feedback" VALUES(1,X'60D34E7B49D9097095E4ED3E07936492',5,NULL,'email','webhook@example.com',NULL,NULL,NULL,NULL,1767261600000000,1796031281758611,'webhook:pm','{"RecordType":"SubscriptionChange","MessageID":"m8","Recipient":"webhook@example.com","SuppressSending":true,"Origin":"Recipient","SuppressionReason":"ManualSuppression","ChangedAt":"2026-01-01T10:00:00Z"}');
INSERT INTO "feedback" VALUES(1,X'4E637DF0B1B4B0EE9735A372FB6A0F76',2,1,'email','bounced@example.com',NULL,NULL,NULL,NULL,1796031281813238,1796031281813238,'webhook:pm','');
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
INSERT INTO "ledger_event" VALUES(0,1,5,NULL,NULL,NULL,1796031274455595,'import',X'0101',NULL);
INSERT INTO "ledger_event" VALUES(1,1,6,7,NULL,1796031277555032,1796031277555032,'form',X'80000000000000000103',X'332F5D47E64EFBFB0379DCA38D43DC7D4578623A7FB06050900335284C52953C');
INSERT INTO "ledger_event" VALUES(2,1,7,8,NULL,1796031277585591,1796031277585591,'form',X'80000000000000000103',X'C7606415770098A1384F7E103DB3CA66DF12E0A54ADF3D8EE965143DA4BF2682');
INSERT INTO "ledger_event" VALUES(3,1,8,9,NULL,1796031277596645,1796031277596645,'form',X'80000000000000000201',X'1727191DF502EFA29E65E06FCC616979599F7A8D09B05B8F5110512365434D68');
INSERT INTO "ledger_event" VALUES(4,1,2,3,NULL,1796031277608035,1796031277608035,'form',X'80000000000000000103',X'68EA161097B46502A18C11C0F4460E7517F18B996F1E9A7F91E40259B713E52F');
INSERT INTO "ledger_event" VALUES(5,1,10,11,NULL,1796031281633340,1796031281633340,'sms',X'0202',X'E57112CCEAE8DE331F4DBEC6A215033E54A9A442A620C495D47DF80E08B5CE98');
INSERT INTO "ledger_event" VALUES(6,1,11,12,NULL,1796031281672178,1796031281672178,'sms',X'0203',X'2BB3C3C4D38030AF872E5F9F00089AA3ACC9429CA867D4A000F705283906CAF0');
INSERT INTO "ledger_event" VALUES(7,1,13,14,NULL,1796031281692513,1796031281692513,'sms',X'0203',X'C2128AC779B5B0515BFC12021512AA67F9528C1206565EE81CCFA4AE1A2DF706');
INSERT INTO "ledger_event" VALUES(8,1,13,14,NULL,1796031281702614,1796031281702614,'sms',X'0231',X'00FF458540E33337575256C12161735FB3A7DCD75B7088D074F2A9845C354072');
INSERT INTO "ledger_event" VALUES(9,1,15,16,NULL,1796031281732905,1796031281732905,'complaint',X'0102',X'F153FBB235B0370C3E214AAD0DBC8B09FC715A79E0E1AA0447665036BB745CD7');
INSERT INTO "ledger_event" VALUES(10,1,16,17,NULL,1767261600000000,1796031281758611,'webhook',X'0102',X'23C9DCD780B683D42B80C7852CF4AB162A10623E8BB88EF134C5DE27929C0CE8');
INSERT INTO "ledger_event" VALUES(11,1,17,18,NULL,1796031281841665,1796031281841666,'operator',X'0102',NULL);
INSERT INTO "ledger_event" VALUES(12,1,18,19,NULL,1796031282000931,1796031282000933,'operator',X'80000000000000000102',NULL);
INSERT INTO "ledger_event" VALUES(13,1,19,20,NULL,NULL,1796031282076416,'provider',X'0202',NULL);
INSERT INTO "ledger_event" VALUES(14,1,7,8,NULL,1796031282437490,1796031282437490,'confirm',X'80000000000000000131',X'470D6D4FD5E0615DE372AECC54B3136C320BE859BF0239B28435DD15E38677E7');
INSERT INTO "ledger_event" VALUES(15,1,21,22,NULL,1796031282619034,1796031282619034,'operator',X'80000000000000000102',NULL);
CREATE TABLE link_key (
    id INTEGER PRIMARY KEY,
    seed BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
INSERT INTO "link_key" VALUES(1,X'07FA8C21330BAC980383CC7DD4E02C96C8E69A99CA96F4E6F45B07F542F5ED98',1796031274196780);
CREATE TABLE list (
    workspace   INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    starts_at   INTEGER,
    ends_at     INTEGER,
    created_at  INTEGER NOT NULL, public INTEGER NOT NULL DEFAULT 0, double_opt_in INTEGER NOT NULL DEFAULT 1, position INTEGER NOT NULL DEFAULT 0, texts TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "list" VALUES(1,1,'news',NULL,NULL,1796031274217483,1,1,0,'{"en":{"title":"The News"}}');
INSERT INTO "list" VALUES(1,2,'quick',NULL,NULL,1796031274258110,1,0,0,'{}');
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
INSERT INTO "opt_in_request" VALUES(1,3,1,1,1796031277608035,4102444800000000,NULL,4,'{"ip":"127.0.0.1","user_agent":"curl/7.88.1","raw":"{\"page\":\"subscribe\",\"version\":\"f4f952670825\",\"language\":\"en\",\"said\":\"Yes, this sender may send me “The News” by email. I can leave at any time by the link in each message.\"}"}');
INSERT INTO "opt_in_request" VALUES(1,7,1,1,1796031277555032,4102444800000000,NULL,1,'{"ip":"127.0.0.1","user_agent":"curl/7.88.1","raw":"{\"page\":\"subscribe\",\"version\":\"f4f952670825\",\"language\":\"en\",\"said\":\"Yes, this sender may send me “The News” by email. I can leave at any time by the link in each message.\"}"}');
INSERT INTO "opt_in_request" VALUES(1,8,1,1,1796031277585591,1796204077585591,1796031282437490,2,'{"ip":"127.0.0.1","user_agent":"curl/7.88.1","raw":"{\"page\":\"subscribe\",\"version\":\"f4f952670825\",\"language\":\"en\",\"said\":\"Yes, this sender may send me “The News” by email. I can leave at any time by the link in each message.\"}"}');
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
INSERT INTO "profile" VALUES(1,1,0,NULL,'1',NULL,NULL,1796031274291574,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(2,1,144115188075855872,NULL,NULL,NULL,NULL,1796031274344680,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(3,1,0,NULL,NULL,NULL,NULL,1796031274344680,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(4,1,0,NULL,NULL,NULL,NULL,1796031274396799,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(5,1,16,NULL,NULL,NULL,NULL,1796031274455595,X'0180000000000000000000000000000000',NULL,NULL);
INSERT INTO "profile" VALUES(6,1,144115188075855872,NULL,NULL,NULL,NULL,1796031277555032,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(7,1,144115188075855872,NULL,NULL,NULL,NULL,1796031277585591,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(8,1,144115188075855872,NULL,NULL,NULL,NULL,1796031277596645,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(9,1,0,NULL,NULL,NULL,NULL,1796031281620583,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(10,1,512,NULL,NULL,NULL,NULL,1796031281633340,X'020006617B1E8C183C0000000000000005',NULL,NULL);
INSERT INTO "profile" VALUES(11,1,768,NULL,NULL,NULL,NULL,1796031281672178,X'020006617B1E8CAFF20000000000000006',NULL,NULL);
INSERT INTO "profile" VALUES(12,1,0,NULL,NULL,NULL,NULL,1796031281683111,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(13,1,256,NULL,NULL,NULL,NULL,1796031281692513,X'020006617B1E8D26D60000000000000008',NULL,NULL);
INSERT INTO "profile" VALUES(14,1,0,NULL,NULL,NULL,NULL,1796031281714387,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(15,1,32,NULL,NULL,NULL,NULL,1796031281732905,X'010006617B1E8D9D290000000000000009',NULL,NULL);
INSERT INTO "profile" VALUES(16,1,32,NULL,NULL,NULL,NULL,1796031281758611,X'0100064750A7E4A800000000000000000A',NULL,NULL);
INSERT INTO "profile" VALUES(17,1,32,NULL,NULL,NULL,NULL,1796031281841666,X'010006617B1E8F4601000000000000000B',NULL,NULL);
INSERT INTO "profile" VALUES(18,1,144115188075855872,NULL,NULL,NULL,NULL,1796031282000933,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(19,1,512,NULL,NULL,NULL,NULL,1796031282076416,X'020006617B1E92DB00000000000000000D',NULL,NULL);
INSERT INTO "profile" VALUES(20,1,0,NULL,NULL,NULL,NULL,1796031282475607,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(21,1,144115188075855872,NULL,NULL,NULL,NULL,1796031282475607,NULL,NULL,NULL);
INSERT INTO "profile" VALUES(22,1,0,NULL,NULL,NULL,NULL,1796031282712635,NULL,NULL,NULL);
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
INSERT INTO "run" VALUES(1,1,'filed',1,NULL,2,2,1796031282475607,1796031282582574,'fcb07a7bce71dde0366b443e86723ec4cabd7f8b85025773c8615729c3392a83','{"campaign":"filed","channel":"email","category":"marketing","sender":"Lumen"}');
CREATE TABLE run_audience (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    piece       INTEGER NOT NULL,
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (workspace, run, piece)
) STRICT;
INSERT INTO "run_audience" VALUES(1,1,0,X'0100000000000000000000003A30000001000000000001001000000014001500');
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
INSERT INTO "run_part" VALUES(1,1,1,NULL,21,21,1,1);
CREATE TABLE sender_block (
    workspace INTEGER NOT NULL,
    address INTEGER NOT NULL,
    sender TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (workspace, address, sender)
) WITHOUT ROWID;
INSERT INTO "sender_block" VALUES(1,11,'+15005550006',1796031281633340);
CREATE TABLE settings (
    workspace   INTEGER NOT NULL PRIMARY KEY,
    body        TEXT    NOT NULL
) STRICT;
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
INSERT INTO "subscription" VALUES(1,2,1,3,1796031277608035,4);
INSERT INTO "subscription" VALUES(1,6,1,3,1796031277555032,1);
INSERT INTO "subscription" VALUES(1,7,1,1,1796031282437490,14);
INSERT INTO "subscription" VALUES(1,8,2,1,1796031277596645,3);
INSERT INTO "subscription" VALUES(1,18,1,2,1796031282000931,12);
INSERT INTO "subscription" VALUES(1,21,1,2,1796031282619034,15);
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
INSERT INTO "suppression" VALUES(1,1,'email','complained@example.com',4,'complaint: {"RecordType":"SpamComplaint","ID":7,"Email":"complained@example.com"}','webhook:pm',1796031281732905,NULL,NULL);
INSERT INTO "suppression" VALUES(2,1,'email','bounced@example.com',2,'userunknown','webhook:pm',1796031281813238,NULL,NULL);
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
INSERT INTO "text_ask" VALUES(1,12,2,NULL,1796031281672178,4102444800000000,0);
INSERT INTO "text_ask" VALUES(1,14,2,NULL,1796031281692513,1796117681692513,1);
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
INSERT INTO "text_message" VALUES(1,X'10270E8097D93E7AEF95E7485486B6B8',9,10,'+15005550103',2,'+15005550006','HELP','help','keyword',1796031281620583,1796031281620583,'sms:main',NULL);
INSERT INTO "text_message" VALUES(1,X'C3DD8896D9CBE89E6070B2E8C5BFB932',10,11,'+15005550104',2,'+15005550006','STOP','opt_out','keyword',1796031281633340,1796031281633340,'sms:main',5);
INSERT INTO "text_message" VALUES(1,X'4C4A7B1CE254BA6CAA6640859279060F',4,5,'+15005550102',2,'+15005550006','HELP','help','keyword',1796031281646556,1796031281646556,'sms:main',NULL);
INSERT INTO "text_message" VALUES(1,X'50C9D9524E097BC5474DCFD00741991F',1,2,'+15005550101',2,'+15005550006','HELP','help','keyword',1796031281660792,1796031281660792,'sms:main',NULL);
INSERT INTO "text_message" VALUES(1,X'FA95E815CE0C2F827A34557D188A637B',11,12,'+15005550105',2,'+15005550006','CAKE','double_opt_in','keyword.own',1796031281672178,1796031281672178,'sms:main',6);
INSERT INTO "text_message" VALUES(1,X'35DE193C725C1D28975BA556B5EDFA4F',12,13,'+15005550106',2,'+15005550006','hello','none','nothing',1796031281683111,1796031281683111,'sms:main',NULL);
INSERT INTO "text_message" VALUES(1,X'E57240AA0C5E98F7A37391E3AB8DCE96',13,14,'+15005550107',2,'+15005550006','CAKE','double_opt_in','keyword.own',1796031281692513,1796031281692513,'sms:main',7);
INSERT INTO "text_message" VALUES(1,X'FDDD3EB160DA7D537EC1E5DC73FD390B',13,14,'+15005550107',2,'+15005550006','YES','opt_in','keyword',1796031281702614,1796031281702614,'sms:main',8);
INSERT INTO "text_message" VALUES(1,X'A7ECF8A9190DFEE5582F144FCDA11D2B',14,15,'+15005550108',2,'+15005550006','START','opt_in','keyword',1796031281714387,1796031281714387,'sms:main',NULL);
INSERT INTO "text_message" VALUES(1,X'014397D01AD1ED4F17C9A770915D1084',22,23,'+15005550110',2,'+15005550006','HELP','help','keyword',1796031282712635,1796031282712635,'sms:main',NULL);
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
INSERT INTO "unclaimed_profile" VALUES(6);
INSERT INTO "unclaimed_profile" VALUES(7);
INSERT INTO "unclaimed_profile" VALUES(8);
INSERT INTO "unclaimed_profile" VALUES(9);
INSERT INTO "unclaimed_profile" VALUES(10);
INSERT INTO "unclaimed_profile" VALUES(11);
INSERT INTO "unclaimed_profile" VALUES(12);
INSERT INTO "unclaimed_profile" VALUES(13);
INSERT INTO "unclaimed_profile" VALUES(14);
INSERT INTO "unclaimed_profile" VALUES(15);
INSERT INTO "unclaimed_profile" VALUES(16);
INSERT INTO "unclaimed_profile" VALUES(17);
INSERT INTO "unclaimed_profile" VALUES(18);
INSERT INTO "unclaimed_profile" VALUES(19);
INSERT INTO "unclaimed_profile" VALUES(20);
INSERT INTO "unclaimed_profile" VALUES(21);
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
PRAGMA user_version = 10;
