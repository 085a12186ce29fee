//! Text messages that people send back, as their providers tell of them: who may call, what the call says, and bringing it
//! into effect.
//!
//! [`Endpoint::admit`] looks at a request before its body is read, [`Endpoint::receive`] verifies it and reads its events,
//! [`take_all`] makes its events durable and in effect, each once by its id. What is read in a text is `consent::sms`' business; what
//! follows from it is decided by the [`Desk`]. Events that aren't about a text, a choice or a delivery are passed over.

mod bandwidth;
mod custom;
mod desk;
mod endpoint;
mod event;
mod form;
mod google;
mod infobip;
mod meta;
mod number;
mod opt_in;
mod parts;
mod preference;
mod receipt;
mod reply;
mod sinch;
mod strangers;
mod take;
mod telnyx;
#[cfg(test)]
mod tests;
mod text;
pub mod twilio;
mod vonage;

pub use custom::Fields;
pub use desk::{Desk, OwnReplies, Replies, Scope};
pub use endpoint::{Endpoint, Provider, Reception, Setup, SetupError};
pub use event::{Event, Events, Message, OptOutType, Part, Preference, Receipt, State};
pub use strangers::answer_budgets;
pub use take::{Outcome, take, take_all};
pub use twilio::twiml;

/// Longest body that is read into its fields before its signature is checked, in bytes.
pub(crate) const UNSIGNED_LENGTH_MAX: usize = 64 * 1024;
/// Longest body, in bytes. A text has a few hundred, batches of receipts some hundred kilobytes.
pub const BODY_LENGTH_MAX: usize = 1024 * 1024;
/// Most events in one request.
pub const EVENTS_MAX: usize = 1_000;
