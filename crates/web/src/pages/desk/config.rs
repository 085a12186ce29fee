//! How the pages are served on which somebody types an address.

use std::time::Duration;

use consent::jurisdiction::Country;
use consent::{Address, Namespace, WorkspaceId};
use store::NoticeLimits;

/// How the pages are served on which somebody types an address.
#[derive(Clone, Debug)]
pub struct DeskConfig {
    /// Whose lists and people they are about.
    pub workspace: WorkspaceId,
    /// Whether something sends to email addresses.
    pub email: bool,
    /// Whether something sends to phone numbers.
    pub texts: bool,
    /// How long an opt-in can be confirmed.
    pub confirm_within: Duration,
    /// Where texts go.
    pub text_countries: Vec<Country>,
    /// Requests an hour of one client network (/24 of IPv4, /48 of IPv6), a quarter of that of one client (/64 of IPv6);
    /// past it, 429.
    pub per_network: u16,
    /// Requests a minute in all, on this node; past it, 429. One network gets a tenth of them.
    pub per_minute: u32,
    /// What may wait.
    pub notices: NoticeLimits,
}

impl DeskConfig {
    /// How long an opt-in can be confirmed, unless said otherwise.
    pub const CONFIRM_WITHIN: Duration = Duration::from_hours(48);
    /// What may wait.
    pub const NOTICES: NoticeLimits = NoticeLimits { waiting_max: 10_000 };

    /// Sends to neither.
    pub const fn new(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            email: false,
            texts: false,
            confirm_within: Self::CONFIRM_WITHIN,
            text_countries: Vec::new(),
            per_network: 120,
            per_minute: 200,
            notices: Self::NOTICES,
        }
    }

    /// Whether something sends to addresses of this kind.
    pub fn has_sender(&self, namespace: &Namespace) -> bool {
        match namespace {
            Namespace::Email => self.email,
            Namespace::Phone => self.texts,
            Namespace::Push | Namespace::Custom(_) => false,
        }
    }

    /// Whether something sends to such an address. Told by the address alone, not by what is known of it.
    pub fn sends_to(&self, address: &Address) -> bool {
        match address.namespace() {
            Namespace::Email => self.email,
            Namespace::Phone => {
                let country = || address.texted_country();
                self.texts && country().is_some_and(|country| self.text_countries.contains(&country))
            }
            Namespace::Push | Namespace::Custom(_) => false,
        }
    }
}
