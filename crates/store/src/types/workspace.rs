//! What a workspace holds beside people: lists, suppression, settings, configurations.

use std::collections::BTreeMap;

use super::SoftBounceRule;
use consent::{Channel, Choice, ListId, Rules, Timestamp};
use serde::{Deserialize, Serialize};

/// A list to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewList {
    /// Unique name: 1 to 64 of the characters a-z, A-Z, 0-9, `_`, `-`, `.`.
    pub name: String,
    /// When it starts; from the beginning if absent.
    pub starts_at: Option<Timestamp>,
    /// When it ends; never if absent.
    pub ends_at: Option<Timestamp>,
    /// How people meet it.
    pub details: ListDetails,
    /// When it was made.
    pub created_at: Timestamp,
}

impl NewList {
    /// A list that nobody joins by themselves, without a start or an end.
    pub fn new(name: impl Into<String>, created_at: Timestamp) -> Self {
        let (starts_at, ends_at, details) = (None, None, ListDetails::default());
        Self { name: name.into(), starts_at, ends_at, details, created_at }
    }
}

/// How people meet a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDetails {
    /// Whether it is offered to everybody; else it is shown only to those who are on it.
    pub public: bool,
    /// Whether joining it takes a confirmation by the address's owner.
    pub double_opt_in: bool,
    /// Where it stands among the others, lowest first.
    pub position: i32,
    /// What it is called, by BCP 47 tag; at most [`Self::LANGUAGES_MAX`].
    pub texts: BTreeMap<String, ListText>,
}

impl Default for ListDetails {
    fn default() -> Self {
        Self { public: false, double_opt_in: true, position: 0, texts: BTreeMap::new() }
    }
}

impl ListDetails {
    /// Languages of [`Self::texts`].
    pub const LANGUAGES_MAX: usize = 64;

    /// The text for a language: its own, or that of the nearest wider tag, of the same language elsewhere, English, or
    /// any.
    pub fn text(&self, language: &str) -> Option<&ListText> {
        nearest(&self.texts, language)
    }
}

/// The text for a language: its own, or that of the nearest wider tag, of the same language elsewhere, English, or any.
fn nearest<'a, T>(texts: &'a BTreeMap<String, T>, language: &str) -> Option<&'a T> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let tagged = |tag: &str| texts.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag));
    let of = |wanted: &str| texts.iter().find(|(known, _)| primary(known) == wanted);
    let mut tag = language;
    let mut found = tagged(tag);
    while let (None, Some((wider, _))) = (found, tag.rsplit_once('-')) {
        tag = wider;
        found = tagged(tag);
    }
    let found = found.or_else(|| of(&primary(language))).or_else(|| of("en"));
    found.or_else(|| texts.iter().next()).map(|(_, text)| text)
}

/// What a list is called in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListText {
    /// Its title, 1 to [`Self::TITLE_CHARS_MAX`] characters on one line.
    pub title: String,
    /// What it brings, at most [`Self::DESCRIPTION_CHARS_MAX`] characters; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl ListText {
    /// Characters of [`Self::title`].
    pub const TITLE_CHARS_MAX: usize = 120;
    /// Characters of [`Self::description`].
    pub const DESCRIPTION_CHARS_MAX: usize = 500;
}

/// What can be changed of a list; it replaces what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListUpdate {
    /// How people meet it.
    pub details: ListDetails,
    /// When it starts.
    pub starts_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
}

/// A subscription list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// Its name.
    pub name: String,
    /// When it starts.
    pub starts_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// How people meet it.
    pub details: ListDetails,
}

impl List {
    /// Its title in a language, see [`ListDetails::text`]; its name without one.
    pub fn title(&self, language: &str) -> &str {
        self.details.text(language).map_or(&self.name, |text| &text.title)
    }

    /// What it brings, in the language that [`Self::title`] speaks.
    pub fn description(&self, language: &str) -> Option<&str> {
        let text = self.details.text(language)?;
        (!text.description.is_empty()).then_some(&text.description)
    }

    /// Its state at a moment.
    pub fn state(&self, now: Timestamp) -> consent::decide::ListState {
        use consent::decide::ListState;
        match (self.starts_at, self.ends_at) {
            (Some(start), _) if now < start => ListState::NotStarted,
            (_, Some(end)) if now >= end => ListState::Expired,
            _ => ListState::Live,
        }
    }
}

/// A workspace's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What an empty choice means, by channel name and XDM value; channels not named: consent.
    pub default_consent: BTreeMap<String, String>,
    /// Whether `LI CT CP VI PI` refuse instead of permitting.
    pub named_basis_refuses: bool,
    /// Whether opt-in places want an express yes or a named basis.
    pub jurisdiction_pack: bool,
    /// Soft bounces after which an address is suppressed, 1 to 20; 5 if absent.
    pub soft_bounce_limit: Option<u8>,
    /// Domains whose mail Consentry receives: of `u.TOKEN@` and `b.TOKEN@`, as lower-case A-labels.
    pub mail_domains: Vec<String>,
    /// Namespaces whose allow list is active.
    pub allow_lists_active: Vec<String>,
    /// Where the public pages are reached, without a trailing slash, e.g. `https://mail.example.com`.
    pub public_url: Option<String>,
    /// The brand's name on public pages.
    pub brand: Option<String>,
    /// The reasons that people may choose from after an opt-out; the pages' own if absent, no question if empty.
    pub opt_out_reasons: Option<Vec<OptOutReason>>,
    /// Who may read the ledger's entries over HTTP.
    pub ledger: LedgerReaders,
    /// What is answered to programs that ask about an address that nobody has.
    pub unknown_recipients: UnknownRecipients,
}

