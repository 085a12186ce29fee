-- Runs are split into parts, so that several nodes can work on one; a limit of sending speed is kept here too.

-- A contiguous piece of a run's audience. Written with every claim.
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

-- Runs so far have one part, open upwards: their last member can't be read here. State 2 is finished.
INSERT INTO run_part (workspace, run, part, after_profile, until_profile, cursor, claims, generation)
SELECT run.workspace, run.id, 1, NULL, 9223372036854775807,
    CASE WHEN run.state = 2 THEN 9223372036854775807 ELSE run_progress.cursor END, run_progress.claims, 0
FROM run JOIN run_progress ON run_progress.workspace = run.workspace AND run_progress.run = run.id
WHERE run.audience_size > 0;
DROP TABLE run_progress;

ALTER TABLE run_claim RENAME TO run_claim_before;
CREATE TABLE run_claim (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    part        INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    claimed_at  INTEGER NOT NULL,
    members     BLOB    NOT NULL, -- see claims/members.rs
    PRIMARY KEY (workspace, run, part, number)
) STRICT, WITHOUT ROWID;
INSERT INTO run_claim (workspace, run, part, number, claimed_at, members)
SELECT workspace, run, 1, number, claimed_at, members FROM run_claim_before;
DROP TABLE run_claim_before;

-- When the next message may go, per relay.
CREATE TABLE rate_limit (
    workspace   INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    tat         INTEGER NOT NULL, -- theoretical arrival time of GCRA, microseconds since 1970
    PRIMARY KEY (workspace, key)
) STRICT, WITHOUT ROWID;
