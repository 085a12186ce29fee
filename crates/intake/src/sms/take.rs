//! Bringing events into effect.

use std::collections::HashMap;

use consent::sms::Class;
use consent::{Clock, EntryId, Timestamp};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use store::{Store, StoreError, TextId};

use super::desk::Desk;
use super::event::Event;
use super::{preference, receipt, text};
use crate::feedback::{self, report_id};

/// Numbers whose events are taken at once: what waits for the disk together is written together.
const AT_ONCE: usize = 32;

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken before; nothing changed.
    Repeated,
    /// A part of a message whose rest hasn't come.
    Waiting {
        /// Whether what has come reads like a refusal, so that there is no marketing to the number meanwhile.
        held: bool,
    },
    /// A text, or a choice in a messaging app, was taken.
    Taken {
        /// What it asked for.
        class: Class,
        /// The ledger entry of the choice, if one was made.
        entry: Option<EntryId>,
        /// What is said back within the answer to the webhook.
        reply: Option<String>,
    },
    /// A receipt.
    Receipt(feedback::Outcome),
    /// Nobody can be told from it.
    Unknown,
}

/// Takes one event, once by its id. Durable, and in effect for every permit read from now on, once it answers (I1, I2);
/// after an error nothing is lost by handing it in again.
pub async fn take(store: &Store, desk: &Desk, event: Event, now: Timestamp) -> Result<Outcome, StoreError> {
    match event {
        Event::Message(message) => text::take(store, desk, message, now).await,
        Event::Preference(choice) => preference::take(store, desk, choice, now).await,
        Event::Receipt(told) => receipt::take(store, desk, told, now).await,
    }
}

/// Takes the events of a request as [`take`] does, those of one number in their order and those of several at once; what
/// became of them, in no order. After an error some may have been taken.
pub async fn take_all(
    store: &Store,
    desk: &Desk,
    events: Vec<Event>,
    clock: &dyn Clock,
) -> Result<Vec<Outcome>, StoreError> {
    let mut numbers: HashMap<String, Vec<Event>> = HashMap::new();
    for event in events {
        numbers.entry(event.number().to_owned()).or_default().push(event);
    }
    let each = numbers.into_values().map(|events| in_order(store, desk, events, clock));
    let outcomes: Vec<_> = stream::iter(each).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(outcomes.concat())
}

async fn in_order(
    store: &Store,
    desk: &Desk,
    events: Vec<Event>,
    clock: &dyn Clock,
) -> Result<Vec<Outcome>, StoreError> {
    let mut outcomes = Vec::with_capacity(events.len());
    for event in events {
        outcomes.push(take(store, desk, event, clock.now()).await?);
    }
    Ok(outcomes)
}

/// The id of what a receiver told of.
pub(super) fn text_id(desk: &Desk, parts: &[&str]) -> TextId {
    TextId(report_id(&desk.source, parts).0)
}
