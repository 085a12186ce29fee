//! Runs: what is sent to whom, and how far it is.

use consent::{ListId, ProfileId, RunId, Timestamp, WorkspaceId};
use roaring::RoaringTreemap;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::api::Result;
use crate::error::StoreError;
use crate::types::{ConfigurationId, NewRun, Run, RunState};

/// Bytes of a campaign's name.
pub(crate) const CAMPAIGN_LENGTH_MAX: usize = 256;
/// Bytes of [`NewRun::spec`].
pub(crate) const SPEC_BYTES_MAX: usize = 1 << 20;
/// Bytes of [`NewRun::fingerprint`].
const FINGERPRINT_LENGTH_MAX: usize = 256;
/// Bytes of an audience in one row.
const PIECE_BYTES: usize = 1 << 20;

/// Starts a run with its audience fixed.
pub(crate) fn create_run(conn: &Connection, workspace: WorkspaceId, run: NewRun) -> Result<Run> {
    const NEXT: &str = "SELECT coalesce(max(id), 0) + 1 FROM run WHERE workspace = ?1";
    const INSERT: &str = "INSERT INTO run
        (workspace, id, campaign, configuration, list, state, audience_size, created_at, fingerprint, spec)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    const PROGRESS: &str = "INSERT INTO run_progress (workspace, run, claims) VALUES (?1, ?2, 0)";
    check(conn, workspace, &run)?;
    let id = RunId(conn.prepare_cached(NEXT)?.query_row([workspace.0], |row| row.get(0))?);
    conn.prepare_cached(INSERT)?.execute(params![
        workspace.0,
        id.0,
        run.campaign,
        run.configuration.0,
        run.list.map(|list| list.0),
        RunState::Open as u8,
        run.audience.len() as i64,
        run.created_at.0,
        run.fingerprint,
        run.spec,
    ])?;
    conn.prepare_cached(PROGRESS)?.execute([workspace.0, id.0])?;
    store_audience(conn, workspace, id, &run.audience)?;
    Ok(Run {
        id,
        campaign: run.campaign,
        configuration: run.configuration,
        list: run.list,
        fingerprint: run.fingerprint,
        spec: run.spec,
        audience_size: run.audience.len(),
        cursor: None,
        state: RunState::Open,
        created_at: run.created_at,
        finished_at: None,
    })
}

fn check(conn: &Connection, workspace: WorkspaceId, run: &NewRun) -> Result<()> {
    const CONFIGURATION: &str =
        "SELECT EXISTS (SELECT 1 FROM configuration WHERE workspace = ?1 AND id = ?2)";
    const LIST: &str = "SELECT EXISTS (SELECT 1 FROM list WHERE workspace = ?1 AND id = ?2)";
    let there = |sql: &str, id: i64| -> Result<bool> {
        Ok(conn.prepare_cached(sql)?.query_row([workspace.0, id], |row| row.get(0))?)
    };
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

fn store_audience(
    conn: &Connection,
    workspace: WorkspaceId,
    run: RunId,
    audience: &RoaringTreemap,
) -> Result<()> {
    const INSERT: &str = "INSERT INTO run_audience (workspace, run, piece, bytes) VALUES (?1, ?2, ?3, ?4)";
    let mut bytes = Vec::with_capacity(audience.serialized_size());
    audience.serialize_into(&mut bytes).map_err(|error| invalid(&error.to_string()))?;
    let mut insert = conn.prepare_cached(INSERT)?;
    for (number, piece) in bytes.chunks(PIECE_BYTES).enumerate() {
        insert.execute(params![workspace.0, run.0, number as i64, piece])?;
    }
    Ok(())
}

/// The run's audience.
pub(crate) fn audience(conn: &Connection, workspace: WorkspaceId, run: RunId) -> Result<RoaringTreemap> {
    const SELECT: &str = "SELECT bytes FROM run_audience WHERE workspace = ?1 AND run = ?2 ORDER BY piece";
    let mut statement = conn.prepare_cached(SELECT)?;
    let mut rows = statement.query([workspace.0, run.0])?;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        bytes.extend_from_slice(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
    }
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
            "SELECT id, campaign, configuration, list, fingerprint, spec, audience_size, cursor, state,
                created_at, finished_at
             FROM run JOIN run_progress ON run_progress.workspace = run.workspace AND run_progress.run = run.id
             WHERE run.workspace = ?1 ",
            $rest
        )
    };
}

