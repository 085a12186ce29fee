-- Why a message waits or was left out, with what the reason is about.
-- A cause is the code of a reason (lowest 8 bits) and the id of the policy, cap, quiet hours or pack row (the 32 above).

-- Whom a run left out for a reason with a detail; those without stay in run_exclusion.
CREATE TABLE run_cause (
    workspace   INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    hi          INTEGER NOT NULL,
    cause       INTEGER NOT NULL,
    members     BLOB    NOT NULL,
    PRIMARY KEY (workspace, run, hi, cause)
) STRICT, WITHOUT ROWID;

-- What the message waits for by our own decision; 0: nothing, or what the server said.
ALTER TABLE delivery ADD COLUMN cause INTEGER NOT NULL DEFAULT 0;
