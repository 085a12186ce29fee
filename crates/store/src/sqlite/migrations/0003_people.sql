-- Profiles that stand for nothing but an address: made when it first turned up in a refusal or a message, and never
-- part of an import. An import that says whose address it is merges them.
CREATE TABLE unclaimed_profile (
    profile INTEGER PRIMARY KEY
) STRICT;

-- Whose address a merged profile's was. Its row stays, without an address or a choice, so that its id isn't given out
-- again; its ledger entries keep its id, under whose pseudonym they are in the log.
CREATE TABLE profile_merged (
    workspace     INTEGER NOT NULL,
    from_profile  INTEGER NOT NULL,
    into_profile  INTEGER NOT NULL,
    PRIMARY KEY (workspace, from_profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX profile_merged_into ON profile_merged (workspace, into_profile);

-- Entries whose refusal a file has said again with a later time: they can't be undone any more.
CREATE TABLE repeated_refusal (
    entry INTEGER PRIMARY KEY
) STRICT;
