-- Opt-outs by the run whose message they came through, for reports. Most entries belong to no run.
CREATE INDEX ledger_event_run ON ledger_event (workspace, run, id) WHERE run IS NOT NULL;
