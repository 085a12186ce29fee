//! What people prefer beside their choices: kept in a row of its own, which is looked for only where the profile's word
//! says that there is one.

pub(crate) mod check;
mod merge;
pub(crate) mod read;
pub(crate) mod set;

use consent::{Pace, Preferred, ProfileId, Timestamp, WorkspaceId};

use super::fence;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};

/// Bytes of a language tag (RFC 5646 §4.4.1).
const LANGUAGE_LENGTH_MAX: usize = 35;

/// A person's preferences as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// No marketing before this moment.
    pub pause_until: Option<Timestamp>,
    /// How often.
    pub pace: Pace,
    /// The language that the person chose.
    pub language: Option<String>,
    /// The preferred channel, where the person chose it: an import doesn't change it then.
    pub preferred: Option<Preferred>,
    /// When any of it was last set.
    pub updated_at: Timestamp,
}

/// What a profile prefers. Asked only for those whose word has the flag.
pub(crate) fn kept(db: &impl Db, workspace: WorkspaceId, profile: ProfileId) -> Result<Option<Kept>> {
    const SELECT: &str = "SELECT pause_until, pace, language, preferred, updated_at FROM preference
        WHERE profile = ?1 AND workspace = ?2";
    db.first(SELECT, params![profile.0, workspace.0], read_row)
}

/// Reads `pause_until, pace, language, preferred, updated_at`.
fn read_row(row: &Row<'_>) -> Result<Kept> {
    let preferred: Option<u8> = row.get(3)?;
    let damaged = || StoreError::Damaged("a preferred channel".to_owned());
    Ok(Kept {
        pause_until: row.get::<Option<_>>(0)?.map(Timestamp),
        pace: pace(row.get(1)?)?,
        language: row.get(2)?,
        preferred: preferred.map(|code| Preferred::from_code(code).ok_or_else(damaged)).transpose()?,
        updated_at: Timestamp(row.get(4)?),
    })
}

/// A pace by its code. One that isn't known isn't guessed at: nothing is sent then (I9).
pub(crate) fn pace(code: u8) -> Result<Pace> {
    Pace::from_code(code).ok_or_else(|| StoreError::Damaged(format!("a pace of the code {code}")))
}

/// Keeps what a profile prefers. The caller sets the flag in its word.
fn put(db: &impl Db, workspace: WorkspaceId, profile: ProfileId, kept: &Kept) -> Result<()> {
    const PUT: &str = "INSERT INTO preference
        (profile, workspace, pause_until, pace, language, preferred, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (profile, workspace) DO UPDATE SET pause_until = excluded.pause_until,
            pace = excluded.pace, language = excluded.language, preferred = excluded.preferred,
            updated_at = excluded.updated_at";
    fence::open_only_to(db, fence::KNOWS_PREFERENCES)?;
    let values = params![
        profile.0,
        workspace.0,
        kept.pause_until.map(|until| until.0),
        kept.pace.code(),
        kept.language.as_deref(),
        kept.preferred.map(Preferred::code),
        kept.updated_at.0,
    ];
    db.execute(PUT, values).map(drop)
}

fn remove(db: &impl Db, workspace: WorkspaceId, profile: ProfileId) -> Result<()> {
    const DELETE: &str = "DELETE FROM preference WHERE profile = ?1 AND workspace = ?2";
    db.execute(DELETE, params![profile.0, workspace.0]).map(drop)
}

/// Fails for what is no language tag.
pub(crate) fn check_language(language: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if (1..=LANGUAGE_LENGTH_MAX).contains(&language.len()) && language.bytes().all(plain) {
        return Ok(());
    }
    Err(StoreError::Invalid(format!(
        "a language is a BCP 47 tag of at most {LANGUAGE_LENGTH_MAX} characters, such as de or pt-BR"
    )))
}

/// What changes between two states, as a ledger entry's evidence tells it: `pace=weekly language=none`. Empty for nothing.
fn told(before: &Kept, after: &Kept, preferred: (Preferred, Preferred), at: Timestamp) -> String {
    let pause = |kept: &Kept| kept.pause_until.filter(|until| *until > at);
    let mut parts = Vec::new();
    if pause(before) != pause(after) {
        let until = pause(after).map_or("none".to_owned(), |until| until.to_string());
        parts.push(format!("pause_until={until}"));
    }
    if before.pace != after.pace {
        parts.push(format!("pace={}", after.pace.as_str()));
    }
    if before.language != after.language {
        parts.push(format!("language={}", after.language.as_deref().unwrap_or("none")));
    }
    if preferred.0 != preferred.1 {
        let name = if preferred.1 == Preferred::Unset { "unset" } else { preferred.1.as_str() };
        parts.push(format!("preferred={name}"));
    }
    parts.join(" ")
}
