//! What is done about a text, as configured.

use std::collections::BTreeMap;
use std::time::Duration;

use consent::sms::{Keywords, wording};
use consent::{ListId, WorkspaceId};
use serde::Deserialize;
use store::ReplyKind;

/// How far an opt-out by text reaches. The sender that it went to is blocked besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All texts to the person, on the channel that the text came by.
    #[default]
    Channel,
    /// Texts to this number.
    Number,
    /// The list that the last message from this sender was bound to; the channel where there is none.
    List,
    /// All marketing of the brand, on every channel.
    Brand,
}

/// What is done about texts to one receiver.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What it is called in what is kept: `sms:NAME`.
    pub source: String,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// What words mean.
    pub keywords: Keywords,
    /// What is said back to the configuration's own keywords, by their number.
    pub custom: Vec<String>,
    /// How far an opt-out reaches.
    pub scope: Scope,
    /// Whether people are invited to text an opt-in keyword: then it consents even from a number that was neither asked nor
    /// opted out.
    pub advertised: bool,
    /// For how long the answer to a double opt-in counts.
    pub confirm_within: Duration,
    /// The list that a double opt-in is about; the channel if absent.
    pub list: Option<ListId>,
    /// Who writes; the workspace's brand if absent.
    pub brand: Option<String>,
    /// The language of what is said back where neither the text nor the profile tells one; a BCP 47 tag.
    pub language: Option<String>,
    /// What is said back.
    pub replies: Replies,
    /// Whether it goes out with the answer to the webhook.
    pub at_once: bool,
    /// Answers within a day to numbers that nobody knew before they wrote.
    pub answers_per_day: u32,
}

impl Desk {
    /// Answers to unknown numbers within a day, unless said otherwise.
    pub const ANSWERS_PER_DAY: u32 = 500;
    /// For how long the answer to a double opt-in counts, unless said otherwise.
    pub const CONFIRM_WITHIN: Duration = Duration::from_hours(24);
    /// The shortest that can be configured.
    pub const CONFIRM_WITHIN_MIN: Duration = Duration::from_mins(10);
    /// The longest.
    pub const CONFIRM_WITHIN_MAX: Duration = Duration::from_hours(7 * 24);

    /// The defaults: built-in keywords, opt-outs from the channel, replies in the built-in words.
    pub fn new(source: String, workspace: WorkspaceId) -> Self {
        Self {
            source,
            workspace,
            keywords: Keywords::default(),
            custom: Vec::new(),
            scope: Scope::default(),
            advertised: false,
            confirm_within: Self::CONFIRM_WITHIN,
            list: None,
            brand: None,
            language: None,
            replies: Replies { on: true, ..Replies::default() },
            at_once: false,
            answers_per_day: Self::ANSWERS_PER_DAY,
        }
    }
}

/// What is said back.
#[derive(Clone, Debug, Default)]
pub struct Replies {
    /// Whether anything is.
    pub on: bool,
    /// The brand's own words in place of the built-in ones, by language (ISO 639-1). `{brand}` stands for its name.
    pub own: BTreeMap<String, OwnReplies>,
    /// To what has no keyword; nothing if absent.
    pub default: Option<String>,
}

/// The brand's own words in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnReplies {
    /// The opt-out was taken. No marketing in it: the law allows one confirmation, and nothing else.
    pub opted_out: Option<String>,
    /// The opt-in was taken.
    pub opted_in: Option<String>,
    /// Whether the opt-in is meant.
    pub ask: Option<String>,
    /// Who this is and how to stop.
    pub help: Option<String>,
}

impl Replies {
    /// The words of a kind in a language, before names are filled in.
    pub(super) fn words(&self, kind: ReplyKind, language: Option<&str>) -> Option<&str> {
        let built_in = wording(language);
        let own = self.own.get(&built_in.language);
        Some(match kind {
            ReplyKind::OptedOut => {
                own.and_then(|own| own.opted_out.as_deref()).unwrap_or(&built_in.opted_out)
            }
            ReplyKind::OptedIn => own.and_then(|own| own.opted_in.as_deref()).unwrap_or(&built_in.opted_in),
            ReplyKind::Ask => own.and_then(|own| own.ask.as_deref()).unwrap_or(&built_in.ask),
            ReplyKind::Help => own.and_then(|own| own.help.as_deref()).unwrap_or(&built_in.help),
            ReplyKind::Default => self.default.as_deref()?,
            ReplyKind::Custom => return None,
        })
    }
}
