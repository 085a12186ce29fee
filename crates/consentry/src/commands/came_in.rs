//! Where a person came from, as `profile show` tells it.

use anyhow::Result;
use consent::{Source, Timestamp};
use serde_json::{Value, json};
use store::{HistoryPage, ProfileView};

use crate::context::{Context, WORKSPACE};

/// Latest texts of a number that are looked at.
const TEXTS_MAX: usize = 1_000;

/// Where a person came from.
pub struct CameIn {
    brought_in: bool,
    /// Through which door, if that is known: the name of a source.
    by: Option<String>,
    at: Timestamp,
}

impl CameIn {
    /// Of a profile with its history. Who was brought in later than they turned up counts as brought in.
    pub async fn of(context: &Context, profile: &ProfileView, history: &HistoryPage) -> Result<Self> {
        let (brought_in, at) = (profile.word.has_default(), profile.created_at);
        if brought_in {
            return Ok(Self { brought_in, by: None, at });
        }
        let entry = history.entries.last().filter(|entry| !history.more && entry.received_at <= at);
        let mut by = entry.map(|entry| entry.source.as_str().to_owned());
        for address in &profile.addresses {
            if by.is_none() {
                let texts = context.store.texts_of(WORKSPACE, address.id, TEXTS_MAX).await?;
                by = texts.last().map(|_| Source::SMS.as_str().to_owned());
            }
        }
        Ok(Self { brought_in, by, at })
    }

    /// For `--json`.
    pub fn describe(&self) -> Value {
        json!({ "broughtIn": self.brought_in, "by": self.by, "at": self.at.to_string() })
    }

    /// A sentence.
    pub fn in_words(&self) -> String {
        let at = self.at;
        if self.brought_in {
            return format!("brought in by an import, a program or a campaign's file; here since {at}");
        }
        let how = match self.by.as_deref() {
            Some("form") => "came in by a form",
            Some("confirm") => "came in by confirming a subscription",
            Some("sms") => "came in by a text that they sent",
            Some("provider") => "came in by a provider's opt-outs",
            Some("complaint") => "came in by a report of spam",
            Some("webhook") => "came in by an opt-out that a relay service told",
            Some("mailto") => "came in by a mail to an unsubscribe address",
            Some("operator") => "came in by an opt-out that somebody took down",
            Some("api") => "came in by an opt-out that a program told",
            _ => "came in by an act of their own",
        };
        format!("{how} on {at}; gets marketing only after saying yes")
    }
}
