//! Who is surely not on the suppression list, told from memory, so that a list of millions costs decisions no more than one
//! of ten.
//!
//! A blocked Bloom filter (Putze, Sanders, Singler 2007) over all entries: a no is sure, anything else is looked up. It
//! follows the list by the places of its entries, which only grow: whoever reads in a snapshot whose last place is past what
//! the filter covers adds what came since, in that snapshot, before asking it. So an entry counts from its commit on, whichever
//! process made it (I1). Entries that were removed stay in it and cost a look-up. It is kept in the database, and
//! made anew there as the list grows, so that a process starts with it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use consent::WorkspaceId;
use rusqlite::{Connection, OptionalExtension as _};

use crate::error::{Result, StoreError};

/// Shorter lists are looked up as they are.
const ENTRIES_MIN: i64 = 10_000;
/// Bits of an entry while there is room; 1 % of the addresses that aren't listed are looked up for nothing.
const BITS_PER_ENTRY: u64 = 10;
/// What came since the kept filter was made is added to it past so many entries, and past an eighth of what it has.
const TAIL_MIN: i64 = 16 * 1024;
/// More than that isn't added during a reading, which mustn't take long; until the kept filter has it, it isn't used.
const TAIL_MAX: i64 = 200_000;
/// Words of a block, which is a line of the processor's cache.
const BLOCK_WORDS: usize = 8;
/// Bits set of each entry.
const PROBES: u32 = 7;

/// The filter up to some place.
#[derive(Debug)]
pub(super) struct Filter {
    words: Vec<AtomicU64>,
    /// How many entries it has room for.
    room: u64,
    entries: AtomicU64,
    covered: AtomicI64,
}

impl Filter {
    fn with_room(room: u64) -> Self {
        let blocks = (room * BITS_PER_ENTRY).div_ceil(64 * BLOCK_WORDS as u64).max(1) as usize;
        let words = (0..blocks * BLOCK_WORDS).map(|_| AtomicU64::new(0)).collect();
        Self { words, room, entries: AtomicU64::new(0), covered: AtomicI64::new(0) }
    }

    /// Whether a value may be listed; `false` is sure.
    pub fn may_hold(&self, workspace: WorkspaceId, namespace: &str, value: &str) -> bool {
        self.bits(hash(workspace.0, namespace, value))
            .all(|(at, bit)| self.words[at].load(Ordering::Relaxed) & bit != 0)
    }

    fn add(&self, hash: u64) {
        for (at, bit) in self.bits(hash) {
            self.words[at].fetch_or(bit, Ordering::Relaxed);
        }
        self.entries.fetch_add(1, Ordering::Relaxed);
    }

    /// The words of a hash's block, and a bit in each of seven.
    fn bits(&self, hash: u64) -> impl Iterator<Item = (usize, u64)> {
        let blocks = (self.words.len() / BLOCK_WORDS) as u64;
        // The upper half says which block, the lower one which bits.
        let block = ((hash >> 32) * blocks) >> 32;
        let spread = (hash & 0xffff_ffff).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (0..PROBES).map(move |probe| {
            let bit = (spread >> (probe * 9)) & 511;
            (block as usize * BLOCK_WORDS + (bit / 64) as usize, 1 << (bit % 64))
        })
    }

    /// Adds the entries after what is covered, up to the snapshot's last one.
    fn follow(&self, conn: &Connection, last: i64) -> Result<()> {
        const SINCE: &str = "SELECT workspace, namespace, value FROM suppression WHERE place > ?1";
        let mut statement = conn.prepare_cached(SINCE)?;
        self.add_rows(statement.query([self.covered.load(Ordering::Acquire)])?)?;
        self.covered.fetch_max(last, Ordering::Release);
        Ok(())
    }

    fn add_rows(&self, mut rows: rusqlite::Rows<'_>) -> Result<()> {
        while let Some(row) = rows.next()? {
            let (namespace, value) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
            self.add(hash(row.get(0)?, namespace, value));
        }
        Ok(())
    }

    /// A filter over the whole list, with room for as much again.
    fn over_all(conn: &Connection, last: i64) -> Result<Self> {
        // By the key's index, which holds all that is read.
        const ALL: &str = "SELECT workspace, namespace, value FROM suppression INDEXED BY suppression_key";
        let count: i64 = conn.query_row("SELECT count(*) FROM suppression", [], |row| row.get(0))?;
        let filter = Self::with_room(2 * count.max(ENTRIES_MIN) as u64);
        filter.add_rows(conn.prepare(ALL)?.query([])?)?;
        filter.covered.store(last, Ordering::Release);
        Ok(filter)
    }

