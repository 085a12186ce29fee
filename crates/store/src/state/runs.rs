//! Runs: what is sent to whom, and how far it is.

pub(crate) mod create;

use consent::{ListId, RunId, Timestamp, WorkspaceId};
use roaring::RoaringTreemap;

use crate::error::Result;
use crate::error::StoreError;
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{ConfigurationId, Run, RunGuard, RunState};

/// Bytes of a campaign's name.
pub(crate) const CAMPAIGN_LENGTH_MAX: usize = 256;
/// Bytes of [`crate::types::NewRun::spec`].
pub(crate) const SPEC_BYTES_MAX: usize = 1 << 20;
/// Bytes of an audience in one row.
pub(crate) const PIECE_BYTES: usize = 1 << 20;

impl Store {
    /// The latest run of a campaign.
    pub fn latest_run(&self, workspace: WorkspaceId, campaign: &str) -> Answer<Option<Run>> {
        let campaign = campaign.to_owned();
        self.query("latest_run", Key::Workspace(workspace), move |db| latest_run(db, workspace, &campaign))
    }

    /// A run by id.
    pub fn run(&self, workspace: WorkspaceId, run: RunId) -> Answer<Option<Run>> {
        self.query("run", Key::Run(workspace, run), move |db| self::run(db, workspace, run))
    }

    /// All runs, newest first, at most `limit`.
    pub fn runs(&self, workspace: WorkspaceId, limit: usize) -> Answer<Vec<Run>> {
        self.query("runs", Key::Workspace(workspace), move |db| runs(db, workspace, limit))
    }

    /// The run's audience.
    pub fn audience(&self, workspace: WorkspaceId, run: RunId) -> Answer<RoaringTreemap> {
        self.query("audience", Key::Run(workspace, run), move |db| audience(db, workspace, run))
    }

    /// Ends a run, or reopens it.
    pub fn set_run_state(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: RunState,
        at: Timestamp,
    ) -> Answer<()> {
        self.write("set_run_state", Key::Run(workspace, run), move |db| {
            set_run_state(db, workspace, run, state, at)
        })
    }

    /// Takes the run for this process, or fails with [`StoreError::Busy`] while another works on it. The guard's end,
    /// or the death of the process, frees it. Run 0, which there never is, stands for starting runs.
    pub fn lock_run(&self, workspace: WorkspaceId, run: RunId) -> Answer<RunGuard> {
        let store = self.clone();
        Box::pin(async move {
            store.lock(workspace, run, 0).await?.ok_or_else(|| StoreError::Busy(run.to_string()))
        })
    }
}

/// The run's audience.
pub(crate) fn audience(db: &impl Db, workspace: WorkspaceId, run: RunId) -> Result<RoaringTreemap> {
    const SELECT: &str = "SELECT bytes FROM run_audience WHERE workspace = ?1 AND run = ?2 ORDER BY piece";
    let mut bytes = Vec::new();
    db.each(SELECT, params![workspace.0, run.0], |row| {
        bytes.extend_from_slice(row.get(0)?);
        Ok(())
    })?;
    if bytes.is_empty() {
        return Err(missing(run));
    }
    RoaringTreemap::deserialize_from(bytes.as_slice())
        .map_err(|error| StoreError::Damaged(format!("audience of {run}: {error}")))
}

/// Selects what [`read_run`] reads.
macro_rules! select_run {
    ($rest:literal) => {
        concat!(
            "SELECT id, campaign, configuration, list, fingerprint, spec, audience_size, state, created_at, finished_at
             FROM run WHERE workspace = ?1 ",
            $rest
        )
    };
}

fn read_run(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        id: RunId(row.get(0)?),
        campaign: row.get(1)?,
        configuration: ConfigurationId(row.get(2)?),
        list: row.get::<Option<_>>(3)?.map(ListId),
        fingerprint: row.get(4)?,
        spec: row.get(5)?,
        audience_size: row.get(6)?,
        state: state_from(row.get(7)?)?,
        created_at: Timestamp(row.get(8)?),
        finished_at: row.get::<Option<_>>(9)?.map(Timestamp),
    })
}

