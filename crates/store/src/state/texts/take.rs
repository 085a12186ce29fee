//! Taking a text message: once, with all that it sets going.

use consent::{AddressId, Namespace, WorkspaceId};

use super::number;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::state::blocks::check_sender;
use crate::state::{blocks, holds, replies, text_standing};
use crate::store::{Answer, Key, Store};
use crate::types::{HoldDecision, Text, TextEffects, TextId, TextTaken};

/// Most senders that one message names.
const SENDERS_MAX: usize = 1_000;
/// Who has decided what the sender of a message has made clear.
const THE_SENDER: &str = "the sender";
/// A refusal, as [`consent::sms::Class::as_str`] has it.
const OPT_OUT: &str = consent::sms::Class::OptOut.as_str();

impl Store {
    /// Whether a text message has been taken already.
    pub fn text_known(&self, workspace: WorkspaceId, id: TextId) -> Answer<bool> {
        self.query("text_known", Key::Workspace(workspace), move |db| known(db, workspace, id))
    }

    /// Keeps a text message and what it sets going, once by its id, all or nothing. Changes of consent that it asks for
    /// are recorded by the caller before, so that one that dies in between is asked again. When it answers, all is
    /// durable and in effect for every permit read from then on (I1, I2).
    pub fn take_text(&self, workspace: WorkspaceId, text: Text, effects: TextEffects) -> Answer<TextTaken> {
        self.write("take_text", Key::Workspace(workspace), move |db| take(db, workspace, &text, &effects))
    }

    /// The latest text messages of a number, newest first, at most `limit`.
    pub fn texts_of(&self, workspace: WorkspaceId, address: AddressId, limit: usize) -> Answer<Vec<Text>> {
        self.query("texts_of", Key::Address(workspace, address), move |db| {
            super::of_address(db, workspace, address, limit)
        })
    }
}

/// Whether a message has been taken.
pub(crate) fn known(db: &impl Db, workspace: WorkspaceId, id: TextId) -> Result<bool> {
    const SELECT: &str = "SELECT EXISTS (SELECT 1 FROM text_message WHERE workspace = ?1 AND id = ?2)";
    db.one(SELECT, params![workspace.0, &id.0], |row| row.get(0))
}

/// Takes a message, see [`crate::Store::take_text`].
pub(crate) fn take(
    db: &impl Db,
    workspace: WorkspaceId,
    text: &Text,
    effects: &TextEffects,
) -> Result<TextTaken> {
    check(text, effects)?;
    if !keep(db, workspace, text)? {
        return Ok(TextTaken { new: false, replied: false });
    }
    let pairs = |senders: &[String]| -> Vec<(AddressId, String)> {
        senders.iter().map(|sender| (text.address, sender.clone())).collect()
    };
    // Where a message asks for a thing and its opposite, the one that sends less stays.
    blocks::unblock(db, workspace, &pairs(&effects.unblock))?;
    blocks::block_again(db, workspace, &pairs(&effects.block), text.at)?;
    if effects.release {
        let refused = text.class == OPT_OUT;
        let decision = HoldDecision { refused, by: THE_SENDER.to_owned(), at: text.received_at };
        holds::release(db, workspace, text.address, &decision)?;
    }
    if effects.hold {
        holds::hold(db, workspace, text)?;
    }
    if effects.end_ask {
        text_standing::end_ask(db, workspace, text)?;
    }
    if let Some(ask) = &effects.ask {
        text_standing::ask(db, workspace, text, ask)?;
    }
    let replied = match &effects.reply {
        Some(reply) => replies::keep(db, workspace, text, reply)?,
        None => false,
    };
    Ok(TextTaken { new: true, replied })
}

fn check(text: &Text, effects: &TextEffects) -> Result<()> {
    let invalid = |why: String| Err(StoreError::Invalid(format!("a text message: {why}")));
    if Namespace::of_channel(text.channel) != Some(Namespace::Phone) {
        return invalid(format!("none comes by {}", text.channel.as_str()));
    }
    if text.text.len() > Text::TEXT_BYTES_MAX {
        return invalid(format!("it has at most {} bytes", Text::TEXT_BYTES_MAX));
    }
    for (what, words) in [("a class", &text.class), ("a rule", &text.rule), ("a source", &text.source)] {
        if words.len() > Text::NOTE_LENGTH_MAX || words.contains(char::is_control) {
            return invalid(format!("{what} has at most {} bytes on one line", Text::NOTE_LENGTH_MAX));
        }
    }
    if effects.block.len() > SENDERS_MAX || effects.unblock.len() > SENDERS_MAX {
        return invalid(format!("it blocks at most {SENDERS_MAX} senders"));
    }
    check_sender(&text.sender)
}

/// Keeps a message; whether it is new.
fn keep(db: &impl Db, workspace: WorkspaceId, text: &Text) -> Result<bool> {
    const INSERT: &str = "INSERT INTO text_message
        (workspace, id, profile, address, number, channel, sender, body, class, rule, at, received_at, source, entry)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        ON CONFLICT (workspace, id) DO NOTHING";
    let number = number(db, workspace, text.address)?;
    // PostgreSQL can't keep U+0000, and people's telephones send anything.
    let body = text.text.replace('\0', "\u{fffd}");
    let values = params![
        workspace.0,
        &text.id.0,
        text.profile.0,
        text.address.0,
        &number,
        text.channel as u8,
        &text.sender,
        &body,
        &text.class,
        &text.rule,
        text.at.0,
        text.received_at.0,
        &text.source,
        text.entry.map(|entry| entry.0),
    ];
    Ok(db.execute(INSERT, values)? > 0)
}