    /// The kept one.
    fn load(conn: &Connection) -> Result<Option<Self>> {
        const SELECT: &str = "SELECT covered, entries, room, bits FROM suppression_filter";
        let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<_> {
            let room: i64 = row.get(2)?;
            let filter = Self::with_room(room.unsigned_abs());
            let bytes = row.get_ref(3)?.as_blob()?;
            let fits = bytes.len() == filter.words.len() * 8;
            for (word, bytes) in filter.words.iter().zip(bytes.as_chunks().0) {
                word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
            }
            filter.entries.store(row.get::<_, i64>(1)?.unsigned_abs(), Ordering::Relaxed);
            filter.covered.store(row.get(0)?, Ordering::Release);
            Ok(fits.then_some(filter))
        };
        match conn.prepare_cached(SELECT)?.query_row([], read).optional()? {
            Some(None) => {
                Err(StoreError::Damaged("the suppression list's filter has another size".to_owned()))
            }
            found => Ok(found.flatten()),
        }
    }

    fn keep(&self, conn: &Connection) -> Result<()> {
        const REPLACE: &str = "INSERT OR REPLACE INTO suppression_filter (id, covered, entries, room, bits) VALUES (1, ?1, ?2, ?3, ?4)";
        let bytes: Vec<u8> =
            self.words.iter().flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
        let (covered, entries) = (self.covered.load(Ordering::Acquire), self.entries.load(Ordering::Relaxed));
        conn.execute(REPLACE, (covered, entries as i64, self.room as i64, bytes))?;
        Ok(())
    }
}

/// Of a list's entry. Kept filters depend on it: another one needs them made anew. FNV-1a, and the last step of MurmurHash3, which
/// spreads it over all bits; whoever finds values that collide causes look-ups, nothing else.
fn hash(workspace: i64, namespace: &str, value: &str) -> u64 {
    let bytes = workspace.to_le_bytes().into_iter().chain(namespace.bytes()).chain([0]).chain(value.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The place of the last entry; 0 without any.
fn last_place(conn: &Connection) -> Result<i64> {
    let mut statement = conn.prepare_cached("SELECT coalesce(max(place), 0) FROM suppression")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The filter of a process, which its readers share.
#[derive(Debug, Default)]
pub(super) struct SharedFilter {
    current: RwLock<Option<Arc<Filter>>>,
    following: Mutex<()>,
}

impl SharedFilter {
    /// The filter, covering all that the connection's snapshot has; `None` where entries are to be looked up.
    pub fn covering(&self, conn: &Connection) -> Result<Option<Arc<Filter>>> {
        let last = last_place(conn)?;
        if last < ENTRIES_MIN {
            return Ok(None);
        }
        let behind = |filter: &Filter| last - filter.covered.load(Ordering::Acquire);
        let current = || self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(filter) = current().filter(|filter| behind(filter) <= 0) {
            return Ok(Some(filter));
        }
        let _following = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let mut filter = current();
        if filter.as_ref().is_none_or(|filter| behind(filter) > TAIL_MIN) {
            let kept = Filter::load(conn)?.map(Arc::new);
            filter = [filter, kept].into_iter().flatten().min_by_key(|filter| behind(filter));
        }
        let Some(filter) = filter.filter(|filter| behind(filter) <= TAIL_MAX) else { return Ok(None) };
        filter.follow(conn, last)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&filter));
        Ok(Some(filter))
    }
}

/// Brings the kept filter up to date where the list has grown much since, within a transaction that writes.
pub(crate) fn tend(conn: &Connection) -> Result<()> {
    const STANDING: &str = "SELECT covered, entries, room FROM suppression_filter";
    let last = last_place(conn)?;
    if last < ENTRIES_MIN {
        return Ok(());
    }
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let standing: Option<(i64, i64, i64)> = conn.prepare_cached(STANDING)?.query_row([], read).optional()?;
    let (covered, entries, room) = standing.unwrap_or_default();
    let tail = last - covered;
    if standing.is_some() && tail <= TAIL_MIN.max(entries / 8) {
        return Ok(());
    }
    let kept = if entries + tail <= room { Filter::load(conn)? } else { None };
    let filter = match kept {
        Some(filter) => {
            filter.follow(conn, last)?;
            filter
        }
        None => Filter::over_all(conn, last)?,
    };
    filter.keep(conn)
}

/// Entries that the kept filter denies although it covers them: none, or nobody would look them up.
pub(super) fn check(conn: &Connection) -> Result<Vec<String>> {
    const ALL: &str = "SELECT place, workspace, namespace, value FROM suppression";
    let Some(filter) = Filter::load(conn)? else { return Ok(Vec::new()) };
    let covered = filter.covered.load(Ordering::Acquire);
    let (mut statement, mut denied) = (conn.prepare(ALL)?, 0u64);
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (namespace, value) = (row.get_ref(2)?.as_str()?, row.get_ref(3)?.as_str()?);
        let held = filter.may_hold(WorkspaceId(row.get(1)?), namespace, value);
        denied += u64::from(row.get::<_, i64>(0)? <= covered && !held);
    }
    let finding = || {
        format!("suppression list: its filter denies {denied} entries; delete the row in suppression_filter")
    };
    Ok((denied > 0).then(finding).into_iter().collect())
}

#[cfg(test)]
mod tests;
