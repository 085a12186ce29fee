//! The rules of consent: choices, the consent word, XDM documents, addresses, decisions and their trace, link tokens.
//!
//! Pure: no I/O, no clock and no randomness of its own. Everything else in Consentry stands on this crate, and
//! everything that changes or reads consent goes through its types: a [`ConsentChange`] on the way in, [`decide()`] on
//! the way out.

pub mod address;
pub mod bounce;
pub mod change;
pub mod choice;
pub mod decide;
pub mod field;
pub mod id;
mod invisible;
mod job;
pub mod jurisdiction;
pub mod preference;
pub mod promise;
pub mod send;
pub mod sms;
pub mod template;
pub mod time;
pub mod token;
pub mod word;
pub mod xdm;

pub use address::{Address, AddressError, Namespace, former_keys};
pub use bounce::BounceReason;
pub use change::{ConsentChange, Evidence, Level, Origin, Source, Stamp, Subject, Target};
pub use choice::Choice;
pub use decide::{
    Basis, Decision, Deferral, Detail, Exclusion, Message, Reason, Recipient, Rules, Step, Trace, decide,
    explain,
};
pub use field::{Category, Channel, Field, Preferred};
pub use id::{AddressId, EntryId, ImportId, JobId, ListId, ProfileId, RunId, SendId, WorkspaceId};
pub use invisible::is_invisible;
pub use preference::{Pace, PauseDays};
pub use send::SendOrigin;
pub use time::{Clock, Entropy, Timestamp};
pub use token::{External, KeyRing, Purpose, Reference, Sent, Token, TokenError};
pub use word::ConsentWord;
