//! Ledger entries, what proves them, and which wait for their place in the log.

use std::collections::HashMap;

use consent::EntryId;

use super::{Write, gather};
use crate::postgres::working_set::{Change, Mark, QueuedEvent};

const EVENT: &str = "INSERT INTO ledger_event
        (profile, id, workspace, address, run, occurred_at, received_at, source, sets, commitment)
    SELECT profile, id, ?1, address, run, occurred_at, received_at, source, sets, commitment
    FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::BIGINT[], ?5::BIGINT[], ?6::BIGINT[], ?7::BIGINT[],
        ?8::TEXT[], ?9::BYTEA[], ?10::BYTEA[])
        AS new (profile, id, address, run, occurred_at, received_at, source, sets, commitment)";
const PENDING: &str = "INSERT INTO ledger_pending (entry, profile)
    SELECT entry, profile FROM unnest(?2::BIGINT[], ?3::BIGINT[]) AS new (entry, profile)
    WHERE ?1::BIGINT IS NOT NULL";
const EVIDENCE: &str = "INSERT INTO evidence (entry, workspace, salt, content)
    SELECT entry, ?1, salt, content FROM unnest(?2::BIGINT[], ?3::BYTEA[], ?4::TEXT[])
        AS new (entry, salt, content)";
const REPEATED: &str = "INSERT INTO repeated_refusal (entry)
    SELECT entry FROM unnest(?2::BIGINT[]) AS new (entry) WHERE ?1::BIGINT IS NOT NULL
    ON CONFLICT (entry) DO NOTHING";

/// Rows of entries.
pub(super) fn gather_entries<'a>(events: &'a [QueuedEvent], writes: &mut Vec<Write<'a>>) {
    gather!(writes, Each EVENT, events, |queued| [
        queued.event.profile.0,
        queued.event.id.0,
        queued.event.address.map(|address| address.0),
        queued.event.run.map(|run| run.0),
        queued.event.occurred_at.map(|at| at.0),
        queued.event.received_at.0,
        queued.event.source.as_str(),
        queued.sets.as_slice(),
        queued.event.commitment.as_ref().map(<[u8; 32]>::as_slice),
    ]);
    gather!(writes, Each PENDING, events, |queued| [queued.event.id.0, queued.event.profile.0]);
    let proved = events.iter().filter_map(|queued| Some((queued.event.id.0, queued.evidence.as_ref()?)));
    let proved: Vec<_> = proved.collect();
    gather!(writes, Each EVIDENCE, proved, |(id, (salt, content))| [*id, salt.as_slice(), content.as_str()]);
}

/// Which entries' refusals have been said again. They were perhaps before: that isn't looked up.
pub(super) fn gather_repeated(repeated: &HashMap<EntryId, Mark>, writes: &mut Vec<Write<'_>>) {
    let new = repeated.iter().filter(|(_, mark)| mark.change() == Change::Insert);
    let mut new: Vec<i64> = new.map(|(entry, _)| entry.0).collect();
    new.sort_unstable();
    gather!(writes, Some REPEATED, new, |entry| [*entry]);
}
