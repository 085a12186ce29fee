//! A text message, as it is shown.

use consent::{EntryId, Timestamp};
use serde::Serialize;
use store::Text;

use crate::shape;

/// A text that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Text)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// Its id, 32 hexadecimal digits.
    pub id: String,
    /// When it was sent.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The sender of ours that it went to.
    pub sender: String,
    /// What it came by.
    #[schema(value_type = String)]
    pub channel: &'static str,
    /// What it says.
    pub text: String,
    /// What was read in it.
    pub class: String,
    /// The rule that decided.
    pub rule: String,
    /// The ledger entry of the choice that was made by it.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>)]
    pub entry: Option<EntryId>,
}

impl From<Text> for Written {
    fn from(text: Text) -> Self {
        let Text { id, channel, sender, text, class, rule, at, entry, .. } = text;
        Self { id: shape::hex(&id.0), at, sender, channel: channel.as_str(), text, class, rule, entry }
    }
}
