//! How often something happened within the last day, whichever node saw it.
//!
//! A row per thing that is counted, found by a keyed hash, so that no address is kept for it. Its size is bounded: the
//! first times are kept exactly, later ones a quarter of an hour apart.

use crate::store::{Answer, Key, Store};
use consent::{Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::types::{NoticeId, Quota, Spent};

/// How long a time is kept.
const KEPT: i64 = 24 * 3_600 * 1_000_000;
/// Times that are kept exactly.
const EXACT_MAX: usize = 64;
/// What comes within so long of a time past those counts as of the later one: never as older than it is.
const STEP: i64 = 15 * 60 * 1_000_000;
/// Bytes of a time with its count.
const PAIR: usize = 12;

impl Store {
    /// Counts something in every quota, or in none if one of them is used up. A notice that was counted before is within
    /// them and isn't counted again. All nodes count together; nothing is kept for longer than a day.
    pub fn spend(
        &self,
        workspace: WorkspaceId,
        notice: Option<NoticeId>,
        quotas: Vec<Quota>,
        now: Timestamp,
    ) -> Answer<Spent> {
        let quotas = self.hashed(workspace, quotas);
        self.write("spend", Key::Each(workspace), move |db| spend(db, workspace, notice, &quotas, now))
    }

    /// How often was counted for the key of each quota within its span.
    pub fn spent(&self, workspace: WorkspaceId, quotas: Vec<Quota>, now: Timestamp) -> Answer<Vec<u64>> {
        let quotas = self.hashed(workspace, quotas);
        self.query("spent", Key::Each(workspace), move |db| spent(db, workspace, &quotas, now))
    }

    /// Quotas with what stands for their keys.
    fn hashed(&self, workspace: WorkspaceId, quotas: Vec<Quota>) -> Hashed {
        let hash = |quota: Quota| (self.secrets().counted(workspace, &quota.key), quota);
        quotas.into_iter().map(hash).collect()
    }
}

/// When something happened, and how often.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally(Vec<(i64, u32)>);

impl Tally {
    fn unpack(bytes: &[u8]) -> Result<Self> {
        let (pairs, rest) = bytes.as_chunks::<PAIR>();
        if !rest.is_empty() {
            return Err(StoreError::Damaged("times that are counted".to_owned()));
        }
        let pair = |&[a, b, c, d, e, f, g, h, i, j, k, l]: &[u8; PAIR]| {
            (i64::from_be_bytes([a, b, c, d, e, f, g, h]), u32::from_be_bytes([i, j, k, l]))
        };
        Ok(Self(pairs.iter().map(pair).collect()))
    }

    fn pack(&self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|(at, count)| at.to_be_bytes().into_iter().chain(count.to_be_bytes()))
            .collect()
    }

    /// How often after `from`. Whatever bears a later time than now counts too: a clock may have been put back.
    fn since(&self, from: i64) -> u64 {
        self.0.iter().filter(|(at, _)| *at > from).map(|(_, count)| u64::from(*count)).sum()
    }

    fn add(&mut self, now: i64) {
        self.0.retain(|(at, _)| *at > now.saturating_sub(KEPT));
        let is_long = self.0.len() >= EXACT_MAX;
        match self.0.last_mut() {
            Some((at, count)) if is_long && now < at.saturating_add(STEP) => {
                (*at, *count) = ((*at).max(now), count.saturating_add(1));
            }
            _ => self.0.push((now, 1)),
        }
        self.0.sort_unstable();
    }

    fn latest(&self) -> i64 {
        self.0.last().map_or(0, |(at, _)| *at)
    }
}

/// Quotas, each with what stands for its key.
pub(crate) type Hashed = Vec<([u8; 16], Quota)>;

/// Counts within every quota or not at all, see [`crate::Store::spend`].
pub(crate) fn spend(
    db: &impl Db,
    workspace: WorkspaceId,
    notice: Option<NoticeId>,
    quotas: &Hashed,
    now: Timestamp,
) -> Result<Spent> {
    check(quotas)?;
    if let Some(notice) = notice
        && is_counted(db, workspace, notice)?
    {
        return Ok(Spent::Within);
    }
    purge(db, workspace, now)?;
    let mut tallies: Vec<([u8; 16], Tally)> = Vec::with_capacity(quotas.len());
    for (place, (hash, quota)) in quotas.iter().enumerate() {
        let known = tallies.iter().position(|(known, _)| known == hash);
        let at = if let Some(at) = known {
            at
        } else {
            tallies.push((*hash, read(db, workspace, hash)?));
            tallies.len() - 1
        };
        let within = i64::try_from(quota.within.as_micros()).unwrap_or(KEPT);
        if tallies[at].1.since(now.0.saturating_sub(within)) >= u64::from(quota.at_most) {
            return Ok(Spent::Over(place));
        }
    }
    for (hash, mut tally) in tallies {
        tally.add(now.0);
        write(db, workspace, &hash, &tally)?;
    }
    if let Some(notice) = notice {
        note(db, workspace, notice)?;
    }
    Ok(Spent::Within)
}

