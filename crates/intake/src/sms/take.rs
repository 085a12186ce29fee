//! Bringing events into effect.

use consent::sms::Class;
use consent::{EntryId, Timestamp};
use store::{Store, StoreError, TextId};

use super::desk::Desk;
use super::event::Event;
use super::{preference, receipt, text};
use crate::feedback::{self, report_id};

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
pub async fn take(
    store: &dyn Store,
    desk: &Desk,
    event: Event,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    match event {
        Event::Message(message) => text::take(store, desk, message, now).await,
        Event::Preference(choice) => preference::take(store, desk, choice, now).await,
        Event::Receipt(told) => receipt::take(store, desk, told, now).await,
    }
}

/// The id of what a receiver told of.
pub(super) fn text_id(desk: &Desk, parts: &[&str]) -> TextId {
    TextId(report_id(&desk.source, parts).0)
}
