//! Preferences of many people at once: of those whose word says that they have any.

use std::collections::HashMap;

use consent::{ConsentWord, Pace, ProfileId, RunId, Timestamp, WorkspaceId};

use super::session::Session;
use crate::error::Result;
use crate::state::preferences::pace;
use crate::state::preferences::read::Wish;
use crate::types::{AddressOwner, Reading, ReadingQuery};

/// Adds preferences to readings.
pub(super) fn read(
    session: &Session,
    workspace: WorkspaceId,
    query: &ReadingQuery,
    readings: &mut HashMap<ProfileId, Reading>,
) -> Result<()> {
    const LAST: &str = "SELECT profile, run, at FROM paced_send
        WHERE profile = ANY(?1) AND workspace = ?2 AND channel = ?3";
    let has_any = |reading: &&Reading| has_any(reading.recipient.profile);
    let ids: Vec<i64> = readings.values().filter(has_any).map(|reading| reading.profile.0).collect();
    let wishes = wishes(session, workspace, &ids)?;
    let has_pace = |(_, wish): &(&ProfileId, &Wish)| wish.pace != Pace::AsItComes;
    let paced: Vec<i64> = wishes.iter().filter(has_pace).map(|(profile, _)| profile.0).collect();
    let mut last: HashMap<ProfileId, (RunId, Timestamp)> = HashMap::new();
    if !paced.is_empty() {
        let channel = query.channel as i16;
        for row in session.rows(LAST, &[&paced, &workspace.0, &channel])? {
            let (run, at) = (RunId(row.try_get(1)?), Timestamp(row.try_get(2)?));
            last.insert(ProfileId(row.try_get(0)?), (run, at));
        }
    }
    for (profile, wish) in wishes {
        if let Some(reading) = readings.get_mut(&profile) {
            wish.apply(last.get(&profile).copied(), query, reading);
        }
    }
    Ok(())
}

/// Makes owners speak the language that they chose. Each comes with its profile's word.
pub(super) fn speak(
    session: &Session,
    workspace: WorkspaceId,
    words: &HashMap<ProfileId, ConsentWord>,
    owners: &mut HashMap<consent::AddressId, AddressOwner>,
) -> Result<()> {
    let ids: Vec<i64> =
        words.iter().filter(|(_, word)| has_any(**word)).map(|(profile, _)| profile.0).collect();
    let wishes = wishes(session, workspace, &ids)?;
    for owner in owners.values_mut() {
        let chosen = wishes.get(&owner.profile).and_then(|wish| wish.language.clone());
        if chosen.is_some() {
            owner.locale = chosen;
        }
    }
    Ok(())
}

const fn has_any(word: ConsentWord) -> bool {
    word.flags() & ConsentWord::HAS_PREFERENCES != 0
}

fn wishes(session: &Session, workspace: WorkspaceId, ids: &[i64]) -> Result<HashMap<ProfileId, Wish>> {
    const SELECT: &str = "SELECT profile, pause_until, pace, language FROM preference
        WHERE profile = ANY(?1) AND workspace = ?2";
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = session.rows(SELECT, &[&ids, &workspace.0])?;
    let wish = |row: &tokio_postgres::Row| -> Result<(ProfileId, Wish)> {
        let code: i16 = row.try_get(2)?;
        let wish = Wish {
            pause_until: row.try_get::<_, Option<i64>>(1)?.map(Timestamp),
            pace: pace(u8::try_from(code).unwrap_or(u8::MAX))?,
            language: row.try_get(3)?,
        };
        Ok((ProfileId(row.try_get(0)?), wish))
    };
    rows.iter().map(wish).collect()
}
