//! Text messages that people sent.

mod take;

use consent::{AddressId, Channel, EntryId, Namespace, ProfileId, Timestamp, WorkspaceId};

use super::namespaces;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, Sql, params};
use crate::types::{Text, TextId};

/// Most messages, holds or answers at once.
pub(super) const PAGE_MAX: usize = 10_000;

/// Whom an address belongs to.
pub(super) fn owner(db: &impl Db, workspace: WorkspaceId, address: AddressId) -> Result<Option<ProfileId>> {
    const SELECT: Sql = Sql::each(
        "SELECT profile FROM address WHERE id = ?1 AND workspace = ?2",
        "SELECT profile FROM address_owner WHERE address = ?1 AND workspace = ?2",
    );
    db.first(SELECT, params![address.0, workspace.0], |row| row.get(0).map(ProfileId))
}

/// The number of an address, as it was written.
fn number(db: &impl Db, workspace: WorkspaceId, address: AddressId) -> Result<String> {
    const SELECT: &str = "SELECT namespace, coalesce(raw, key) FROM address
        WHERE profile = ?1 AND id = ?2 AND workspace = ?3";
    let missing = || StoreError::Missing("the number".to_owned());
    let profile = owner(db, workspace, address)?.ok_or_else(missing)?;
    let found = db.first(SELECT, params![profile.0, address.0, workspace.0], |row| {
        Ok((row.get::<i64>(0)?, row.get(1)?))
    })?;
    let (namespace, number) = found.ok_or_else(missing)?;
    // Names that send texts stand in a namespace of their own; nothing is sent to them.
    if !matches!(namespaces::name(db, workspace, namespace)?, Namespace::Phone | Namespace::Custom(_)) {
        return Err(StoreError::Invalid("a text message comes from a phone number or a name".to_owned()));
    }
    Ok(number)
}

/// Selects what [`read`] reads.
macro_rules! select_texts {
    ($rest:literal) => {
        concat!(
            "SELECT id, profile, address, channel, sender, body, class, rule, at, received_at, source, entry, number
             FROM text_message ",
            $rest
        )
    };
}

/// A message with the number that it came from.
pub(super) fn text(db: &impl Db, workspace: WorkspaceId, id: TextId) -> Result<Option<(Text, String)>> {
    const SELECT: &str = select_texts!("WHERE workspace = ?1 AND id = ?2");
    db.first(SELECT, params![workspace.0, &id.0], |row| Ok((read(row)?, row.get(12)?)))
}

/// Such a message, which a row names.
pub(super) fn named(db: &impl Db, workspace: WorkspaceId, id: TextId) -> Result<(Text, String)> {
    text(db, workspace, id)?
        .ok_or_else(|| StoreError::Damaged("a text message that is referred to isn't there".to_owned()))
}

/// The latest messages of a number, newest first.
pub(crate) fn of_address(
    db: &impl Db,
    workspace: WorkspaceId,
    address: AddressId,
    limit: usize,
) -> Result<Vec<Text>> {
    const SELECT: &str =
        select_texts!("WHERE workspace = ?1 AND address = ?2 ORDER BY received_at DESC, id DESC LIMIT ?3");
    db.all(SELECT, params![workspace.0, address.0, limit.min(PAGE_MAX) as i64], read)
}

fn read(row: &Row<'_>) -> Result<Text> {
    Ok(Text {
        id: TextId(row.get(0)?),
        profile: ProfileId(row.get(1)?),
        address: AddressId(row.get(2)?),
        channel: channel(row.get(3)?)?,
        sender: row.get(4)?,
        text: row.get(5)?,
        class: row.get(6)?,
        rule: row.get(7)?,
        at: Timestamp(row.get(8)?),
        received_at: Timestamp(row.get(9)?),
        source: row.get(10)?,
        entry: row.get::<Option<_>>(11)?.map(EntryId),
    })
}

fn channel(code: u8) -> Result<Channel> {
    let known = Channel::ALL.into_iter().find(|channel| *channel as u8 == code);
    known.ok_or_else(|| StoreError::Damaged(format!("a text message by the channel {code}")))
}
