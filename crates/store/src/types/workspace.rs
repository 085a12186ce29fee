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
    /// When it was made.
    pub created_at: Timestamp,
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
}

impl List {
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
}

impl Settings {
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
