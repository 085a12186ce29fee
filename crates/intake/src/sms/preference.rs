//! Choices that people make in their messaging app, wherever they stand in a body: WhatsApp's "Offers and announcements"
//! in Meta's format, which other providers pass on, and RCS's "Unsubscribe" in Google's.

use consent::sms::Class;
use consent::{Channel, Choice, Timestamp};
use serde_json::Value;
use store::{Store, StoreError, TextEffects};

use super::desk::Desk;
use super::event::{Events, Preference};
use super::take::{Outcome, text_id};
use super::text::{Incoming, Read, keep, owner, record, refused};
use super::{number, opt_in};
use crate::webhook::event::{code, moment, text};

/// How deep a body is looked through.
const DEPTH_MAX: usize = 16;

/// Collects every choice in a body; whether there was one.
pub(super) fn find(events: &mut Events, value: &Value) -> bool {
    let before = events.events.len();
    search(events, value, "", 0);
    events.events.len() > before
}

/// `to`: our sender, as an object further up names it.
fn search(events: &mut Events, value: &Value, to: &str, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| search(events, element, to, depth + 1)),
        Value::Object(members) => {
            let named = text(value, "/metadata/display_phone_number");
            let to = if named.is_empty() { to } else { named };
            if let Some(Value::Array(preferences)) = members.get("user_preferences") {
                for preference in preferences {
                    whatsapp(events, preference, to);
                }
            }
            if text(value, "/system/type") == "user_preference_changed" {
                whatsapp_system(events, value, to);
            }
            rcs(events, value);
            members.values().for_each(|member| search(events, member, to, depth + 1));
        }
        _ => {}
    }
}

fn whatsapp(events: &mut Events, value: &Value, to: &str) {
    let Some(stop) = stops(text(value, "/value")) else { return };
    // Categories that aren't about marketing: there are none yet, and theirs wouldn't be a choice about marketing.
    if !matches!(text(value, "/category"), "" | "marketing_messages") {
        return;
    }
    let (from, at) = (code(value, "/wa_id"), moment(value, "/timestamp"));
    let id = String::new();
    events.preference(Preference { id, from, to: to.to_owned(), channel: Channel::WhatsApp, stop, at });
}

/// The same as a message, from before there was a field for it.
fn whatsapp_system(events: &mut Events, value: &Value, to: &str) {
    let Some(stop) = stops(text(value, "/system/marketing")) else { return };
    let (id, from, at) = (code(value, "/id"), code(value, "/from"), moment(value, "/timestamp"));
    events.preference(Preference { id, from, to: to.to_owned(), channel: Channel::WhatsApp, stop, at });
}

fn stops(value: &str) -> Option<bool> {
    match value {
        "stop" => Some(true),
        "resume" => Some(false),
        _ => None,
    }
}

fn rcs(events: &mut Events, value: &Value) {
    let stop = match text(value, "/eventType") {
        "UNSUBSCRIBE" => true,
        "SUBSCRIBE" => false,
        _ => return,
    };
    let at = moment(value, "/sendTime").or_else(|| moment(value, "/timestamp"));
    let (id, from, to) =
        (code(value, "/eventId"), code(value, "/senderPhoneNumber"), code(value, "/agentId"));
    events.preference(Preference { id, from, to, channel: Channel::Sms, stop, at });
}

/// Takes a choice. It is about marketing alone, so that it blocks no sender; nothing is said back.
pub(super) async fn take(
    store: &Store,
    desk: &Desk,
    choice: Preference,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let id = text_id(desk, &["preference", &choice.id]);
    if store.text_known(desk.workspace, id).await? {
        return Ok(Outcome::Repeated);
    }
    let Some(address) = number::address(&choice.from) else { return Ok(Outcome::Unknown) };
    let Some(owner) = owner(store, desk, address, now).await? else { return Ok(Outcome::Unknown) };
    let sender = number::sender(&choice.to, choice.channel);
    let said = if choice.stop { "stop marketing messages" } else { "resume marketing messages" };
    let incoming = Incoming {
        id,
        owner,
        channel: choice.channel,
        senders: if sender.is_empty() { Vec::new() } else { vec![sender] },
        text: said.to_owned(),
        at: choice.at.unwrap_or(now).min(now),
        now,
        answerable: false,
    };
    let (workspace, address) = (desk.workspace, incoming.owner.address);
    let standing =
        store.text_standing(workspace, address, incoming.channel, incoming.senders.clone()).await?;
    let sets = if choice.stop {
        vec![(refused(desk, incoming.channel, &standing), Choice::No)]
    } else {
        let lifted = opt_in::lift(store, desk, &incoming, &standing, None).await?;
        // Resuming takes back what was stopped; it isn't consent where nothing was.
        lifted.filter(|lifted| lifted.opted_out).map(|lifted| lifted.sets).unwrap_or_default()
    };
    let run = standing.last.as_ref().map(|last| last.run);
    let recorded = record(store, desk, &incoming, &sets, None, run).await?;
    let class = if choice.stop { Class::OptOut } else { Class::OptIn };
    let read = Read { class, rule: "preference".to_owned(), language: None, keyword: None };
    let effects = TextEffects { release: choice.stop, ..TextEffects::default() };
    keep(store, desk, &incoming, &read, effects, recorded.and_then(|recorded| recorded.entry)).await
}
