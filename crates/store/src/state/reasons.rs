//! Why people opted out, where they said so.

use consent::{EntryId, RunId, Timestamp, WorkspaceId};

use super::history;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Sql, params};
use crate::store::{Answer, Key, Store};
use crate::types::GivenReason;

/// Most entries at once.
const ENTRIES_MAX: usize = 10_000;
/// Most codes counted; the brand offers a handful.
const CODES_MAX: i64 = 1_000;

impl Store {
    /// Keeps why somebody opted out, in place of what they said before. The entry must hold a refusal.
    pub fn give_reason(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        code: &str,
        text: &str,
        at: Timestamp,
    ) -> Answer<()> {
        let given = GivenReason { entry, code: code.to_owned(), text: text.to_owned(), at };
        self.write("give_reason", Key::Entry(workspace, entry), move |db| give(db, workspace, &given))
    }

    /// What was said of entries, in the order of their ids.
    pub fn reasons_given(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Answer<Vec<GivenReason>> {
        self.query("reasons_given", Key::Each(workspace), move |db| of_entries(db, workspace, &entries))
    }

    /// How often each reason was given, for opt-outs by messages of a run or all, most frequent first.
    pub fn reason_counts(&self, workspace: WorkspaceId, run: Option<RunId>) -> Answer<Vec<(String, u64)>> {
        self.query("reason_counts", Key::Workspace(workspace), move |db| counts(db, workspace, run))
    }

    /// Forgets what was said of entries; answers of how many something was there.
    pub fn erase_reasons(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Answer<u64> {
        self.write("erase_reasons", Key::Each(workspace), move |db| erase(db, workspace, &entries))
    }
}

/// Keeps a reason, in place of what was said before.
pub(crate) fn give(db: &impl Db, workspace: WorkspaceId, given: &GivenReason) -> Result<()> {
    const PUT: &str = "INSERT INTO opt_out_reason (entry, workspace, profile, run, at, code, text)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (entry) DO UPDATE SET at = excluded.at, code = excluded.code, text = excluded.text";
    check(given)?;
    let entry = given.entry;
    let event =
        history::event(db, workspace, entry)?.ok_or_else(|| StoreError::Missing(entry.to_string()))?;
    if !event.sets.iter().any(|set| set.new.is_no()) {
        return Err(StoreError::Invalid(format!("{entry} is no opt-out")));
    }
    // PostgreSQL can't keep U+0000.
    let text = given.text.replace('\0', "\u{fffd}");
    let values = params![
        entry.0,
        workspace.0,
        event.profile.0,
        event.run.map(|run| run.0),
        given.at.0,
        &given.code,
        &text,
    ];
    db.execute(PUT, values).map(drop)
}

fn check(given: &GivenReason) -> Result<()> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if given.code.len() > GivenReason::CODE_LENGTH_MAX || !given.code.bytes().all(plain) {
        let max = GivenReason::CODE_LENGTH_MAX;
        let rule =
            format!("a reason's code has at most {max} of the characters a-z, A-Z, 0-9, `_`, `-`, `.`");
        return Err(StoreError::Invalid(rule));
    }
    if given.text.chars().count() > GivenReason::TEXT_CHARS_MAX {
        let max = GivenReason::TEXT_CHARS_MAX;
        return Err(StoreError::Invalid(format!("a reason has at most {max} characters")));
    }
    Ok(())
}

/// What was said of entries, in the order of their ids.
pub(crate) fn of_entries(
    db: &impl Db,
    workspace: WorkspaceId,
    entries: &[EntryId],
) -> Result<Vec<GivenReason>> {
    const SELECT: Sql = Sql::each(
        "SELECT entry, code, text, at FROM opt_out_reason WHERE workspace = ?2
            AND entry IN (SELECT value FROM json_each('[' || ?1 || ']')) ORDER BY entry",
        "SELECT entry, code, text, at FROM opt_out_reason WHERE workspace = ?2
            AND entry = ANY (CAST(string_to_array(?1, ',') AS BIGINT[])) ORDER BY entry",
    );
    let Some(list) = id_list(entries)? else { return Ok(Vec::new()) };
    db.all(SELECT, params![&list, workspace.0], |row| {
        let (entry, at) = (EntryId(row.get(0)?), Timestamp(row.get(3)?));
        Ok(GivenReason { entry, code: row.get(1)?, text: row.get(2)?, at })
    })
}

fn id_list(entries: &[EntryId]) -> Result<Option<String>> {
    if entries.len() > ENTRIES_MAX {
        return Err(StoreError::Invalid(format!("more than {ENTRIES_MAX} entries at once")));
    }
    Ok((!entries.is_empty()).then(|| history::id_list(entries.iter().copied())))
}

/// How often each reason was given, most frequent first.
pub(crate) fn counts(db: &impl Db, workspace: WorkspaceId, run: Option<RunId>) -> Result<Vec<(String, u64)>> {
    const ALL: &str = "SELECT code, count(*) FROM opt_out_reason WHERE workspace = ?1
        GROUP BY code ORDER BY count(*) DESC, code LIMIT ?2";
    const OF_RUN: &str = "SELECT code, count(*) FROM opt_out_reason WHERE workspace = ?1 AND run = ?3
        GROUP BY code ORDER BY count(*) DESC, code LIMIT ?2";
    match run {
        None => db.all(ALL, params![workspace.0, CODES_MAX], |row| Ok((row.get(0)?, row.get(1)?))),
        Some(run) => {
            db.all(OF_RUN, params![workspace.0, CODES_MAX, run.0], |row| Ok((row.get(0)?, row.get(1)?)))
        }
    }
}

/// Forgets what was said of entries.
pub(crate) fn erase(db: &impl Db, workspace: WorkspaceId, entries: &[EntryId]) -> Result<u64> {
    const DELETE: Sql = Sql::each(
        "DELETE FROM opt_out_reason WHERE workspace = ?2
            AND entry IN (SELECT value FROM json_each('[' || ?1 || ']'))",
        "DELETE FROM opt_out_reason WHERE workspace = ?2
            AND entry = ANY (CAST(string_to_array(?1, ',') AS BIGINT[]))",
    );
    match id_list(entries)? {
        Some(list) => db.execute(DELETE, params![&list, workspace.0]),
        None => Ok(0),
    }
}
