//! Who opted out through the messages of a run, whatever the way.

use std::collections::{BTreeMap, HashMap};

use consent::{EntryId, ProfileId, RunId, Source, Target, WorkspaceId};

use super::stamps::unpack_sets;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Applied, RunOptOuts};

/// Entries read at once.
const BATCH: i64 = 1_000;

impl Store {
    /// Who opted out through the messages of a run, by whatever way.
    pub fn run_opt_outs(&self, workspace: WorkspaceId, run: RunId) -> Answer<RunOptOuts> {
        self.query("run_opt_outs", Key::Run(workspace, run), move |db| count(db, workspace, run))
    }
}

/// What one person said.
struct Said {
    /// By which way first.
    source: Source,
    /// What the person is out of by this run, as far as it wasn't taken back.
    out_of: Vec<Target>,
}

/// Counts people once, by the way that came first. Who took all of it back isn't among them.
pub(crate) fn count(db: &impl Db, workspace: WorkspaceId, run: RunId) -> Result<RunOptOuts> {
    const SELECT: &str = "SELECT id, profile, source, sets FROM ledger_event
        WHERE workspace = ?1 AND run = ?2 AND id > ?3 ORDER BY id LIMIT ?4";
    let merged = merged(db, workspace, run)?;
    let mut people: HashMap<ProfileId, Said> = HashMap::new();
    let mut after = EntryId(-1);
    loop {
        let rows = db.all(SELECT, params![workspace.0, run.0, after.0, BATCH], |row| {
            let source: &str = row.get(2)?;
            let source: Source =
                source.parse().map_err(|_| StoreError::Damaged("a ledger entry's source".to_owned()))?;
            Ok((EntryId(row.get(0)?), ProfileId(row.get(1)?), source, unpack_sets(row.get(3)?)?.1))
        })?;
        let Some((last, ..)) = rows.last() else { break };
        after = *last;
        for (_, profile, source, sets) in rows {
            let profile = merged.get(&profile).copied().unwrap_or(profile);
            if source != Source::SELF_TEST {
                note(&mut people, profile, source, &sets);
            }
        }
    }
    let (out, undone): (Vec<Said>, Vec<Said>) =
        people.into_values().partition(|said| !said.out_of.is_empty());
    let mut by_source: BTreeMap<String, u64> = BTreeMap::new();
    for said in &out {
        *by_source.entry(said.source.as_str().to_owned()).or_default() += 1;
    }
    Ok(RunOptOuts { people: out.len() as u64, by_source, undone: undone.len() as u64 })
}

/// Who has become whom since then: a person counts once, though two profiles of theirs opted out.
fn merged(db: &impl Db, workspace: WorkspaceId, run: RunId) -> Result<HashMap<ProfileId, ProfileId>> {
    const SELECT: &str = "SELECT DISTINCT m.from_profile, m.into_profile FROM ledger_event e
        JOIN profile_merged m ON m.workspace = e.workspace AND m.from_profile = e.profile
        WHERE e.workspace = ?1 AND e.run = ?2";
    const NEXT: &str = "SELECT into_profile FROM profile_merged WHERE workspace = ?1 AND from_profile = ?2";
    let pairs = db.all(SELECT, params![workspace.0, run.0], |row| {
        Ok((ProfileId(row.get(0)?), ProfileId(row.get(1)?)))
    })?;
    let mut merged = HashMap::with_capacity(pairs.len());
    for (from, mut into) in pairs {
        // Whom one was merged into may have been merged in turn.
        while let Some(next) = db.first(NEXT, params![workspace.0, into.0], |row| row.get(0))? {
            into = ProfileId(next);
        }
        merged.insert(from, into);
    }
    Ok(merged)
}

fn note(people: &mut HashMap<ProfileId, Said>, profile: ProfileId, source: Source, sets: &[Applied]) {
    let refused = sets.iter().filter(|set| set.new.is_no()).map(|set| set.target);
    let refused: Vec<Target> = refused.collect();
    if !refused.is_empty() {
        let said = people.entry(profile).or_insert_with(|| Said { source, out_of: Vec::new() });
        said.out_of.extend(refused);
    } else if let Some(said) = people.get_mut(&profile) {
        // An undo, or another choice by the same message.
        said.out_of.retain(|target| !sets.iter().any(|set| set.target == *target));
    }
}