/// How often each was counted within its span, see [`crate::Store::spent`].
pub(crate) fn spent(
    db: &impl Db,
    workspace: WorkspaceId,
    quotas: &Hashed,
    now: Timestamp,
) -> Result<Vec<u64>> {
    check(quotas)?;
    let count = |(hash, quota): &([u8; 16], Quota)| {
        let within = i64::try_from(quota.within.as_micros()).unwrap_or(KEPT);
        Ok(read(db, workspace, hash)?.since(now.0.saturating_sub(within)))
    };
    quotas.iter().map(count).collect()
}

fn check(quotas: &Hashed) -> Result<()> {
    let fits = quotas.len() <= Quota::AT_ONCE_MAX
        && quotas.iter().all(|(_, quota)| quota.within <= Quota::WITHIN_MAX);
    if fits {
        return Ok(());
    }
    Err(StoreError::Invalid(format!("at most {} quotas at once, of 24 hours at most", Quota::AT_ONCE_MAX)))
}

fn read(db: &impl Db, workspace: WorkspaceId, hash: &[u8; 16]) -> Result<Tally> {
    const SELECT: &str = "SELECT times FROM tally WHERE hash = ?1 AND workspace = ?2";
    let tally = db.first(SELECT, params![hash, workspace.0], |row| Tally::unpack(row.get(0)?))?;
    Ok(tally.unwrap_or_default())
}

fn write(db: &impl Db, workspace: WorkspaceId, hash: &[u8; 16], tally: &Tally) -> Result<()> {
    const PUT: &str = "INSERT INTO tally (hash, workspace, at, times) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (hash, workspace) DO UPDATE SET at = excluded.at, times = excluded.times";
    db.execute(PUT, params![hash, workspace.0, tally.latest(), &tally.pack()]).map(drop)
}

/// Removes what is too old to count.
fn purge(db: &impl Db, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    const DELETE: &str = "DELETE FROM tally WHERE workspace = ?1 AND at <= ?2";
    db.execute(DELETE, params![workspace.0, now.0.saturating_sub(KEPT)]).map(drop)
}

fn is_counted(db: &impl Db, workspace: WorkspaceId, notice: NoticeId) -> Result<bool> {
    const SELECT: &str = "SELECT counted FROM notice
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND at = ?5";
    let NoticeId { hash, kind, list, at } = notice;
    let key = params![&hash, workspace.0, kind as u8, list, at.0];
    Ok(db.first(SELECT, key, |row| row.get(0))?.unwrap_or(false))
}

fn note(db: &impl Db, workspace: WorkspaceId, notice: NoticeId) -> Result<()> {
    const UPDATE: &str = "UPDATE notice SET counted = 1
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND at = ?5";
    let NoticeId { hash, kind, list, at } = notice;
    db.execute(UPDATE, params![&hash, workspace.0, kind as u8, list, at.0]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_exact_while_it_is_short_and_bounded_however_long() {
        let mut tally = Tally::default();
        for at in 0..i64::try_from(EXACT_MAX).unwrap() {
            tally.add(at);
        }
        assert_eq!((tally.since(-1), tally.since(62)), (64, 1));
        // Every second for three days.
        let mut now = 0;
        for second in 1..=3 * 86_400_i64 {
            now = second * 1_000_000;
            tally.add(now);
        }
        assert!(tally.0.len() <= 2 * 96 + EXACT_MAX, "{}", tally.0.len());
        let day = tally.since(now - KEPT);
        assert!((86_400..=86_400 + 901).contains(&day), "never fewer than there were: {day}");
        assert_eq!(Tally::unpack(&tally.pack()).unwrap(), tally);
        assert!(Tally::unpack(&[0; 13]).is_err());
    }
}
