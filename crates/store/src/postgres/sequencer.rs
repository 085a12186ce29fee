//! The sequencer: gives committed entries their places in the log, in the order of their ids as far as they are
//! committed, without gaps.
//!
//! One node at a time does it, held by a lock that dies with its connection. Were there two all the same, they would
//! meet in `ledger_head`'s row, and one of them would begin again. The files are made from the places by each node for
//! itself: they depend on the entries, their order and the master key alone.

use std::path::PathBuf;
use std::time::Duration;

use super::lanes::Link;
use super::session::Session;
use crate::error::{Result, StoreError};
use crate::sealer;
use crate::secrets::Secrets;
use crate::sql::{Db as _, params};
use crate::state::history;
use crate::state::link_keys::{self, SharedKeyRing};

/// Held by the sequencer: "sequence" as hexadecimal digits, cut to 63 bits.
const LOCK: i64 = 0x7365_7175_656e_6365;
/// Entries that get their places in one transaction.
const BATCH_MAX: i64 = 8192;
/// How long to wait for the sequencer on another node.
const WAITS_MAX: u32 = 500;
const WAIT: Duration = Duration::from_millis(20);

/// A node's part in the ledger.
pub(super) struct Sequencer {
    /// Its connection, which holds the lock.
    pub link: Link,
    /// For the ledger's key and pseudonyms.
    pub secrets: Secrets,
    /// Where link keys are put that other nodes have made.
    pub key_ring: SharedKeyRing,
    /// Folder of the ledger's files.
    pub ledger: PathBuf,
    /// The connection, as [`Link::connections`] counts them, that has taken the lock.
    pub leads_on: Option<u64>,
}

impl Sequencer {
    /// Sees to it that every entry committed before the call has a place, and writes the files up to there; answers the
    /// ledger's size. Reads the link keys, too.
    pub fn seal(&mut self) -> Result<u64> {
        let was_connected = !self.link.is_broken();
        let mut sealed = self.try_seal();
        if was_connected && matches!(sealed, Err(StoreError::Unavailable(_))) && !self.link.is_alive() {
            // The connection broke, perhaps long ago. Sealing twice does no harm.
            self.link.drop_session();
            sealed = self.try_seal();
        }
        if sealed.is_err() {
            // A connection that broke gives the lock away; any other one does too, so that another node can try.
            self.link.drop_session();
        }
        sealed
    }

    fn try_seal(&mut self) -> Result<u64> {
        self.link.session()?;
        let connection = self.link.connections();
        let session = self.link.session()?;
        link_keys::refresh(session, &self.secrets, &self.key_ring)?;
        if self.leads_on != Some(connection) {
            let leads: bool =
                session.one("SELECT pg_try_advisory_lock(?1)", params![LOCK], |row| row.get(0))?;
            self.leads_on = leads.then_some(connection);
        }
        if self.leads_on.is_some() {
            // Should it go on with a connection of its own making, the lock is asked for again the next time.
            while self.link.write(give_places)? == BATCH_MAX {}
        } else {
            wait_for_places(session)?;
        }
        if sealer::size(&self.ledger)? != history::count(self.link.session()?)? {
            // What goes into the files stays there: it mustn't be lost with the primary.
            self.link.prove()?;
        }
        sealer::write_files(self.link.session()?, &self.ledger, &self.secrets)
    }
}

/// Gives some entries their places; answers how many.
fn give_places(session: &Session) -> Result<i64> {
    const PENDING: &str = "SELECT entry, profile FROM ledger_pending ORDER BY entry LIMIT ?1";
    const SIZE: &str = "SELECT size FROM ledger_head WHERE id = 1";
    const PLACE: &str = "INSERT INTO ledger_leaf (entry, leaf, profile)
        SELECT entry, ?1 + place - 1, profile
        FROM unnest(?2::BIGINT[], ?3::BIGINT[]) WITH ORDINALITY AS new (entry, profile, place)";
    const DONE: &str = "DELETE FROM ledger_pending WHERE entry = ANY(?1)";
    const GROW: &str = "UPDATE ledger_head SET size = ?2 WHERE id = 1 AND size = ?1";
    let mut entries: Vec<i64> = Vec::new();
    let mut profiles: Vec<i64> = Vec::new();
    session.each(PENDING, params![BATCH_MAX], |row| {
        entries.push(row.get(0)?);
        profiles.push(row.get(1)?);
        Ok(())
    })?;
    let count = entries.len() as i64;
    if count == 0 {
        return Ok(0);
    }
    let size: i64 = session.one(SIZE, params![], |row| row.get(0))?;
    if session.execute(GROW, params![size, size + count])? != 1 {
        return Err(StoreError::Conflict);
    }
    session.change(PLACE, &[&size, &entries, &profiles])?;
    session.change(DONE, &[&entries])?;
    Ok(count)
}

/// Waits until the sequencer, on another node, has given every entry of now its place.
fn wait_for_places(session: &Session) -> Result<()> {
    const NEWEST: &str = "SELECT max(entry) FROM ledger_pending";
    const LEFT: &str = "SELECT EXISTS (SELECT 1 FROM ledger_pending WHERE entry <= ?1)";
    let newest: Option<i64> = session.one(NEWEST, params![], |row| row.get(0))?;
    let Some(newest) = newest else { return Ok(()) };
    for _ in 0..WAITS_MAX {
        if !session.one(LEFT, params![newest], |row| row.get::<bool>(0))? {
            return Ok(());
        }
        std::thread::sleep(WAIT);
    }
    Err(StoreError::Unavailable("another node holds the ledger and doesn't go on with it".to_owned()))
}
