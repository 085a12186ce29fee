-- Who only turned up gets no marketing by default, and requests for lists stand outside of profiles. Columns mean what they
-- do in ../../sqlite/migrations/0011_origin.sql.
--
-- Programs of before would send to whom the new flag keeps marketing from: the first such profile closes the database to
-- them (see state/record/states.rs).
CREATE TABLE list_request (
    who BIGINT NOT NULL,
    workspace BIGINT NOT NULL,
    list BIGINT NOT NULL,
    id BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    namespace TEXT NOT NULL,
    address TEXT NOT NULL,
    asked TEXT NOT NULL,
    PRIMARY KEY (who, list, id, workspace)
);
CREATE INDEX list_request_open ON list_request (workspace, expires_at) WHERE confirmed_at IS NULL;
