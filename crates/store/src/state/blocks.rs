//! Senders that an address blocks: nothing from them reaches it, transactional messages included.

use consent::{AddressId, Timestamp, WorkspaceId};

use super::suppression::limit;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::Text;

impl Store {
    /// Which senders an address blocks, and since when.
    pub fn blocks(&self, workspace: WorkspaceId, address: AddressId) -> Answer<Vec<(String, Timestamp)>> {
        self.query("blocks", Key::Address(workspace, address), move |db| blocks(db, workspace, address))
    }

    /// Makes addresses block senders; pairs that are there already stay as they are.
    pub fn block(
        &self,
        workspace: WorkspaceId,
        pairs: Vec<(AddressId, String)>,
        at: Timestamp,
    ) -> Answer<()> {
        self.write("block", Key::Each(workspace), move |db| block(db, workspace, &pairs, at))
    }

    /// Takes blocks back; answers, in order, whether each was there.
    pub fn unblock(&self, workspace: WorkspaceId, pairs: Vec<(AddressId, String)>) -> Answer<Vec<bool>> {
        self.write("unblock", Key::Each(workspace), move |db| unblock(db, workspace, &pairs))
    }
}

/// Makes addresses block senders; pairs that are there already stay as they are.
pub(crate) fn block(
    db: &impl Db,
    workspace: WorkspaceId,
    pairs: &[(AddressId, String)],
    at: Timestamp,
) -> Result<()> {
    const INSERT: &str = "INSERT INTO sender_block (workspace, address, sender, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (workspace, address, sender) DO NOTHING";
    check(pairs)?;
    let rows = pairs.iter().map(|(address, sender)| *params![workspace.0, address.0, sender.as_str(), at.0]);
    db.execute_all(INSERT, rows).map(drop)
}

/// The same for what an address said at a time: a block that is there already holds from then on, if that is later, so that a
/// START sent before doesn't lift it.
pub(super) fn block_again(
    db: &impl Db,
    workspace: WorkspaceId,
    pairs: &[(AddressId, String)],
    at: Timestamp,
) -> Result<()> {
    const INSERT: &str = "INSERT INTO sender_block (workspace, address, sender, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (workspace, address, sender) DO UPDATE SET at = excluded.at WHERE sender_block.at < excluded.at";
    check(pairs)?;
    let rows = pairs.iter().map(|(address, sender)| *params![workspace.0, address.0, sender.as_str(), at.0]);
    db.execute_all(INSERT, rows).map(drop)
}

/// Takes blocks back; whether each was there.
pub(crate) fn unblock(
    db: &impl Db,
    workspace: WorkspaceId,
    pairs: &[(AddressId, String)],
) -> Result<Vec<bool>> {
    const DELETE: &str = "DELETE FROM sender_block WHERE workspace = ?1 AND address = ?2 AND sender = ?3";
    check(pairs)?;
    let rows = pairs.iter().map(|(address, sender)| *params![workspace.0, address.0, sender.as_str()]);
    Ok(db.execute_all(DELETE, rows)?.into_iter().map(|removed| removed > 0).collect())
}

/// Which senders an address blocks, by name, and since when.
pub(crate) fn blocks(
    db: &impl Db,
    workspace: WorkspaceId,
    address: AddressId,
) -> Result<Vec<(String, Timestamp)>> {
    const SELECT: &str =
        "SELECT sender, at FROM sender_block WHERE workspace = ?1 AND address = ?2 ORDER BY sender";
    db.all(SELECT, params![workspace.0, address.0], |row| Ok((row.get(0)?, Timestamp(row.get(1)?))))
}

fn check(pairs: &[(AddressId, String)]) -> Result<()> {
    limit(pairs.len())?;
    pairs.iter().try_for_each(|(_, sender)| check_sender(sender))
}

/// Refuses what is no sender.
pub(super) fn check_sender(sender: &str) -> Result<()> {
    if sender.is_empty() || sender.len() > Text::SENDER_LENGTH_MAX || sender.contains(char::is_control) {
        return Err(StoreError::Invalid(format!(
            "a sender has 1 to {} bytes on one line",
            Text::SENDER_LENGTH_MAX
        )));
    }
    Ok(())
}
