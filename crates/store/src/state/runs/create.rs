//! Starting a run: its audience is fixed, and divided into parts.

use consent::{RunId, WorkspaceId};
use roaring::RoaringTreemap;

use super::{CAMPAIGN_LENGTH_MAX, PIECE_BYTES, SPEC_BYTES_MAX};
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::state::parts;
use crate::store::{Answer, Key, Store};
use crate::types::{NewRun, Run, RunState};

/// Bytes of [`NewRun::fingerprint`].
const FINGERPRINT_LENGTH_MAX: usize = 256;

impl Store {
    /// Starts a run with its audience fixed.
    pub fn create_run(&self, workspace: WorkspaceId, run: NewRun) -> Answer<Run> {
        self.write("create_run", Key::Workspace(workspace), move |db| {
            create_run(db, workspace, &run, db.part_size())
        })
    }
}

/// Starts a run with its audience fixed, in parts of `part_size` members, or whole.
pub(crate) fn create_run(
    db: &impl Db,
    workspace: WorkspaceId,
    run: &NewRun,
    part_size: Option<u64>,
) -> Result<Run> {
    const NEXT: &str = "SELECT coalesce(max(id), 0) + 1 FROM run WHERE workspace = ?1";
    const INSERT: &str = "INSERT INTO run
        (workspace, id, campaign, configuration, list, state, audience_size, created_at, fingerprint, spec)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    check(db, workspace, run)?;
    let made = Run {
        id: RunId(db.one(NEXT, params![workspace.0], |row| row.get(0))?),
        campaign: run.campaign.clone(),
        configuration: run.configuration,
        list: run.list,
        fingerprint: run.fingerprint.clone(),
        spec: run.spec.clone(),
        audience_size: run.audience.len(),
        state: RunState::Open,
        created_at: run.created_at,
        finished_at: None,
    };
    let values = params![
        workspace.0,
        made.id.0,
        &made.campaign,
        made.configuration.0,
        made.list.map(|list| list.0),
        made.state as u8,
        made.audience_size.cast_signed(),
        made.created_at.0,
        &made.fingerprint,
        &made.spec,
    ];
    db.execute(INSERT, values)?;
    store_audience(db, workspace, made.id, &run.audience)?;
    parts::create(db, workspace, made.id, &run.audience, part_size)?;
    Ok(made)
}

fn check(db: &impl Db, workspace: WorkspaceId, run: &NewRun) -> Result<()> {
    const CONFIGURATION: &str =
        "SELECT EXISTS (SELECT 1 FROM configuration WHERE workspace = ?1 AND id = ?2)";
    const LIST: &str = "SELECT EXISTS (SELECT 1 FROM list WHERE workspace = ?1 AND id = ?2)";
    let there = |sql: &'static str, id: i64| db.one(sql, params![workspace.0, id], |row| row.get::<bool>(0));
    if !(1..=CAMPAIGN_LENGTH_MAX).contains(&run.campaign.len()) {
        return Err(invalid(&format!("a campaign's name has 1 to {CAMPAIGN_LENGTH_MAX} bytes")));
    }
    if run.spec.len() > SPEC_BYTES_MAX || run.fingerprint.len() > FINGERPRINT_LENGTH_MAX {
        return Err(invalid("the run's description is too long"));
    }
    if run.audience.max().is_some_and(|id| i64::try_from(id).is_err()) || run.audience.contains(0) {
        return Err(invalid("the audience holds something that is no profile id"));
    }
    if !there(CONFIGURATION, run.configuration.0)? {
        return Err(StoreError::Missing("the configuration".to_owned()));
    }
    match run.list {
        Some(list) if !there(LIST, list.0)? => Err(StoreError::Missing("the list".to_owned())),
        _ => Ok(()),
    }
}

fn store_audience(db: &impl Db, workspace: WorkspaceId, run: RunId, audience: &RoaringTreemap) -> Result<()> {
    const INSERT: &str = "INSERT INTO run_audience (workspace, run, piece, bytes) VALUES (?1, ?2, ?3, ?4)";
    let mut bytes = Vec::with_capacity(audience.serialized_size());
    audience.serialize_into(&mut bytes).map_err(|error| invalid(&error.to_string()))?;
    let pieces = (0_u32..).zip(bytes.chunks(PIECE_BYTES));
    let rows = pieces.map(|(number, piece)| [workspace.0.into(), run.0.into(), number.into(), piece.into()]);
    db.execute_all(INSERT, rows)?;
    Ok(())
}

fn invalid(why: &str) -> StoreError {
    StoreError::Invalid(why.to_owned())
}