/// The latest run of a campaign.
pub(crate) fn latest_run(db: &impl Db, workspace: WorkspaceId, campaign: &str) -> Result<Option<Run>> {
    const SELECT: &str = select_run!("AND campaign = ?2 ORDER BY id DESC LIMIT 1");
    db.first(SELECT, params![workspace.0, campaign], read_run)
}

/// A run by id.
pub(crate) fn run(db: &impl Db, workspace: WorkspaceId, run: RunId) -> Result<Option<Run>> {
    const SELECT: &str = select_run!("AND id = ?2");
    db.first(SELECT, params![workspace.0, run.0], read_run)
}

/// All runs, newest first, at most `limit`.
pub(crate) fn runs(db: &impl Db, workspace: WorkspaceId, limit: usize) -> Result<Vec<Run>> {
    const SELECT: &str = select_run!("ORDER BY id DESC LIMIT ?2");
    db.all(SELECT, params![workspace.0, sql_limit(limit)], read_run)
}

/// Whether a run is open.
pub(crate) fn state(db: &impl Db, workspace: WorkspaceId, run: RunId) -> Result<RunState> {
    const SELECT: &str = "SELECT state FROM run WHERE workspace = ?1 AND id = ?2";
    let code = db.first(SELECT, params![workspace.0, run.0], |row| row.get(0))?;
    state_from(code.ok_or_else(|| missing(run))?)
}

/// Ends a run, or reopens it. A state that it has already keeps its time.
pub(crate) fn set_run_state(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    state: RunState,
    at: Timestamp,
) -> Result<()> {
    const UPDATE: &str = "UPDATE run
        SET finished_at = CASE WHEN state = ?3 THEN finished_at ELSE ?4 END, state = ?3
        WHERE workspace = ?1 AND id = ?2";
    let finished_at = (state != RunState::Open).then_some(at.0);
    let changed = db.execute(UPDATE, params![workspace.0, run.0, state as u8, finished_at])?;
    if changed == 0 { Err(missing(run)) } else { Ok(()) }
}

pub(crate) fn state_from(code: u8) -> Result<RunState> {
    [RunState::Open, RunState::Finished, RunState::Stopped]
        .into_iter()
        .find(|state| *state as u8 == code)
        .ok_or_else(|| StoreError::Damaged(format!("run state {code}")))
}

