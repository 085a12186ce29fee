//! What taking a text message depends on: blocks, holds, what the number was asked, what was sent to it last.

use consent::{AddressId, Channel, ListId, RunId, Timestamp, WorkspaceId};
use serde::Deserialize;

use super::{holds, runs, texts};
use crate::error::Result;
use crate::sql::{Db, Sql, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Ask, DeliveryState, LastMessage, NewAsk, Text, TextStanding};

/// How many of the newest runs are looked at for the last message to a number.
const RUNS_MAX: i64 = 200;

impl Store {
    /// What taking a text message from `address` to one of `senders` depends on.
    pub fn text_standing(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        channel: Channel,
        senders: Vec<String>,
    ) -> Answer<TextStanding> {
        self.query("text_standing", Key::Address(workspace, address), move |db| {
            standing(db, workspace, address, channel, &senders)
        })
    }
}

/// See [`crate::Store::text_standing`].
pub(crate) fn standing(
    db: &impl Db,
    workspace: WorkspaceId,
    address: AddressId,
    channel: Channel,
    senders: &[String],
) -> Result<TextStanding> {
    const BLOCKED: &str = "SELECT sender FROM sender_block WHERE workspace = ?1 AND address = ?2";
    let mut blocked = false;
    db.each(BLOCKED, params![workspace.0, address.0], |row| {
        let sender: &str = row.get(0)?;
        blocked |= senders.iter().any(|asked| asked == sender);
        Ok(())
    })?;
    Ok(TextStanding {
        blocked,
        held: holds::is_held(db, workspace, address)?,
        ask: asked(db, workspace, address, channel)?,
        last: last(db, workspace, address, channel, senders)?,
    })
}

fn asked(db: &impl Db, workspace: WorkspaceId, address: AddressId, channel: Channel) -> Result<Option<Ask>> {
    const SELECT: &str = "SELECT list, at, expires_at, answered FROM text_ask
        WHERE workspace = ?1 AND address = ?2 AND channel = ?3";
    db.first(SELECT, params![workspace.0, address.0, channel as u8], |row| {
        Ok(Ask {
            list: row.get::<Option<_>>(0)?.map(ListId),
            at: Timestamp(row.get(1)?),
            expires_at: Timestamp(row.get(2)?),
            answered: row.get(3)?,
        })
    })
}

/// Notes what a number was asked, in place of what it was asked before.
pub(super) fn ask(db: &impl Db, workspace: WorkspaceId, text: &Text, ask: &NewAsk) -> Result<()> {
    const PUT: &str = "INSERT INTO text_ask (workspace, address, channel, list, at, expires_at, answered)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)
        ON CONFLICT (workspace, address, channel) DO UPDATE
            SET list = excluded.list, at = excluded.at, expires_at = excluded.expires_at, answered = 0";
    let values = params![
        workspace.0,
        text.address.0,
        text.channel as u8,
        ask.list.map(|list| list.0),
        text.received_at.0,
        ask.expires_at.0,
    ];
    db.execute(PUT, values).map(drop)
}

/// Notes that what a number was asked is answered.
pub(super) fn end_ask(db: &impl Db, workspace: WorkspaceId, text: &Text) -> Result<()> {
    const UPDATE: &str =
        "UPDATE text_ask SET answered = 1 WHERE workspace = ?1 AND address = ?2 AND channel = ?3";
    db.execute(UPDATE, params![workspace.0, text.address.0, text.channel as u8]).map(drop)
}

/// What is read of a run's description.
#[derive(Default, Deserialize)]
struct Spec {
    channel: Option<String>,
    sender: Option<String>,
}

/// The last message that a run sent to an address by a channel from one of the senders.
fn last(
    db: &impl Db,
    workspace: WorkspaceId,
    address: AddressId,
    channel: Channel,
    senders: &[String],
) -> Result<Option<LastMessage>> {
    const NEWEST: &str = "SELECT coalesce(max(id), 0) FROM run WHERE workspace = ?1";
    const MERGED: &str = "SELECT from_profile FROM profile_merged WHERE workspace = ?1 AND into_profile = ?2";
    // One probe of the key for each run. The address tells messages to the phone from mail.
    const SELECT: Sql = Sql::each(
        "SELECT delivery.run, delivery.at FROM run CROSS JOIN delivery
            ON delivery.workspace = ?1 AND delivery.run = run.id AND delivery.profile = ?2
            WHERE run.workspace = ?1 AND run.id > ?3 AND address = ?4 AND delivery.state IN (?5, ?6)",
        "SELECT run, at FROM delivery
            WHERE run = ANY (ARRAY(SELECT id FROM run WHERE workspace = ?1 AND id > ?3))
            AND profile = ?2 AND workspace = ?1 AND address = ?4 AND state IN (?5, ?6)",
    );
    let Some(profile) = texts::owner(db, workspace, address)? else { return Ok(None) };
    let newest: i64 = db.one(NEWEST, params![workspace.0], |row| row.get(0))?;
    let after = newest.saturating_sub(RUNS_MAX);
    let (sent, in_doubt) = (DeliveryState::Sent as u8, DeliveryState::InDoubt as u8);
    // What went to a profile that has been merged since stands under its old id.
    let mut profiles = db.all(MERGED, params![workspace.0, profile.0], |row| row.get(0))?;
    profiles.push(profile.0);
    let mut messages: Vec<(i64, i64)> = Vec::new();
    for profile in profiles {
        let key = params![workspace.0, profile, after, address.0, sent, in_doubt];
        messages.extend(db.all(SELECT, key, |row| Ok((row.get(1)?, row.get(0)?)))?);
    }
    messages.sort_unstable_by(|a, b| b.cmp(a));
    for (at, run) in messages {
        let Some(run) = runs::run(db, workspace, RunId(run))? else { continue };
        // A description that can't be read names no sender.
        let spec: Spec = serde_json::from_str(&run.spec).unwrap_or_default();
        let of_channel = spec.channel.is_some_and(|name| name == channel.as_str());
        if of_channel && spec.sender.is_some_and(|sender| senders.contains(&sender)) {
            return Ok(Some(LastMessage {
                run: run.id,
                campaign: run.campaign,
                list: run.list,
                at: Timestamp(at),
            }));
        }
    }
    Ok(None)
}
