//! What preferences make of a reading: the part of row 13 that the state answers.

use consent::{ConsentWord, Pace, ProfileId, RunId, Timestamp, WorkspaceId};

use super::{Kept, kept, pace};
use crate::error::Result;
use crate::sql::{Db, params};
use crate::types::{Preferences, Reading, ReadingQuery};

/// The language that a profile's owner chose, for pages and messages.
pub(crate) fn language(
    db: &impl Db,
    workspace: WorkspaceId,
    (profile, word): (ProfileId, ConsentWord),
) -> Result<Option<String>> {
    if word.flags() & ConsentWord::HAS_PREFERENCES == 0 {
        return Ok(None);
    }
    Ok(kept(db, workspace, profile)?.and_then(|kept| kept.language))
}

/// All that a profile's owner prefers.
pub(crate) fn view(
    db: &impl Db,
    workspace: WorkspaceId,
    (profile, word): (ProfileId, ConsentWord),
) -> Result<Preferences> {
    let kept = match word.flags() & ConsentWord::HAS_PREFERENCES {
        0 => Kept::default(),
        _ => kept(db, workspace, profile)?.unwrap_or_default(),
    };
    let Kept { pause_until, pace, language, .. } = kept;
    Ok(Preferences { pause_until, pace, language, preferred: word.preferred() })
}

/// Adds a profile's preferences to its reading, if its word says that it has any.
pub(crate) fn read_one(
    db: &impl Db,
    workspace: WorkspaceId,
    query: &ReadingQuery,
    reading: &mut Reading,
) -> Result<()> {
    const SELECT: &str = "SELECT pause_until, pace, language FROM preference
        WHERE profile = ?1 AND workspace = ?2";
    const LAST: &str =
        "SELECT run, at FROM paced_send WHERE profile = ?1 AND workspace = ?2 AND channel = ?3";
    if reading.recipient.profile.flags() & ConsentWord::HAS_PREFERENCES == 0 {
        return Ok(());
    }
    let profile = reading.profile.0;
    let found = db.first(SELECT, params![profile, workspace.0], |row| {
        let pause_until = row.get::<Option<_>>(0)?.map(Timestamp);
        Ok(Wish { pause_until, pace: pace(row.get(1)?)?, language: row.get(2)? })
    })?;
    let Some(wish) = found else { return Ok(()) };
    let last = if wish.pace == Pace::AsItComes {
        None
    } else {
        let key = params![profile, workspace.0, query.channel as u8];
        db.first(LAST, key, |row| Ok((RunId(row.get(0)?), Timestamp(row.get(1)?))))?
    };
    wish.apply(last, query, reading);
    Ok(())
}

/// What a reading needs of a preference.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// No marketing before this moment.
    pub pause_until: Option<Timestamp>,
    /// How often.
    pub pace: Pace,
    /// In which language.
    pub language: Option<String>,
}

impl Wish {
    /// Adds it to a reading; `last` is the run that last claimed the person on the channel, and when.
    pub fn apply(self, last: Option<(RunId, Timestamp)>, query: &ReadingQuery, reading: &mut Reading) {
        reading.pace = self.pace;
        let recipient = &mut reading.recipient;
        recipient.paused = self.pause_until.is_some_and(|until| until > query.now);
        recipient.paced = match (self.pace.counts_from(query.now), last) {
            // A run isn't held back by its own claim when it tries again.
            (Some(from), Some((run, at))) => Some(run) != query.run && at > from,
            _ => false,
        };
        if query.with_attributes && self.language.is_some() {
            reading.locale = self.language;
        }
    }
}