fn read_run(row: &Row<'_>) -> Result<Run> {
    let time = |index: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<_>>(index)?.map(Timestamp))
    };
    Ok(Run {
        id: RunId(row.get(0)?),
        campaign: row.get(1)?,
        configuration: ConfigurationId(row.get(2)?),
        list: row.get::<_, Option<_>>(3)?.map(ListId),
        fingerprint: row.get(4)?,
        spec: row.get(5)?,
        audience_size: row.get::<_, i64>(6)? as u64,
        cursor: row.get::<_, Option<_>>(7)?.map(ProfileId),
        state: state_from(row.get(8)?)?,
        created_at: Timestamp(row.get(9)?),
        finished_at: time(10)?,
    })
}

/// The latest run of a campaign.
pub(crate) fn latest_run(conn: &Connection, workspace: WorkspaceId, campaign: &str) -> Result<Option<Run>> {
    const SELECT: &str = select_run!("AND campaign = ?2 ORDER BY id DESC LIMIT 1");
    let mut statement = conn.prepare_cached(SELECT)?;
    let mut rows = statement.query(params![workspace.0, campaign])?;
    rows.next()?.map(read_run).transpose()
}

/// A run by id.
pub(crate) fn run(conn: &Connection, workspace: WorkspaceId, run: RunId) -> Result<Option<Run>> {
    const SELECT: &str = select_run!("AND id = ?2");
    let mut statement = conn.prepare_cached(SELECT)?;
    let mut rows = statement.query([workspace.0, run.0])?;
    rows.next()?.map(read_run).transpose()
}

/// All runs, newest first, at most `limit`.
pub(crate) fn runs(conn: &Connection, workspace: WorkspaceId, limit: usize) -> Result<Vec<Run>> {
    const SELECT: &str = select_run!("ORDER BY id DESC LIMIT ?2");
    let mut statement = conn.prepare_cached(SELECT)?;
    statement.query_and_then([workspace.0, sql_limit(limit)], read_run)?.collect()
}

/// Ends a run, or reopens it. A state that it has already keeps its time.
pub(crate) fn set_run_state(
    conn: &Connection,
    workspace: WorkspaceId,
    run: RunId,
    state: RunState,
    at: Timestamp,
) -> Result<()> {
    const UPDATE: &str = "UPDATE run
        SET finished_at = CASE WHEN state = ?3 THEN finished_at ELSE ?4 END, state = ?3
        WHERE workspace = ?1 AND id = ?2";
    let finished_at = (state != RunState::Open).then_some(at.0);
    let changed =
        conn.prepare_cached(UPDATE)?.execute(params![workspace.0, run.0, state as u8, finished_at])?;
    if changed == 0 { Err(missing(run)) } else { Ok(()) }
}

/// How far a run is; what a claim looks at.
pub(crate) struct Progress {
    /// Whether it takes claims.
    pub(crate) state: RunState,
    /// The last profile claimed.
    pub(crate) cursor: Option<ProfileId>,
    /// Number of the latest claim.
    pub(crate) claims: u32,
}

pub(crate) fn progress(conn: &Connection, workspace: WorkspaceId, run: RunId) -> Result<Progress> {
    const SELECT: &str = "SELECT state, cursor, claims
        FROM run JOIN run_progress ON run_progress.workspace = run.workspace AND run_progress.run = run.id
        WHERE run.workspace = ?1 AND run.id = ?2";
    let found: Option<(u8, Option<i64>, u32)> = conn
        .prepare_cached(SELECT)?
        .query_row([workspace.0, run.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (state, cursor, claims) = found.ok_or_else(|| missing(run))?;
    Ok(Progress { state: state_from(state)?, cursor: cursor.map(ProfileId), claims })
}

/// Notes a claim: its number and, for one from the audience, the new cursor.
pub(crate) fn advance(
    conn: &Connection,
    workspace: WorkspaceId,
    run: RunId,
    claims: u32,
    cursor: Option<ProfileId>,
) -> Result<()> {
    const UPDATE: &str = "UPDATE run_progress SET claims = ?3, cursor = coalesce(?4, cursor)
        WHERE workspace = ?1 AND run = ?2";
    let cursor = cursor.map(|cursor| cursor.0);
    conn.prepare_cached(UPDATE)?.execute(params![workspace.0, run.0, claims, cursor])?;
    Ok(())
}

fn state_from(code: u8) -> Result<RunState> {
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

fn invalid(why: &str) -> StoreError {
    StoreError::Invalid(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::configurations::put_configuration;

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
            .map(|name| create_run(&conn, WS, new_run(name, configuration, (1..4).collect())).unwrap())
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
        let create = |run: NewRun| create_run(&conn, WS, run).map(|run| run.id);
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
            let made = create_run(&conn, WS, new_run("a", configuration, members.clone())).unwrap();
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
        let id = create_run(&conn, WS, new_run("a", configuration, RoaringTreemap::new())).unwrap().id;
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