/// A limit as SQL takes it.
pub(crate) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(crate) fn missing(run: RunId) -> StoreError {
    StoreError::Missing(run.to_string())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::create::create_run;
    use super::*;
    use crate::state::configurations::put_configuration;
    use crate::types::NewRun;

    const WS: WorkspaceId = WorkspaceId(1);

    fn new_run(campaign: &str, configuration: ConfigurationId, audience: RoaringTreemap) -> NewRun {
        NewRun {
            campaign: campaign.to_owned(),
            configuration,
            list: None,
            fingerprint: "f".to_owned(),
            spec: "{}".to_owned(),
            audience,
            created_at: Timestamp(5),
        }
    }

    fn opened() -> (Connection, ConfigurationId) {
        let conn = super::super::delivery_fixture::database();
        let configuration = put_configuration(&conn, WS, "mail", "body", Timestamp(1)).unwrap().id;
        (conn, configuration)
    }

    #[test]
    fn runs_are_found_by_id_and_campaign_in_their_workspace() {
        let (conn, configuration) = opened();
        let made: Vec<Run> = ["a", "b", "a"]
            .map(|name| create_run(&conn, WS, &new_run(name, configuration, (1..4).collect()), None).unwrap())
            .into();
        assert_eq!(latest_run(&conn, WS, "a").unwrap().as_ref(), Some(&made[2]));
        assert_eq!(run(&conn, WS, made[1].id).unwrap().as_ref(), Some(&made[1]));
        let newest: Vec<RunId> = runs(&conn, WS, 2).unwrap().into_iter().map(|run| run.id).collect();
        assert_eq!(newest, [made[2].id, made[1].id]);
        let elsewhere = WorkspaceId(2);
        assert_eq!(latest_run(&conn, elsewhere, "a").unwrap(), None);
        assert_eq!(run(&conn, elsewhere, made[0].id).unwrap(), None);
        assert!(runs(&conn, elsewhere, 9).unwrap().is_empty());
        assert!(matches!(audience(&conn, elsewhere, made[0].id), Err(StoreError::Missing(_))));
    }

    #[test]
    fn what_a_run_names_must_be_there() {
        let (conn, configuration) = opened();
        let create = |run: NewRun| create_run(&conn, WS, &run, None).map(|run| run.id);
        let fine = new_run("a", configuration, RoaringTreemap::new());
        let missing = create(NewRun { configuration: ConfigurationId(99), ..fine.clone() });
        assert!(matches!(missing, Err(StoreError::Missing(_))));
        let missing = create(NewRun { list: Some(ListId(1)), ..fine.clone() });
        assert!(matches!(missing, Err(StoreError::Missing(_))));
        for bad in [
            NewRun { campaign: String::new(), ..fine.clone() },
            NewRun { campaign: "x".repeat(CAMPAIGN_LENGTH_MAX + 1), ..fine.clone() },
            NewRun { spec: "x".repeat(SPEC_BYTES_MAX + 1), ..fine.clone() },
            NewRun { audience: [u64::MAX].into_iter().collect(), ..fine.clone() },
            NewRun { audience: [0].into_iter().collect(), ..fine.clone() },
        ] {
            assert!(matches!(create(bad), Err(StoreError::Invalid(_))));
        }
        create(fine).unwrap();
    }

    #[test]
    fn an_audience_comes_back_whole_however_large() {
        let (conn, configuration) = opened();
        let empty = RoaringTreemap::new();
        // One member in each block of 65,536 makes blocks of their own: some 2.5 MB, three pieces.
        let scattered: RoaringTreemap = (1..200_000_u64).map(|n| n << 16).collect();
        for members in [empty, (1..100_000).collect(), scattered] {
            let made = create_run(&conn, WS, &new_run("a", configuration, members.clone()), None).unwrap();
            assert_eq!(made.audience_size, members.len());
            assert_eq!(audience(&conn, WS, made.id).unwrap(), members);
        }
        let pieces: i64 =
            conn.query_row("SELECT max(piece) FROM run_audience", [], |row| row.get(0)).unwrap();
        assert!(pieces >= 1);
        conn.execute("UPDATE run_audience SET bytes = x'FF00' WHERE run = 1", []).unwrap();
        assert!(matches!(audience(&conn, WS, RunId(1)), Err(StoreError::Damaged(_))));
    }

    #[test]
    fn a_run_ends_and_opens_again() {
        let (conn, configuration) = opened();
        let id = create_run(&conn, WS, &new_run("a", configuration, RoaringTreemap::new()), None).unwrap().id;
        let set = |state, at| {
            set_run_state(&conn, WS, id, state, Timestamp(at)).unwrap();
            let run = run(&conn, WS, id).unwrap().unwrap();
            (run.state, run.finished_at)
        };
        assert_eq!(set(RunState::Finished, 10), (RunState::Finished, Some(Timestamp(10))));
        assert_eq!(set(RunState::Finished, 20), (RunState::Finished, Some(Timestamp(10))));
        assert_eq!(set(RunState::Stopped, 30), (RunState::Stopped, Some(Timestamp(30))));
        assert_eq!(set(RunState::Open, 40), (RunState::Open, None));
        let nowhere = set_run_state(&conn, WorkspaceId(2), id, RunState::Stopped, Timestamp(1));
        assert!(matches!(nowhere, Err(StoreError::Missing(_))));
    }
}