/// What is answered to programs that ask whether marketing may go to an address that nobody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownRecipients {
    /// As for somebody whom the brand brings in: what an empty choice means.
    #[default]
    Default,
    /// No, before anybody has said yes.
    No,
}

impl UnknownRecipients {
    /// `default` or `no`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::No => "no",
        }
    }
}

/// Who may read the ledger's entries over HTTP. Checkpoints and hashes, by which anybody can prove an entry that they have,
/// are open to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerReaders {
    /// Holders of a key.
    #[default]
    Keyed,
    /// Everybody.
    Public,
}

impl LedgerReaders {
    /// `keyed` or `public`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyed => "keyed",
            Self::Public => "public",
        }
    }
}

/// A reason that people may give for opting out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptOutReason {
    /// By what it is counted, as [`super::GivenReason::code`] has it.
    pub code: String,
    /// What people read, by BCP 47 tag; each 1 to [`Self::TEXT_CHARS_MAX`] characters.
    pub texts: BTreeMap<String, String>,
}

impl OptOutReason {
    /// Characters of each of [`Self::texts`].
    pub const TEXT_CHARS_MAX: usize = 120;
    /// Reasons to choose from.
    pub const REASONS_MAX: usize = 12;

    /// Its text for a language, found as [`ListDetails::text`] is.
    pub fn text(&self, language: &str) -> Option<&str> {
        nearest(&self.texts, language).map(String::as_str)
    }

    /// What is wrong with it, if anything.
    pub fn check(&self) -> Result<(), String> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let code_max = super::GivenReason::CODE_LENGTH_MAX;
        if !(1..=code_max).contains(&self.code.len()) || !self.code.bytes().all(plain) {
            return Err(format!("a code has 1 to {code_max} of the characters a-z, A-Z, 0-9, `_`, `-`, `.`"));
        }
        let fits = |text: &String| {
            (1..=Self::TEXT_CHARS_MAX).contains(&text.trim().chars().count())
                && !text.contains(char::is_control)
        };
        if self.texts.is_empty() || !self.texts.values().all(fits) {
            let max = Self::TEXT_CHARS_MAX;
            return Err(format!("`{}` needs texts of 1 to {max} characters on one line", self.code));
        }
        Ok(())
    }
}

/// A change of settings; may be tried more than once.
pub type ChangeSettings = Box<dyn Fn(&mut Settings) + Send + Sync>;

impl Settings {
    /// The change that puts these in place of whatever is there.
    pub fn replacing(self) -> ChangeSettings {
        Box::new(move |settings| settings.clone_from(&self))
    }

    /// When soft bounces suppress.
    pub fn soft_bounces(&self) -> SoftBounceRule {
        let rule = SoftBounceRule::default();
        SoftBounceRule {
            limit: self.soft_bounce_limit.map_or(rule.limit, |limit| limit.clamp(1, 20)),
            ..rule
        }
    }

    /// The part that decisions read. An entry that can't be read counts as a no (I9).
    pub fn rules(&self) -> Rules {
        let mut rules = Rules {
            named_basis_permits: !self.named_basis_refuses,
            jurisdiction_pack: self.jurisdiction_pack,
            ..Rules::default()
        };
        for (channel, choice) in &self.default_consent {
            if let Ok(channel) = channel.parse::<Channel>() {
                rules.defaults[channel as usize - 1] = choice.parse().unwrap_or(Choice::No);
            }
        }
        rules
    }
}

/// Id of one version of a channel configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConfigurationId(pub i64);

/// One version of a channel configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Its id.
    pub id: ConfigurationId,
    /// Its name.
    pub name: String,
    /// 1, 2, ...
    pub version: i64,
    /// Its content, as `delivery` writes it. Holds no secret: those are named by file or environment variable.
    pub body: String,
}

/// Row counts of a workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Profiles.
    pub profiles: u64,
    /// Addresses.
    pub addresses: u64,
    /// Subscription lists.
    pub lists: u64,
    /// Ledger entries, in all workspaces.
    pub entries: u64,
    /// Of those, in the ledger's files.
    pub sealed: u64,
    /// Runs.
    pub runs: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_speaks_the_nearest_language() {
        let text = |title: &str| ListText { title: title.to_owned(), description: String::new() };
        let texts = ["pt-BR", "zh", "zh-Hant", "en-GB", "de"].map(|tag| (tag.to_owned(), text(tag)));
        let details = ListDetails { texts: texts.into(), ..ListDetails::default() };
        let list = List { id: ListId(1), name: "news".to_owned(), starts_at: None, ends_at: None, details };
        for (asked, spoken) in [
            ("de", "de"),
            ("DE-at", "de"),
            ("zh-Hant-TW", "zh-Hant"),
            ("zh-Hans-CN", "zh"),
            ("pt", "pt-BR"),
            ("pt-PT", "pt-BR"),
            ("fr", "en-GB"),
            ("", "en-GB"),
        ] {
            assert_eq!(list.title(asked), spoken, "{asked}");
        }
        let mut other = list;
        other.details.texts.remove("en-GB");
        assert_eq!((other.title("fr"), other.description("fr")), ("de", None), "any");
        other.details.texts.clear();
        assert_eq!((other.title("fr"), other.description("fr")), ("news", None));
    }
}
