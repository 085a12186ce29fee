//! Adobe XDM "Consents and Preferences" documents, read and written without loss.
//!
//! Source: the schemas `https://ns.adobe.com/xdm/datatypes/consents-and-preferences` (definition `profile-consents`,
//! a superset of its `consent-preferences`) and `https://ns.adobe.com/xdm/mixins/profile-consents`.
//!
//! A document is taken apart into the [`Value`]s that decisions rest on, the [`Preferred`] channel and a *remainder*: one
//! JSON object with all the rest. [`build`] puts the three together again, so that what came in goes out, with the
//! choices that were changed in between in their places:
//!
//! ```
//! use consent::xdm::{self, Document};
//! use consent::Choice;
//!
//! let document = Document::parse(
//!     r#"{"consents": {"marketing": {"email": {"val": "y", "x": 1}}, "metadata": {"time": "2026-05-03T14:00:00Z"}}}"#,
//! )?;
//! let mut values = document.values().to_vec();
//! assert_eq!(values[0].choice, Choice::Yes);
//!
//! values[0].choice = Choice::No;
//! let out = xdm::build(values, document.preferred(), document.remainder(), document.style());
//! assert_eq!(out["consents"]["marketing"]["email"], serde_json::json!({"val": "n", "x": 1}));
//! # Ok::<(), xdm::XdmError>(())
//! ```
//!
//! Where the schema leaves a question open:
//! - The prefix `xdm:` may stand or be missing at every member that the schema names, the keys of its maps (namespaces,
//!   ids, subscriptions, subscribers) excepted: those are the brand's own texts.
//! - `time`, `reason` and, at a marketing channel, `subscriptions` mean the same, and are checked alike, at every choice,
//!   although the schema declares them at some only. So is `metadata` within one identity: its `time` holds for that one.
//! - Every other member is kept as it is and not looked at.
//! - A member that stands twice, in one spelling or in both, is refused: nobody can tell which choice was meant.

mod build;
mod check;
mod error;
mod read;
mod shape;
mod split;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value as Json;

use crate::{Channel, Choice, Field, Preferred, Timestamp};

pub use build::{build, merge_remainder};
pub use error::{XdmError, XdmErrorKind};

/// Longest document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024;
/// Deepest document, in objects and arrays within each other.
pub const DEPTH_MAX: usize = 16;
/// Most members of one object, and most items of one array.
pub const MEMBERS_MAX: usize = 1_000;
/// Longest reason, in characters (XDM `reason`).
pub const REASON_CHARS_MAX: usize = 255;
/// Longest subscription type, in characters (XDM `subscriptions`).
pub const SUBSCRIPTION_TYPE_CHARS_MAX: usize = 15;
/// Longest topic of a subscription, in characters (XDM `subscriptions`).
pub const TOPIC_CHARS_MAX: usize = 25;
/// Longest source of a subscriber, in characters (XDM `source`).
pub const SOURCE_CHARS_MAX: usize = 15;

/// One choice of a document and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Where it stands.
    pub place: Place,
    /// The choice, XDM `val`.
    pub choice: Choice,
    /// When it was made: its own `time`, or else its identity's `metadata.time`, or else the document's; `None` if
    /// there is none of them.
    pub at: Option<Timestamp>,
    /// XDM `reason`; at most [`REASON_CHARS_MAX`] characters.
    pub reason: Option<String>,
}

/// Where in a document a choice stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A field of the profile.
    Profile(Field),
    /// A field of one identity, XDM `idSpecific.<namespace>.<id>`.
    Identity {
        /// XDM's identity namespace, e.g. `email` or `ECID`, as the document spells it.
        namespace: String,
        /// The identity, e.g. an email address, as the document spells it.
        id: String,
        /// The field.
        field: Field,
    },
    /// A subscription, XDM `marketing.<channel>.subscriptions.<name>`.
    Subscription {
        /// The channel.
        channel: Channel,
        /// The subscription's name, as the document spells it.
        name: String,
    },
}

/// How a document is spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// The schema's members carry the prefix `xdm:`.
    pub prefixed: bool,
    /// The consents object is the member `consents` of another one.
    pub wrapped: bool,
}

/// One consents document, checked and taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    values: Vec<Value>,
    preferred: Preferred,
    remainder: Json,
    style: Style,
}

/// Reads a JSON text of any kind as strictly as a document: within [`DOCUMENT_BYTES_MAX`], [`DEPTH_MAX`] and
/// [`MEMBERS_MAX`], and without members that stand twice, of which others take the last without a word.
pub fn read_value(json: &str) -> Result<Json, XdmError> {
    read::read(json)
}

impl Document {
    /// Reads a document from its text: the consents object, or an object with the member `consents`.
    ///
    /// Besides what [`Self::from_value`] checks, it refuses a text over [`DOCUMENT_BYTES_MAX`], one that is no JSON, and
    /// members that stand twice.
    pub fn parse(json: &str) -> Result<Self, XdmError> {
        Self::from_checked_limits(read::read(json)?)
    }

    /// Reads a document that is JSON already, within [`DEPTH_MAX`] and [`MEMBERS_MAX`]; the caller has limited its size.
    pub fn from_value(value: Json) -> Result<Self, XdmError> {
        read::within_limits(&value)?;
        Self::from_checked_limits(value)
    }

    fn from_checked_limits(value: Json) -> Result<Self, XdmError> {
        let (mut root, style) = check::check(value)?;
        let (values, preferred) = split::split(&mut root);
        Ok(Self { values, preferred, remainder: Json::Object(root), style })
    }

    /// The choices: the profile's in the order of [`Field::ALL`], each channel's subscriptions after it, then those of
    /// the identities. None of them is unset.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The preferred channel, XDM `marketing.preferred`.
    pub fn preferred(&self) -> Preferred {
        self.preferred
    }

    /// What [`Self::values`] and [`Self::preferred`] don't carry: unknown members, `metadata`, a subscription's type,
    /// topics and subscribers, the spelling of a time that isn't our own, ... An object, without the prefix and
    /// wrapped whatever the document's style; `{}` if nothing is left.
    pub fn remainder(&self) -> &Json {
        &self.remainder
    }

    /// How the document is spelled. One that mixes both spellings counts as the one that most of its members have.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Values, preferred channel, remainder and style, to own.
    pub fn into_parts(self) -> (Vec<Value>, Preferred, Json, Style) {
        (self.values, self.preferred, self.remainder, self.style)
    }

    /// The document again. Equal to what it was read from, except that mixed spellings have become one.
    pub fn to_value(&self) -> Json {
        build(self.values.iter().cloned(), self.preferred, &self.remainder, self.style)
    }
}

impl fmt::Display for Document {
    /// Compact JSON, see [`Document::to_value`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_value())
    }
}
