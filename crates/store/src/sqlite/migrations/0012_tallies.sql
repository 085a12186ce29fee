-- How often something happened within the last day, for limits that all nodes share. `hash` stands for what is counted,
-- keyed with the master key; `times` holds when (state/tallies.rs); `at` is the latest of them. Notices used to be counted
-- in rows of the kind 0 of their own table: those lapse with it.
CREATE TABLE tally (
    workspace   INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    times       BLOB    NOT NULL,
    PRIMARY KEY (workspace, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX tally_at ON tally (workspace, at);

-- Whether a notice was counted: one that is tried again counts once.
ALTER TABLE notice ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
