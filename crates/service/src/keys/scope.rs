//! What a key may be used for. This table is the documentation, too: `consentry key scopes` and the OpenAPI document print it.

use std::fmt;
use std::str::FromStr;

/// Makes the scopes, each with its name, what it opens, and the roles that have it.
macro_rules! scopes {
    ($($(#[$doc:meta])* $scope:ident = $name:literal, $what:literal, [$($role:ident)*];)+) => {
        /// What a key may be used for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope {
            $(#[doc = $what] $scope,)+
        }

        impl Scope {
            /// All, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$scope),+];

            /// Its name, such as `decisions:read`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$scope => $name,)+
                }
            }

            /// What it opens, in a sentence.
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$scope => $what,)+
                }
            }

            /// The roles that have it, beside [`Role::Admin`], which has all.
            const fn roles(self) -> &'static [Role] {
                match self {
                    $(Self::$scope => &[$(Role::$role),*],)+
                }
            }
        }
    };
}

scopes! {
    DecisionsRead = "decisions:read", "Ask whether messages may be sent.", [Marketer Support Developer];
    ConsentsRead = "consents:read", "See what people chose.", [Support Auditor Developer];
    ConsentsWrite = "consents:write", "Record what people chose.", [Support Developer];
    ProfilesRead = "profiles:read", "Look people up: addresses, attributes, history.", [Support Auditor Developer];
    ProfilesWrite = "profiles:write", "Make and change profiles.", [Developer];
    ListsRead = "lists:read", "See subscription lists.", [Marketer Support Auditor Developer];
    ListsWrite = "lists:write", "Make and change subscription lists.", [Marketer];
    SuppressionRead = "suppression:read", "See the suppression list and the allow list.", [Marketer Support Auditor Developer];
    SuppressionWrite = "suppression:write", "Change the suppression list and the allow list.", [Support Developer];
    SettingsRead = "settings:read", "See the workspace's settings.", [Marketer Auditor Developer];
    SettingsWrite = "settings:write", "Change the workspace's settings.", [];
    SmsRead = "sms:read", "See texts that wait to be read, and blocked senders.", [Support Auditor];
    SmsReview = "sms:review", "Decide about texts, and let senders text again.", [Support];
    RunsRead = "runs:read", "See campaign runs and what became of each message.", [Marketer Support Auditor Developer];
    DefinitionsRead = "definitions:read", "See configurations, contents and campaigns, and what a change of them would do.", [Marketer Auditor Developer];
    DefinitionsWrite = "definitions:write", "Store and archive contents and campaigns.", [Marketer Developer];
    ConfigurationsWrite = "configurations:write", "With definitions:write: store and archive configurations, which say where messages and secrets go.", [Developer];
    CampaignsRun = "campaigns:run", "Start campaigns.", [Marketer Developer];
    JobsRead = "jobs:read", "See jobs: what waits, runs and failed.", [Marketer Support Auditor Developer];
    JobsWrite = "jobs:write", "Cancel jobs, and have them tried again.", [Marketer Developer];
    LedgerRead = "ledger:read", "Read entries of the ledger and their receipts.", [Auditor Developer];
    KeysRead = "keys:read", "See which keys there are.", [Auditor];
    KeysWrite = "keys:write", "Revoke keys.", [];
    AjoSuppression = "ajo:suppression", "Call the Adobe-compatible suppression interface.", [];
    AjoConsent = "ajo:consent", "Call the Adobe-compatible consent interface.", [];
    AjoDecrypt = "ajo:decrypt", "Call the Adobe-compatible decrypt interface.", [];
}

/// Names that scopes had in earlier server files.
const FORMER: [(&str, Scope); 4] = [
    ("suppression", Scope::AjoSuppression),
    ("consent", Scope::AjoConsent),
    ("decrypt", Scope::AjoDecrypt),
    ("ledger", Scope::LedgerRead),
];

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is none of a scope's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope `{0}`")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, UnknownScope> {
        let known = Self::ALL.iter().map(|scope| (scope.as_str(), *scope)).chain(FORMER);
        let mut known = known.filter(|(known, _)| *known == name);
        known.next().map(|(_, scope)| scope).ok_or_else(|| UnknownScope(name.to_owned()))
    }
}

/// A bundle of scopes for somebody's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Lists, campaigns, and what may be sent.
    Marketer,
    /// People and what they asked for.
    Support,
    /// Sees, and changes nothing.
    Auditor,
    /// A program of the brand's own.
    Developer,
}

impl Role {
    /// All.
    pub const ALL: &'static [Self] =
        &[Self::Admin, Self::Marketer, Self::Support, Self::Auditor, Self::Developer];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Marketer => "marketer",
            Self::Support => "support",
            Self::Auditor => "auditor",
            Self::Developer => "developer",
        }
    }

    /// What it may do.
    pub fn scopes(self) -> Vec<Scope> {
        let has = |scope: &Scope| self == Self::Admin || scope.roles().contains(&self);
        Scope::ALL.iter().copied().filter(has).collect()
    }
}

impl FromStr for Role {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, UnknownScope> {
        let mut all = Self::ALL.iter().copied();
        all.find(|role| role.as_str() == name).ok_or_else(|| UnknownScope(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_scope_and_former_names_do_too() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
        }
        assert_eq!("ledger".parse(), Ok(Scope::LedgerRead));
        assert!("decisions".parse::<Scope>().is_err());
    }

    #[test]
    fn who_only_looks_changes_nothing() {
        assert_eq!(Role::Admin.scopes(), Scope::ALL);
        let reads = |scope: &Scope| scope.as_str().ends_with(":read");
        assert!(Role::Auditor.scopes().iter().all(reads));
        assert!(!Role::Marketer.scopes().contains(&Scope::ProfilesRead), "marketers see no single person");
        for role in Role::ALL {
            let may = role.scopes().contains(&Scope::ConfigurationsWrite);
            assert_eq!(may, matches!(role, Role::Admin | Role::Developer), "{role:?}");
            assert!(*role == Role::Admin || !role.scopes().contains(&Scope::KeysWrite), "{role:?}");
        }
    }
}
