//! Profiles from before there was [`ConsentWord::NO_DEFAULT`]: which of them a stranger's act made.
//!
//! No import has ever been about an unclaimed profile. So either an act of the person's own or of a stranger's made it, and
//! has left a ledger entry or a text from its first moment on; or a campaign's file named it, and whatever is known of it
//! came later. Where that can't be told, the profile counts as one that turned up (I9), unless nothing at all is known of
//! it: such are the addresses of a file whose run has yet to go on.

use std::collections::BTreeMap;

use consent::{Choice, ConsentWord, Field, Source, Target, Timestamp};

use super::fence::{KNOWS_ORIGINS, open_only_to};
use super::stamps::unpack_sets;
use crate::error::Result;
use crate::sql::{Db, params};

/// Profiles looked at together: what is in memory.
const PAGE: i64 = 1_000;

/// What is known of an unclaimed profile.
struct Known {
    created_at: Timestamp,
    /// When the first was heard of it.
    first_at: Option<Timestamp>,
    /// Whether a program has told a yes of it, which brings it in.
    told: bool,
}

/// Marks them. A page of profiles at a time, each by its key.
pub(crate) fn mark(db: &impl Db) -> Result<()> {
    const MARK: &str = "UPDATE profile SET word = word | ?2 WHERE id = ?1";
    let flag = ConsentWord::EMPTY.with_flags(ConsentWord::NO_DEFAULT).bits() as i64;
    let mut after = i64::MIN;
    loop {
        let page = page(db, after)?;
        let Some(last) = page.keys().next_back().copied() else { return Ok(()) };
        let mut turned_up = Vec::new();
        for (profile, known) in page {
            let Some(first_at) = known.first_at.filter(|_| !known.told) else { continue };
            if first_at <= known.created_at || !was_written_to(db, profile)? {
                turned_up.push(profile);
            }
        }
        if !turned_up.is_empty() {
            open_only_to(db, KNOWS_ORIGINS)?;
        }
        db.execute_all(MARK, turned_up.into_iter().map(|profile| *params![profile, flag]))?;
        after = last;
    }
}

fn page(db: &impl Db, after: i64) -> Result<BTreeMap<i64, Known>> {
    const PROFILES: &str = "SELECT u.profile, p.created_at FROM unclaimed_profile u
        JOIN profile p ON p.id = u.profile WHERE u.profile > ?1 ORDER BY u.profile LIMIT ?2";
    const ENTRIES: &str = "SELECT e.profile, e.received_at, e.source, e.sets FROM unclaimed_profile u
        JOIN ledger_event e ON e.profile = u.profile WHERE u.profile > ?1 AND u.profile <= ?2";
    const TEXTS: &str = "SELECT u.profile, t.received_at FROM unclaimed_profile u
        JOIN address a ON a.profile = u.profile
        JOIN text_message t ON t.workspace = a.workspace AND t.address = a.id
        WHERE u.profile > ?1 AND u.profile <= ?2";
    let mut page = BTreeMap::new();
    db.each(PROFILES, params![after, PAGE], |row| {
        let created_at = Timestamp(row.get(1)?);
        page.insert(row.get::<i64>(0)?, Known { created_at, first_at: None, told: false });
        Ok(())
    })?;
    let until = page.keys().next_back().copied().unwrap_or(after);
    db.each(ENTRIES, params![after, until], |row| {
        let Some(known) = page.get_mut(&row.get::<i64>(0)?) else { return Ok(()) };
        known.hear(Timestamp(row.get(1)?));
        known.told |= row.get::<&str>(2)? == Source::API.as_str() && says_yes(row.get(3)?)?;
        Ok(())
    })?;
    db.each(TEXTS, params![after, until], |row| {
        if let Some(known) = page.get_mut(&row.get::<i64>(0)?) {
            known.hear(Timestamp(row.get(1)?));
        }
        Ok(())
    })?;
    Ok(page)
}

impl Known {
    fn hear(&mut self, at: Timestamp) {
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
    }
}

/// Whether an entry's sets hold a yes to marketing.
fn says_yes(sets: &[u8]) -> Result<bool> {
    let marketing = |target: Target| match target {
        Target::Field(field) | Target::Identity(field) => field == Field::Any || field.channel().is_some(),
        Target::List(_) => true,
    };
    Ok(unpack_sets(sets)?.1.iter().any(|set| set.new == Choice::Yes && marketing(set.target)))
}

/// Whether a campaign has written to a profile, or begun to.
fn was_written_to(db: &impl Db, profile: i64) -> Result<bool> {
    const SELECT: &str = "SELECT count(*) FROM (SELECT 1 FROM run r
        JOIN delivery d ON d.workspace = r.workspace AND d.run = r.id WHERE d.profile = ?1 LIMIT 1) AS one";
    db.one(SELECT, params![profile], |row| row.get::<i64>(0)).map(|count| count > 0)
}
